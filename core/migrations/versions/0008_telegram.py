"""Telegram: what came, what is to be said, and who does it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "telegram_updates",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("bot", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("chat", sa.String(32), nullable=False),
        sa.Column("message", sa.String(32), server_default="", nullable=False),
        sa.Column("album", sa.String(64), server_default="", nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        _time("received_at"),
        _time("handled_at", nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_updates")),
        sa.UniqueConstraint("key", name=op.f("uq_telegram_updates_key")),
        sa.UniqueConstraint("bot", "update_id", name=op.f("uq_telegram_updates_bot_update_id")),
    )
    op.create_index("ix_telegram_updates_handled_at_id", "telegram_updates", ["handled_at", "id"])
    op.create_index("ix_telegram_updates_album_chat", "telegram_updates", ["album", "chat"])
    op.create_table(
        "telegram_offsets",
        sa.Column("bot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=False),
        _time("moved_at"),
        sa.PrimaryKeyConstraint("bot", name=op.f("pk_telegram_offsets")),
    )
    op.create_table(
        "telegram_sayings",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("chat", sa.String(32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknowns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("remote_id", sa.String(32), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _time("due_at"),
        _time("created_at"),
        _time("sent_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_sayings")),
        sa.UniqueConstraint("key", "n", name=op.f("uq_telegram_sayings_key_n")),
    )
    op.create_index("ix_telegram_sayings_state_due_at", "telegram_sayings", ["state", "due_at"])
    op.create_index("ix_telegram_sayings_chat_state", "telegram_sayings", ["chat", "state"])
    op.create_table(
        "telegram_moves",
        sa.Column("old", sa.String(32), nullable=False),
        sa.Column("new", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("old", name=op.f("pk_telegram_moves")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        _time("until"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    raise NotImplementedError("schemas go forward only: restore a backup instead")
