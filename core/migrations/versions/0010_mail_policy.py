"""What is held against senders, the keys of mail that was removed, copies of one mail, and mail of ours that came back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BLOCKS = """
    INSERT INTO marks (id, subject, kind, reason, author, since, until)
    SELECT id, address, 'blocked', blocked_reason, '', created_at, blocked_until FROM identities
    WHERE blocked_until IS NOT NULL AND channel = 'email'
"""


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.String(length=120), server_default="", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reset_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
        sa.UniqueConstraint("subject", "kind", name=op.f("uq_marks_subject_kind")),
    )
    op.create_table(
        "tombstones",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tombstones")),
    )
    op.execute(_BLOCKS)
    # Both databases know it; Alembic would make SQLite's table anew.
    op.execute("ALTER TABLE identities DROP COLUMN blocked_until")
    op.execute("ALTER TABLE identities DROP COLUMN blocked_reason")
    op.add_column("ledger", sa.Column("content_key", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_ledger_content_key"), "ledger", ["content_key"], unique=True)
    op.add_column("deliveries", sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("blocks and incidents would be lost: restore a backup instead")
