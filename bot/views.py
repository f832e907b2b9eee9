"""Reading what a card shows."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.choices import View
from bot.dialogue import Verb
from core import access, snoozing, splitting, tables, tickets
from core.access import Actor
from core.accounts import users
from core.chat import absences, blocking, canned, own_tickets, postings
from core.chat.talk_tables import answering
from core.config import Settings
from core.tickets import Ticket
from core.vocabulary import Direction, Role

# So many agents are offered to give a ticket to, so many prepared answers, tags and tickets.
OFFERED = 12
# Out of so many tags that were given last, so that a desk of a million tickets answers as fast as one of ten.
LATELY = 2000

_m, _a, _u, _f = tables.messages.c, answering.c, tables.users.c, tables.attachments.c
_g = tables.ticket_tags.c


async def of(
    connection: AsyncConnection, ticket: Ticket, settings: Settings, now: datetime, actor: Actor | None = None
) -> View:
    """What `actor` sees of the ticket; None: what all of a group see. Without what only a picker offers."""
    last = (
        select(_m.body, _m.author, _m.person_id)
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
        last=_told((await connection.execute(last)).first(), ticket),
        snoozed_until=await snoozing.until_when(connection, ticket),
        answering=(writing.name or writing.username) if writing else "",
        agents=agents,
        is_away=bool(away),
        blocked=await _blocked(connection, ticket, now),
        unsure=await postings.unsure(connection, ticket.id),
        files=await _files(connection, ticket),
    )


def _told(last: Row[str, str, UUID | None] | None, ticket: Ticket) -> str:
    """The words, behind the name of who wrote them where that is not the customer of the card."""
    if last is None:
        return ""
    body, author, person_id = last
    return body if person_id == ticket.requester_id or not author else f"{author}: {body}"


async def _blocked(connection: AsyncConnection, ticket: Ticket, now: datetime) -> str:
    held = await blocking.of_requester(connection, ticket, now)
    if held is None:
        return ""
    return f"{held.until:%Y-%m-%d %H:%M} UTC" if held.until else "∞"


async def with_choices(
    connection: AsyncConnection, view: View, page: Verb | None, settings: Settings, actor: Actor
) -> View:
    """With what only that page offers."""
    match page:
        case Verb.CANNED:
            return replace(view, canned=[one.name for one in await canned.listed(connection, by=actor)][:OFFERED])
        case Verb.TAG:
            return replace(view, tags=await _most_used(connection))
        case Verb.MERGE:
            return replace(view, siblings=await _siblings(connection, view.ticket, settings, actor))
        case Verb.SPLIT:
            found = await splitting.parts(connection, view.ticket, OFFERED)
            return replace(view, parts=[(one.message_id.hex, one.body) for one in found])
    return view


async def _most_used(connection: AsyncConnection) -> list[str]:
    """Of the tags that were given of late, the most frequent first."""
    newest = select(_g.tag).order_by(_g.ticket_id.desc()).limit(LATELY).subquery()
    found = await connection.execute(
        select(newest.c.tag).group_by(newest.c.tag).order_by(func.count().desc(), newest.c.tag).limit(OFFERED)
    )
    return list(found.scalars())


async def _siblings(
    connection: AsyncConnection, ticket: Ticket, settings: Settings, actor: Actor
) -> list[tuple[int, str]]:
    """What the ticket may be a part of: the one that it seems to repeat, and what else its customer has open."""
    likely = ticket.possible_duplicate_of
    first = (await tickets.by_numbers(connection, [likely])).values() if likely else ()
    opened = await own_tickets.listed(connection, ticket.requester_id, is_open=True, most=OFFERED)
    return [
        (one.number, one.subject)
        for one in {one.number: one for one in (*first, *opened)}.values()
        if one.id != ticket.id and one.requester_id == ticket.requester_id and access.may_see(actor, one, settings)
    ][:OFFERED]


async def _files(connection: AsyncConnection, ticket: Ticket) -> int:
    counted = select(func.count()).where(_f.ticket_id == ticket.id, _f.deleted_at.is_(None))
    return int((await connection.execute(counted)).scalar_one())


async def _agents(connection: AsyncConnection) -> list[tuple[int, str]]:
    everyone = await users.everyone(connection)
    return [(user.number, user.username) for user in everyone if user.active and user.actor.is_staff][:OFFERED]
