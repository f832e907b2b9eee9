"""What people decided about classifications: one row each, written in the commit that decides, and never changed."""

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Uuid

from core.storage.columns import UtcDateTime
from core.tables import metadata

# `kind`: corrected (another category or priority), kept (settled as it was classified), confirmed (an agent said that
# it is right), undone (row `undoes` shall teach nothing). `terms` and `scores` are the ticket as it was read then, so
# that what was learned can be made again; they go when the ticket is purged.
lessons = Table(
    "lessons",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=True),
    Column("kind", String(16), nullable=False),
    Column("category", String(32), nullable=True),
    Column("was_category", String(32), nullable=True),
    Column("priority", String(32), nullable=True),
    Column("was_priority", String(32), nullable=True),
    Column("confidence", Float, nullable=True),
    Column("terms", JSON, nullable=False, server_default="[]"),
    Column("scores", JSON, nullable=False, server_default="[]"),
    Column("undoes", BigInteger, nullable=True),
    Column("user_id", Uuid, nullable=True),
    Column("actor", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "ticket_id"),
)
