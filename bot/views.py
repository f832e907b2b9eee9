"""Reading what a card shows."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cards import View
from core import snoozing, tables
from core.access import Actor
from core.accounts import users
from core.chat import absences, canned
from core.chat.talk_tables import answering
from core.config import Settings
from core.tickets import Ticket
from core.vocabulary import Direction, Role

# So many agents are offered to give a ticket to, and so many prepared answers.
OFFERED = 12

_m, _a, _u, _f = tables.messages.c, answering.c, tables.users.c, tables.attachments.c


async def of(
    connection: AsyncConnection, ticket: Ticket, settings: Settings, now: datetime, actor: Actor | None = None
) -> View:
    """What `actor` sees of the ticket; None: what all of a group see. Without what only a picker offers."""
    last = (
        select(_m.body)
        .where(_m.ticket_id == ticket.id, _m.direction == Direction.INBOUND, _m.deleted_at.is_(None))
        .order_by(_m.created_at.desc(), _m.id.desc())
        .limit(1)
    )
    mark = (
        select(_u.name, _u.username)
        .join_from(answering, tables.users, _u.id == _a.user_id)
        .where(_a.ticket_id == ticket.id, _a.until > now)
    )
    writing = (await connection.execute(mark)).first()
    may_assign = settings.api.agents_assign or (actor is not None and actor.role is Role.ADMIN)
    agents = await _agents(connection) if may_assign else []
    away = await absences.away(connection, [ticket.assignee_id]) if ticket.assignee_id else {}
    return View(
        ticket,
        last=(await connection.execute(last)).scalar_one_or_none() or "",
        snoozed_until=await snoozing.until_when(connection, ticket),
        answering=(writing.name or writing.username) if writing else "",
        agents=agents,
        is_away=bool(away),
        files=await _files(connection, ticket),
    )


async def with_canned(connection: AsyncConnection, view: View, actor: Actor) -> View:
    return replace(view, canned=[one.name for one in await canned.listed(connection, by=actor)][:OFFERED])


async def _files(connection: AsyncConnection, ticket: Ticket) -> int:
    counted = select(func.count()).where(_f.ticket_id == ticket.id, _f.deleted_at.is_(None))
    return int((await connection.execute(counted)).scalar_one())


async def _agents(connection: AsyncConnection) -> list[tuple[int, str]]:
    everyone = await users.everyone(connection)
    return [(user.number, user.username) for user in everyone if user.active and user.actor.is_staff][:OFFERED]
