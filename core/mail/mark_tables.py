"""What the desk holds against senders (core/mail/marks.py), and the keys of mail that was removed for good (core/storage/purge.py)."""

from sqlalchemy import Column, String, Table, Text, UniqueConstraint, Uuid

from core.storage.columns import UtcDateTime, Word
from core.tables import metadata

# `subject` is an address, `@domain`, or `*` for everybody; `until` NULL means until somebody ends it.
marks = Table(
    "marks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject", String(254), nullable=False),
    Column("kind", Word, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    # Who put it there; empty: the desk itself.
    Column("author", String(120), nullable=False, server_default=""),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=True),
    # When an admin ended it: what is counted against a budget counts anew from here.
    Column("reset_at", UtcDateTime, nullable=True),
    UniqueConstraint("subject", "kind"),
)

# Mail whose ticket was removed for good, by the keys that it had: it may come again, from a mailbox that moved.
tombstones = Table(
    "tombstones",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)
