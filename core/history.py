"""The audit: one row for each field that changed, who did it and when. Written beside the change, never after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.access import Actor
from core.tables import new_id


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the audit, as it is read."""

    id: int
    act_id: UUID
    actor: str
    field: str
    old: str | None
    new: str | None
    reason: str
    at: datetime


async def record(
    connection: AsyncConnection,
    ticket_id: UUID,
    changes: Iterable[FieldChange],
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    act_id = new_id()
    rows = [
        {
            "ticket_id": ticket_id,
            "act_id": act_id,
            "user_id": by.user_id,
            "actor": by.username,
            "field": change.field,
            "old": change.old,
            "new": change.new,
            "reason": reason,
            "at": now,
        }
        for change in changes
    ]
    if rows:
        await connection.execute(insert(tables.changes), rows)


async def of_ticket(connection: AsyncConnection, ticket_id: UUID) -> list[Change]:
    c = tables.changes.c
    found = await connection.execute(
        select(c.id, c.act_id, c.actor, c.field, c.old, c.new, c.reason, c.at)
        .where(c.ticket_id == ticket_id)
        .order_by(c.id)
    )
    return [Change(*row) for row in found.all()]
