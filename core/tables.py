"""The tables: one place that says what is stored and what is unique.

SQLAlchemy Core tables, because intake and lists write and read in sets. Times are aware UTC; ids that leave the
house are UUIDv7 (sortable by age); uniqueness is decided here, by constraints, never by a SELECT before an INSERT.
"""

from datetime import datetime
from uuid import UUID, SafeUUID

import uuid_utils
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
    true,
)

from core.storage.columns import UtcDateTime, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# Python's own way to make one of a number looks at six other ways first, and costs three times as much.
_new, _set_number, _set_safety = UUID.__new__, vars(UUID)["int"].__set__, vars(UUID)["is_safe"].__set__


def new_id() -> UUID:
    """A UUIDv7: random enough to be no secret's substitute, ordered enough to keep indexes small."""
    made = _new(UUID)
    _set_number(made, uuid_utils.uuid7().int)
    _set_safety(made, SafeUUID.unknown)
    return made


def _id() -> "Column[UUID]":
    return Column("id", Uuid, primary_key=True)


def _word(name: str, *, nullable: bool = False) -> "Column[str]":
    return Column(name, Word, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> "Column[datetime]":
    return Column(name, UtcDateTime, nullable=nullable)


# SQLite has no sequences: there the number comes from `counters`, under the single writer's lock.
ticket_numbers = Sequence("ticket_numbers", metadata=metadata, start=1)

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    _id(),
    Column("name", String(120), nullable=False),
    Column("language", String(16), nullable=False, server_default=""),
    _time("created_at"),
    _time("deleted_at", nullable=True),
    Column("extra", JSON, nullable=False, server_default="{}"),
)

# One address of a person on one channel. Mail, form, API and import share `email`: an address is an address.
identities = Table(
    "identities",
    metadata,
    _id(),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    _word("channel"),
    Column("address", String(254), nullable=False),
    _time("verified_at", nullable=True),
    _time("unreachable_at", nullable=True),
    Column("unreachable_reason", Text, nullable=False, server_default=""),
    _time("created_at"),
    UniqueConstraint("channel", "address"),
)

users = Table(
    "users",
    metadata,
    _id(),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False, server_default=""),
    Column("email", String(254), nullable=False, server_default=""),
    _word("role"),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    # Raised by a new password, a new role or a disabling: every token issued before is dead.
    Column("token_version", Integer, nullable=False, server_default="1"),
    Column("person_id", ForeignKey("people.id"), nullable=True, index=True),
    _time("created_at"),
    _time("deleted_at", nullable=True),
    Column("extra", JSON, nullable=False, server_default="{}"),
)

# A small whole number for each account, given once and never again: a wire format that counts users reads it here.
user_numbers = Table(
    "user_numbers",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, unique=True),
)

tickets = Table(
    "tickets",
    metadata,
    _id(),
    Column("number", BigInteger, nullable=False, unique=True),
    _word("type"),
    Column("subject", String(255), nullable=False),
    Column("description", Text, nullable=False),
    _word("status"),
    _word("priority"),
    _word("category"),
    _word("channel"),
    Column("requester_id", ForeignKey("people.id"), nullable=False),
    Column("assignee_id", ForeignKey("users.id"), nullable=True),
    Column("embed_token", String(36), nullable=True, unique=True),
    Column("external_id", String(200), nullable=True, unique=True),
    Column("version", Integer, nullable=False, server_default="1"),
    _time("created_at"),
    _time("updated_at"),
    _time("resolved_at", nullable=True),
    _time("closed_at", nullable=True),
    _time("deleted_at", nullable=True),
    _time("snoozed_until", nullable=True),
    Column("merged_into_id", ForeignKey("tickets.id"), nullable=True),
    Column("classification_confidence", Float, nullable=True),
    Column("classification_reasoning", Text, nullable=True),
    Column("classification_keywords", JSON, nullable=False, server_default="[]"),
    _time("classified_at", nullable=True),
    Column("manual_override", Boolean, nullable=False, server_default=text("false")),
    Column("needs_review", Boolean, nullable=False, server_default=text("false")),
    # The number of an earlier ticket of the same person: a suggestion, which may be of one that is gone by now.
    Column("possible_duplicate_of", BigInteger, nullable=True),
    # What staff has not read yet: messages of the customer since an agent last looked or answered.
    Column("unread", Integer, nullable=False, server_default="0"),
    Column("extra", JSON, nullable=False, server_default="{}"),
    # And those of core/storage/list_indexes.py, by which lists are read.
)

# `number` is the ticket's own, so that the tickets of a tag lie in the order in which they are listed.
ticket_tags = Table(
    "ticket_tags",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False, server_default="0"),
    Index(None, "tag", "number"),
    # Its key is all there is to it.
    sqlite_with_rowid=False,
)

# Who may write on a ticket, and be written to. `seq` is 1 for the requester; `token_version` revokes reply tokens.
participants = Table(
    "participants",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("token_version", Integer, nullable=False, server_default="1"),
    _time("created_at"),
    UniqueConstraint("ticket_id", "person_id"),
    sqlite_with_rowid=False,
)
# As the index says it (core/storage/list_indexes.py), or it would not be read.
IS_FURTHER_SEAT = participants.c.seq > literal_column("1")

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    _word("direction"),
    _word("channel"),
    Column("person_id", ForeignKey("people.id"), nullable=True),
    Column("user_id", ForeignKey("users.id"), nullable=True),
    Column("author", String(120), nullable=False, server_default=""),
    Column("body", Text, nullable=False),
    # The new part of an answer; NULL when the whole body is new. Nothing is ever cut away from `body`.
    Column("new_text", Text, nullable=True),
    Column("html", Text, nullable=True),
    Column("automatic", String(200), nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
    _time("created_at"),
    _time("edited_at", nullable=True),
    _time("deleted_at", nullable=True),
    Column("extra", JSON, nullable=False, server_default="{}"),
    Index(None, "ticket_id", "created_at"),
)

