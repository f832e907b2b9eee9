"""Letting a ticket sleep until a time, or until its customer writes; then it is in the queue again, as unread."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, tables, tickets
from core.access import Actor
from core.chat.refusals import worded
from core.desk import Desk
from core.errors import Invalid, Problem, Unavailable
from core.history import FieldChange
from core.storage import database
from core.tables import new_id
from core.tickets import Ticket

log = structlog.get_logger()

LONGEST = timedelta(days=365)
# Nobody snoozes to the second; looking costs one read of a small index.
LOOK = timedelta(seconds=20)
_AT_ONCE = 200

_t = tables.tickets.c


async def snooze(
    connection: AsyncConnection, ticket: Ticket, until: datetime | None, *, by: Actor, now: datetime
) -> None:
    """Let it sleep, or wake it (None). Raises Forbidden, Invalid, Conflict."""
    access.require_staff(by)
    if until and not now < until <= now + LONGEST:
        raise Invalid([Problem("until", worded("snooze_within", days=LONGEST.days))])
    before = await until_when(connection, ticket)
    if before == until:
        return
    await tickets.write(connection, ticket, {"snoozed_until": until}, now)
    await history.record(
        connection, ticket.id, [FieldChange("snoozed_until", _told(before), _told(until))], by=by, now=now
    )


async def until_when(connection: AsyncConnection, ticket: Ticket) -> datetime | None:
    found: datetime | None = (
        await connection.execute(select(_t.snoozed_until).where(_t.id == ticket.id))
    ).scalar_one_or_none()
    return found


async def wake(connection: AsyncConnection, now: datetime) -> list[int]:
    """Wake those whose time has come; answers their numbers."""
    due = select(_t.id, _t.number, _t.snoozed_until).where(_t.snoozed_until <= now, _t.deleted_at.is_(None))
    rows = (await connection.execute(due.order_by(_t.snoozed_until, _t.id).limit(_AT_ONCE).with_for_update())).all()
    if not rows:
        return []
    await connection.execute(
        update(tables.tickets)
        .where(_t.id.in_([row.id for row in rows]))
        .values(snoozed_until=None, updated_at=now, version=_t.version + 1, unread=_t.unread + 1)
    )
    act = {"actor": "deskbell", "field": "snoozed_until", "new": None, "reason": "its time has come", "at": now}
    woken = [{**act, "ticket_id": row.id, "act_id": new_id(), "old": _told(row.snoozed_until)} for row in rows]
    await connection.execute(insert(tables.changes), woken)
    return [row.number for row in rows]


async def waking(desk: Desk) -> None:
    """Wake tickets until the desk stops. Cancel it before the desk is closed."""
    while True:
        try:
            async with desk.reading() as connection:
                due = select(_t.id).where(_t.snoozed_until <= desk.clock(), _t.deleted_at.is_(None)).limit(1)
                is_due = (await connection.execute(due)).first() is not None
            if is_due:
                async with desk.writing() as connection:
                    log.info("woken", tickets=await wake(connection, desk.clock()))
        except Unavailable:
            return
        except Exception as error:
            if not database.is_passing(error):
                raise
            log.warning("waking_rests", error=repr(error))
        await asyncio.sleep(LOOK.total_seconds())


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="minutes") if moment else None
