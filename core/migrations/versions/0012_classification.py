"""Lessons from what people decide about classifications; what needs a look; possible duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_TO_REVIEW = sa.text("needs_review AND deleted_at IS NULL")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("needs_review", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("tickets", sa.Column("possible_duplicate_of", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_tickets_needs_review", "tickets", ["number"], sqlite_where=_TO_REVIEW, postgresql_where=_TO_REVIEW
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("category", sa.String(32), nullable=True),
        sa.Column("was_category", sa.String(32), nullable=True),
        sa.Column("priority", sa.String(32), nullable=True),
        sa.Column("was_priority", sa.String(32), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("terms", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("scores", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_lessons_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )
    op.create_index(op.f("ix_lessons_ticket_id"), "lessons", ["ticket_id"])


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
