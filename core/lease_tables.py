"""The table of leases: who of several processes does what only one may do at a time."""

from sqlalchemy import Column, String, Table

from core.columns import UtcDateTime
from core.tables import metadata

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