# What a message said before it was edited; `messages` holds the newest version.
message_versions = Table(
    "message_versions",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    _time("replaced_at"),
)

# The name of a message in the outside world: a mail's Message-ID, or a Telegram chat and message number.
# Not unique for mail: a Message-ID is a claim of whoever sent it, and may not keep others out.
message_pairs = Table(
    "message_pairs",
    metadata,
    _id(),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    _word("channel"),
    Column("place", String(64), nullable=False, server_default=""),
    Column("remote_id", String(255), nullable=False),
    Column("part", Integer, nullable=False, server_default="0"),
    Index(None, "remote_id", "place", "channel"),
)

# Bytes by what they are. Small ones lie in the row and are durable with the same commit as what names them; large
# ones lie in a file that was synced before that commit (then `data` is NULL).
blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=True),
    _time("created_at"),
)

attachments = Table(
    "attachments",
    metadata,
    _id(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("filename", String(255), nullable=False),
    Column("content_type", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", ForeignKey("blobs.sha256"), nullable=False, index=True),
    Column("inline", Boolean, nullable=False, server_default=text("false")),
    Column("content_id", String(255), nullable=False, server_default=""),
    Column("uploaded_by", String(120), nullable=False, server_default=""),
    # Whose it is, where somebody who has signed in put it there; NULL: it came with a message.
    Column("user_id", ForeignKey("users.id"), nullable=True),
    _time("created_at"),
    _time("deleted_at", nullable=True),
    Column("extra", JSON, nullable=False, server_default="{}"),
)

# One row for each field that changed, and one (`field` = "ticket") for the opening.
changes = Table(
    "changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    # All rows of one act share it.
    Column("act_id", Uuid, nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=True),
    Column("person_id", ForeignKey("people.id"), nullable=True),
    Column("actor", String(120), nullable=False),
    Column("field", String(64), nullable=False),
    Column("old", Text, nullable=True),
    Column("new", Text, nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
    _time("at"),
    Index(None, "ticket_id", "id"),
)

# The outbox: everything said to the outside, written in the transaction that decided it, delivered after its commit.
deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("participant_seq", Integer, nullable=False, server_default="1"),
    _word("channel"),
    _word("kind"),
    Column("address", String(254), nullable=False),
    # Without a foreign key: what was told to a webhook stays known when the webhook is gone.
    Column("webhook_id", Uuid, nullable=True),
    # Our name for it outside (mail: the Message-ID), fixed here so that every attempt is the same message.
    Column("remote_id", String(255), nullable=False, index=True),
    Column("details", JSON, nullable=False, server_default="{}"),
    _word("state"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Attempts that ended after the last byte and before an answer: nobody knows whether they arrived.
    Column("unknowns", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    _time("due_at"),
    _time("leased_until", nullable=True),
    _time("created_at"),
    # When a person had it tried once more: the time for which it may be retried counts anew from here.
    _time("retried_at", nullable=True),
    _time("sent_at", nullable=True),
    # When a mail server reported that it did not arrive after all.
    _time("returned_at", nullable=True),
    Index(None, "state", "due_at"),
    Index(None, "address", "kind", "created_at"),
    Index(None, "kind", "created_at"),
)

# A program's way in: like a sign-in, but narrower, and ended one by one. The key itself is shown once and kept nowhere.
api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    _word("scope"),
    _time("created_at"),
    _time("last_used_at", nullable=True),
    _time("revoked_at", nullable=True),
)

# What somebody did who may not know that it was done, and asks for it again under the same key (Idempotency-Key).
attempts = Table(
    "attempts",
    metadata,
    # SHA-256 of who, what about, and the client's own key.
    Column("key", String(64), primary_key=True),
    # SHA-256 of what was asked: the same key for something else is a fault of the client.
    Column("fingerprint", String(64), nullable=False),
    # What came of it: the ids of what was made.
    Column("result", JSON, nullable=False),
    _time("created_at"),
    Index(None, "created_at"),
)

# Everything ever received and what became of it. `dedupe_key` is what makes a repeated delivery harmless.
ledger = Table(
    "ledger",
    metadata,
    _id(),
    Column("dedupe_key", String(128), nullable=False, unique=True),
    _word("channel"),
    Column("sender", String(254), nullable=False),
    Column("subject", String(255), nullable=False, server_default=""),
    Column("envelope", JSON, nullable=False, server_default="{}"),
    # What arrived, by the hash of its bytes; where they lie in `raw`, it is that of nothing.
    Column("raw_sha256", ForeignKey("blobs.sha256"), nullable=False, index=True),
    Column("raw", LargeBinary, nullable=True),
    Column("size", BigInteger, nullable=False),
    _word("disposition"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("error", Text, nullable=False, server_default=""),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("ticket_number", BigInteger, nullable=True),
    Column("message_id", ForeignKey("messages.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("times_seen", Integer, nullable=False, server_default="1"),
    _time("received_at"),
    _time("last_seen_at"),
    _time("replayed_at", nullable=True),
    # Of a mail that is on a ticket, what makes a copy of it harmless that took another way.
    Column("content_key", String(64), nullable=True),
    Index(None, "sender", "received_at"),
    Index(None, "disposition", "received_at"),
    Index(None, "received_at"),
)

# Lists that a wire format prescribes and an admin may edit (statuses, tools, centres …).
reference_data = Table(
    "reference_data",
    metadata,
    Column("contract", String(32), primary_key=True),
    Column("list", String(32), primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("value", String(64), nullable=False),
    Column("label", String(200), nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    CheckConstraint("id > 0", name="positive_id"),
)
