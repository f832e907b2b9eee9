"""Thinking better of it: an agent's last act on a ticket, undone within seconds, if nothing has happened there since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import corrections, history, snoozing, tickets
from core.access import Actor
from core.chat.refusals import worded
from core.chat.talk_tables import undoable
from core.config import Settings
from core.errors import Conflict
from core.history import FieldChange
from core.learning import lessons
from core.tickets import Ticket

FOR = timedelta(seconds=10)

_u = undoable.c


@dataclass(frozen=True, slots=True)
class Before:
    """What can be put back: the fields of a ticket (none: they stay), and what was said by the act (`message_id`). What the
    act has written bears a time from `at` on.
    """

    fields: Mapping[str, object]
    at: datetime
    message_id: UUID | None = None


async def before(connection: AsyncConnection, ticket: Ticket, now: datetime) -> Before:
    """The ticket as it is, to be put back; asked for before the act."""
    until = await snoozing.until_when(connection, ticket)
    return Before(
        {
            "status": ticket.status,
            "priority": ticket.priority,
            "category": ticket.category,
            "manual_override": ticket.manual_override,
            "needs_review": ticket.needs_review,
            "tags": list(ticket.tags),
            "assignee_id": str(ticket.assignee_id) if ticket.assignee_id else None,
            "resolved_at": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
            "snoozed_until": until.isoformat() if until else None,
        },
        now,
    )


async def remember(connection: AsyncConnection, ticket: Ticket, was: Before, *, by: Actor) -> None:
    """`was` is what `ticket`, read after the act, can be brought back to."""
    await forget(connection, by)
    row = {
        "user_id": by.user_id,
        "ticket_id": ticket.id,
        "version": ticket.version,
        "before": dict(was.fields),
        "message_id": was.message_id,
        "until": was.at + FOR,
    }
    await connection.execute(insert(undoable), row)


async def forget(connection: AsyncConnection, by: Actor) -> None:
    """After an act that cannot be undone: the one before it is out of reach as well."""
    await connection.execute(delete(undoable).where(_u.user_id == by.user_id))


async def undo(
    connection: AsyncConnection, *, by: Actor, now: datetime, settings: Settings, on: UUID | None = None
) -> Ticket:
    """Put back what the last act of `by` changed, if it was on ticket `on` (None: on any); answers the ticket as it is
    then. Raises Conflict."""
    row = (await connection.execute(select(undoable).where(_u.user_id == by.user_id))).first()
    if row is None or now > row.until or (on and row.ticket_id != on):
        raise Conflict(worded("undo_nothing", seconds=FOR.seconds))
    ticket = await tickets.visible_to(connection, row.ticket_id, by, settings)
    await forget(connection, by)
    if row.before and ticket.version != row.version:
        raise Conflict(worded("undo_late", number=ticket.number))
    if row.message_id:
        await corrections.take_back(connection, ticket, row.message_id, by=by, now=now)
        ticket = await tickets.visible_to(connection, row.ticket_id, by, settings)
    if row.before:
        await _put_back(connection, ticket, row.before, by, now)
        await lessons.undo_since(connection, ticket, row.until - FOR, by=by, now=now)
    return await tickets.visible_to(connection, row.ticket_id, by, settings)


async def _put_back(
    connection: AsyncConnection, ticket: Ticket, was: Mapping[str, object], by: Actor, now: datetime
) -> None:
    is_now = (await before(connection, ticket, now)).fields
    changed = {name: old for name, old in was.items() if old != is_now[name]}
    values: dict[str, object] = {name: _value(name, old) for name, old in changed.items() if name != "tags"}
    if "status" in values:
        values["closed_at"] = None
    await tickets.write(connection, ticket, values, now)
    if "tags" in changed:
        await tickets.set_tags(connection, ticket, [str(tag) for tag in _list(was["tags"])])
    put_back = [FieldChange(name, _told(is_now[name]), _told(old)) for name, old in changed.items() if name in _SHOWN]
    await history.record(connection, ticket.id, put_back, by=by, now=now, reason="undone")


# What follows from another field is no change of its own.
_SHOWN = ("status", "priority", "category", "needs_review", "tags", "assignee_id", "snoozed_until")
_TIMES = ("resolved_at", "snoozed_until")


def _value(name: str, old: object) -> object:
    if old is None:
        return None
    if name in _TIMES:
        return datetime.fromisoformat(str(old))
    return UUID(str(old)) if name == "assignee_id" else old


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _told(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else None if value is None else str(value)
