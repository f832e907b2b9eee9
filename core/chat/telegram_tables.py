"""The tables of Telegram: what came and waits to be understood, what is to be said there, and who fetches and sends."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.storage.columns import UtcDateTime, Word
from core.tables import metadata

_Counted = BigInteger().with_variant(Integer, "sqlite")

# Everything that Telegram told us, as it came, in the order of its arrival. Telegram numbers updates for each bot, and
# begins anew after a week without any: the order is `id`'s.
telegram_updates = Table(
    "telegram_updates",
    metadata,
    Column("id", _Counted, primary_key=True),
    Column("bot", BigInteger, nullable=False),
    Column("update_id", BigInteger, nullable=False),
    # The same for the same arrival: of a message its chat, its number and the moment of its edit.
    Column("key", String(128), nullable=False, unique=True),
    Column("chat", String(32), nullable=False),
    Column("message", String(32), nullable=False, server_default=""),
    Column("album", String(64), nullable=False, server_default=""),
    Column("raw", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # NULL: still to be handled.
    Column("handled_at", UtcDateTime, nullable=True),
    # Why it could not be handled; such a row is never tidied away.
    Column("error", Text, nullable=False, server_default=""),
    UniqueConstraint("bot", "update_id"),
    Index(None, "handled_at", "id"),
    Index(None, "album", "chat"),
)

# Up to which update of a bot everything lies in the table above.
telegram_offsets = Table(
    "telegram_offsets",
    metadata,
    Column("bot", BigInteger, primary_key=True, autoincrement=False),
    Column("next_id", BigInteger, nullable=False),
    Column("moved_at", UtcDateTime, nullable=False),
)

# What is to be said, written in the transaction that says that its update was handled. `content` is the bot's own
# (bot/letters.py), and what core/chat/recalling.py has to say in its way.
telegram_sayings = Table(
    "telegram_sayings",
    metadata,
    Column("id", _Counted, primary_key=True),
    Column("key", String(128), nullable=False),
    Column("n", Integer, nullable=False),
    Column("chat", String(32), nullable=False),
    Column("content", JSON, nullable=False),
    Column("state", Word, nullable=False),
    # A long text goes out in parts; so many have arrived.
    Column("parts", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unknowns", Integer, nullable=False, server_default="0"),
    Column("remote_id", String(32), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("due_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime, nullable=True),
    UniqueConstraint("key", "n"),
    Index(None, "state", "due_at"),
    Index(None, "chat", "state"),
)

# Groups that became supergroups: what the configuration names may be the old number.
telegram_moves = Table(
    "telegram_moves",
    metadata,
    Column("old", String(32), primary_key=True),
    Column("new", String(32), nullable=False),
)

# The message in an agent's chat that says what became of an answer of theirs; `state` is what it says by now, and
# `remote_id` empty until it is there.
telegram_receipts = Table(
    "telegram_receipts",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("chat", String(32), nullable=False),
    Column("remote_id", String(32), nullable=False, server_default=""),
    Column("language", String(16), nullable=False),
    Column("state", Word, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

# What of a customer's words is being posted to agents: written before it is sent, and gone once its post is known. What
# is still there after `tries` may stand in that chat already.
telegram_postings = Table(
    "telegram_postings",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("chat", String(32), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("tried_at", UtcDateTime, nullable=False),
)

# Work that one process at a time may do.
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

ALL = (
    telegram_updates, telegram_offsets, telegram_sayings, telegram_moves, telegram_receipts, telegram_postings, leases,
)  # fmt: skip
