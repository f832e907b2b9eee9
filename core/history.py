"""The audit: one row for each field that changed, who did it and when. Written beside the change, never after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import events, tables
from core.access import THE_DESK, Actor
from core.events import Happened
from core.storage import bulk, paging
from core.storage.paging import Span
from core.tables import new_id
from core.vocabulary import EventType, Status


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """One change on one ticket, and why."""

    ticket_id: UUID
    change: FieldChange
    reason: str


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
    # None: a customer's message did it, or the desk by itself.
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
    rows = [_row(Act(ticket_id, change, reason), act_id, by, now) for change in changes]
    if rows:
        await connection.execute(insert(tables.changes), rows)
        await connection.run_sync(events.announce, _happened(ticket_id, rows), now)
    return act_id


def record_each(connection: Connection, acts: Sequence[Act], *, by: Actor, now: datetime) -> None:
    """The same for acts on many tickets, in as many statements as one takes."""
    if not acts:
        return
    rows = [_row(act, new_id(), by, now) for act in acts]
    bulk.insert(connection, _INSERT, rows)
    happened = [one for act, row in zip(acts, rows, strict=True) for one in _happened(act.ticket_id, [row])]
    events.announce(connection, happened, now)


_INSERT = insert(tables.changes)


def _row(act: Act, act_id: UUID, by: Actor, now: datetime) -> dict[str, object]:
    return {
        "ticket_id": act.ticket_id,
        "act_id": act_id,
        "user_id": None if by is THE_DESK else by.user_id,
        "actor": by.username,
        "field": act.change.field,
        "old": act.change.old,
        "new": act.change.new,
        "reason": act.reason,
        "at": now,
    }


async def record_of_person(
    connection: AsyncConnection, ticket_id: UUID, change: FieldChange, *, person_id: UUID, name: str, now: datetime
) -> None:
    """Write down what a customer changed on a ticket of theirs, who needs no account for it."""
    row = {
        "ticket_id": ticket_id,
        "act_id": new_id(),
        "person_id": person_id,
        "actor": name or "the customer",
        "field": change.field,
        "old": change.old,
        "new": change.new,
        "at": now,
    }
    await connection.execute(insert(tables.changes), row)
    await connection.run_sync(events.announce, _happened(ticket_id, [row]), now)


def _happened(ticket_id: UUID, rows: Iterable[Mapping[str, object]]) -> list[Happened]:
    changes = tuple((str(row["field"]), _text(row["old"]), _text(row["new"])) for row in rows)
    resolved = any(field == "status" and new == Status.RESOLVED for field, _, new in changes)
    types = (EventType.UPDATED, EventType.RESOLVED) if resolved else (EventType.UPDATED,)
    return [Happened(one, ticket_id, changes) for one in types]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def of_ticket(connection: AsyncConnection, ticket_id: UUID, *, span: Span | None = None) -> list[Change]:
    """The changes of a ticket, or a part of them, the oldest first."""
    statement = _changes(ticket_id)
    statement = paging.within(statement, _c.id, span) if span else statement.order_by(_c.id)
    return [_change(row) for row in (await connection.execute(statement)).all()]


async def of_act(connection: AsyncConnection, ticket_id: UUID, act_id: UUID) -> list[Change]:
    """What one act changed on the ticket."""
    found = await connection.execute(_changes(ticket_id).where(_c.act_id == act_id).order_by(_c.id))
    return [_change(row) for row in found.all()]


async def length(connection: AsyncConnection, ticket_id: UUID) -> int:
    return await paging.count(connection, _changes(ticket_id))


def _changes(ticket_id: UUID) -> Select[*tuple[object, ...]]:
    return select(_c.id, _c.act_id, _c.actor, _c.field, _c.old, _c.new, _c.reason, _c.at, _c.user_id).where(
        _c.ticket_id == ticket_id
    )


def _change(row: Row[*tuple[object, ...]]) -> Change:
    return Change(row.id, row.act_id, row.actor, row.field, row.old, row.new, row.reason, row.at, row.user_id)
