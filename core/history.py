"""The audit: one row for each field that changed, who did it and when. Written beside the change, never after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select
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
    # None: a customer's message did it.
    user_id: UUID | None = None


_c = tables.changes.c


async def record(
    connection: AsyncConnection,
    ticket_id: UUID,
    changes: Iterable[FieldChange],
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> UUID:
    """Write down what became different; answers the id of the act, which all its rows share."""
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
    return act_id


async def of_ticket(connection: AsyncConnection, ticket_id: UUID) -> list[Change]:
    return await _read(connection, _c.ticket_id == ticket_id)


async def of_act(connection: AsyncConnection, ticket_id: UUID, act_id: UUID) -> list[Change]:
    """What one act changed on the ticket."""
    return await _read(connection, (_c.ticket_id == ticket_id) & (_c.act_id == act_id))


async def _read(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Change]:
    columns = (_c.id, _c.act_id, _c.actor, _c.field, _c.old, _c.new, _c.reason, _c.at, _c.user_id)
    found = await connection.execute(select(*columns).where(which).order_by(_c.id))
    return [Change(*row) for row in found.all()]
