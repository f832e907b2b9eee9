"""What became of an agent's answer is said where they gave it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_receipts",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("chat", sa.String(length=32), nullable=False),
        sa.Column("remote_id", sa.String(length=32), server_default="", nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_telegram_receipts_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_telegram_receipts")),
    )
    op.create_index(op.f("ix_telegram_receipts_state"), "telegram_receipts", ["state"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
