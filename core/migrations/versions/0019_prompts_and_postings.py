"""What is asked in chats by a message that is to be answered, and what is being posted to agents."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prompts",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("chat", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("asks", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat", "message", name=op.f("pk_prompts")),
    )
    op.create_index(op.f("ix_prompts_created_at"), "prompts", ["created_at"], unique=False)
    op.create_table(
        "telegram_postings",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("chat", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_telegram_postings_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "chat", name=op.f("pk_telegram_postings")),
    )


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
