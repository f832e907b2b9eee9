"""The table of webhooks. Their secret is derived, not stored (core/webhooks.py); what they are told is in the outbox."""

from sqlalchemy import JSON, Boolean, Column, Integer, Table, Text, Uuid, true

from core.storage.columns import UtcDateTime
from core.tables import metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("secret_version", Integer, nullable=False, server_default="1"),
    # Since when nothing has arrived there; NULL while all is well.
    Column("failing_since", UtcDateTime, nullable=True),
    Column("disabled_reason", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
