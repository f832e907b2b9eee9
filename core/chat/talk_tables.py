"""What is remembered of conversations in chats: who is who there, what was asked, and what may still be undone.

Nothing of it is part of a ticket: all of it may be lost, and people would only be asked once more.
"""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from core.storage.columns import UtcDateTime, Word
from core.tables import metadata

# How far the dialogue with one speaker is. `ticket_id` is what they wrote on at `ticket_at`, and what they chose until
# `chosen_until`; `awaiting` is what their next line answers.
talks = Table(
    "talks",
    metadata,
    Column("channel", Word, primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("language", String(16), nullable=False, server_default=""),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="SET NULL"), nullable=True),
    Column("ticket_at", UtcDateTime, nullable=True),
    Column("chosen_until", UtcDateTime, nullable=True),
    Column("awaiting", JSON, nullable=False, server_default="{}"),
    Column("awaiting_until", UtcDateTime, nullable=True),
    Column("album", String(64), nullable=False, server_default=""),
    Column("album_message_id", ForeignKey("messages.id", ondelete="SET NULL"), nullable=True),
)

# What a customer wrote who has several open tickets, until they say which one is meant. `question` is what the buttons
# of the choice name.
undecided = Table(
    "undecided",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("question", String(32), nullable=False, index=True),
    Column("channel", Word, nullable=False),
    Column("address", String(64), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("dedupe_key", String(128), nullable=False, unique=True),
    Column("packed", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Index(None, "channel", "address"),
)

# Which account speaks from an address of a chat. Nobody is staff by being a member of a group.
linked_accounts = Table(
    "linked_accounts",
    metadata,
    Column("channel", Word, primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("linked_at", UtcDateTime, nullable=False),
)

# Codes that prove something once: that a chat is an account's, or that a mailbox is a customer's.
proofs = Table(
    "proofs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Word, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=True),
    Column("channel", Word, nullable=True),
    Column("address", String(64), nullable=False, server_default=""),
    Column("email", String(254), nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
    Index(None, "channel", "address", "created_at"),
    Index(None, "email", "created_at"),
)

# Who is writing an answer at this moment. `told_id` is who has heard so, and may answer all the same.
answering = Table(
    "answering",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("told_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=True),
    Column("until", UtcDateTime, nullable=False),
)

# The last act of each agent, as long as it can be undone: the ticket's fields before it, or what was said by it.
undoable = Table(
    "undoable",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("before", JSON, nullable=False),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=True),
    Column("until", UtcDateTime, nullable=False),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("body", Text, nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
    Column("updated_at", UtcDateTime, nullable=False),
)

absences = Table(
    "absences",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("remark", String(200), nullable=False, server_default=""),
)

# The topic of a ticket in the staff group, and the card at its top. A topic is a copy of the ticket, made again when
# somebody deletes it; `shown_version` is the version that the card shows.
telegram_topics = Table(
    "telegram_topics",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("chat", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("card", String(64), nullable=False, server_default=""),
    Column("shown_version", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, nullable=True),
    UniqueConstraint("chat", "topic"),
)

# Cards outside topics: the message of a chat that shows a ticket.
cards = Table(
    "cards",
    metadata,
    Column("channel", Word, primary_key=True),
    Column("chat", String(64), primary_key=True),
    Column("message", String(64), primary_key=True),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("shown_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Messages of the bot that ask for something: what answers one of them is `asks`, such as `tag:42`.
prompts = Table(
    "prompts",
    metadata,
    Column("channel", Word, primary_key=True),
    Column("chat", String(64), primary_key=True),
    Column("message", String(64), primary_key=True),
    Column("asks", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

TALK_TABLES = (
    talks, undecided, linked_accounts, proofs, answering, undoable, canned_replies, absences, telegram_topics, cards,
    prompts,
)  # fmt: skip
