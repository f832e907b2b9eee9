"""The mark that an agent is answering a ticket, so that two do not write the same customer two answers at once.

It holds for two minutes and is no lock: whoever has been told may answer all the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables
from core.access import Actor
from core.chat.talk_tables import answering
from core.storage import dialects
from core.tickets import Ticket

FOR = timedelta(minutes=2)

_a, _u = answering.c, tables.users.c


@dataclass(frozen=True, slots=True)
class Mark:
    """Who is answering. `told`: the asker knows so already."""

    user_id: UUID
    name: str
    until: datetime
    told: bool


async def other(connection: AsyncConnection, ticket: Ticket, by: Actor, now: datetime) -> Mark | None:
    """Who else is answering the ticket at this moment."""
    row = (
        await connection.execute(
            select(_a.user_id, _u.name, _u.username, _a.until, _a.told_id)
            .join_from(answering, tables.users, _u.id == _a.user_id)
            .where(_a.ticket_id == ticket.id, _a.user_id != by.user_id, _a.until > now)
        )
    ).first()
    return Mark(row.user_id, row.name or row.username, row.until, row.told_id == by.user_id) if row else None


async def begin(connection: AsyncConnection, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """`by` is answering from now on; whoever was before is not any more."""
    access.require_staff(by)
    row = {"ticket_id": ticket.id, "user_id": by.user_id, "told_id": None, "until": now + FOR}
    marked = dialects.insert(connection.dialect.name, answering).values(row)
    await connection.execute(marked.on_conflict_do_update(index_elements=[_a.ticket_id], set_=row))


async def told(connection: AsyncConnection, ticket: Ticket, by: Actor) -> None:
    """`by` has heard that somebody else is answering."""
    await connection.execute(update(answering).where(_a.ticket_id == ticket.id).values(told_id=by.user_id))


async def end(connection: AsyncConnection, ticket: Ticket, by: Actor) -> None:
    await connection.execute(delete(answering).where(_a.ticket_id == ticket.id, _a.user_id == by.user_id))
