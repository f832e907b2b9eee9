"""Making one ticket of two: what was said on the one stands on the other from then on, and answers to it go there."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, tables, tickets
from core.access import Actor
from core.chat.refusals import worded
from core.errors import Invalid, Problem
from core.finding import search_tables
from core.history import FieldChange
from core.tickets import Ticket
from core.vocabulary import Status


async def merge(connection: AsyncConnection, ticket: Ticket, into: Ticket, *, by: Actor, now: datetime) -> None:
    """Close `ticket` and move its conversation into `into`. Raises Forbidden, Invalid, Conflict.

    Both must be of one customer: otherwise the words of the one would become readable to the other.
    """
    access.require_staff(by)
    if ticket.id == into.id:
        raise Invalid([Problem("into", worded("merge_same"))])
    if ticket.requester_id != into.requester_id:
        raise Invalid([Problem("into", worded("merge_customers"))])
    t = tables.tickets.c
    if (await connection.execute(select(t.merged_into_id).where(t.id == into.id))).scalar_one() is not None:
        raise Invalid([Problem("into", worded("merge_merged"))])
    closed = {"status": Status.CLOSED, "resolved_at": ticket.resolved_at or now, "closed_at": now, "unread": 0}
    await tickets.write(connection, ticket, {**closed, "merged_into_id": into.id, "snoozed_until": None}, now)
    await tickets.write(connection, into, {"unread": into.unread + ticket.unread}, now)
    await _move(connection, ticket, into)
    became = [FieldChange("merged_into", None, str(into.number)), FieldChange("status", ticket.status, Status.CLOSED)]
    await history.record(connection, ticket.id, became, by=by, now=now)
    await history.record(connection, into.id, [FieldChange("merged", None, str(ticket.number))], by=by, now=now)


async def living(connection: AsyncConnection, ticket: Ticket) -> Ticket:
    """The ticket that this one was merged into, and so on; itself, if it was not, or that one is gone.

    There is no circle: what was merged takes nothing in any more.
    """
    t = tables.tickets.c
    while into := (await connection.execute(select(t.merged_into_id).where(t.id == ticket.id))).scalar_one_or_none():
        found = await tickets.by_id(connection, into)
        if found is None:
            break
        ticket = found
    return ticket


async def _move(connection: AsyncConnection, ticket: Ticket, into: Ticket) -> None:
    p = tables.participants.c
    for table in (tables.messages, tables.attachments):
        await connection.execute(update(table).where(table.c.ticket_id == ticket.id).values(ticket_id=into.id))
    # Who else took part has a seat there as well, after those who sit there already.
    seated = [person.id for person in into.participants]
    newcomers = [person.id for person in ticket.others if person.id not in seated]
    for seat, person_id in enumerate(newcomers, start=len(seated) + 1):
        row = {"ticket_id": into.id, "seq": seat, "person_id": person_id, "created_at": ticket.created_at}
        await connection.execute(insert(tables.participants), row)
    await connection.execute(delete(tables.participants).where(p.ticket_id == ticket.id, p.seq > 1))
    # Moving fires no trigger of the search.
    await connection.run_sync(search_tables.note, [ticket.number, into.number])
