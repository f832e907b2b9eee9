"""Tickets: opening, listing, reading, changing, deleting."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, browsing, receiving, respond
from api.contracts.contract import Core, Wire, Words
from api.contracts.healthcare import finding, views
from api.contracts.healthcare.shapes import NewTicket, TicketChange, TicketQuery
from api.contracts.healthcare.words import CRIT, NAME, PATHWAY, STATUS, TYPE
from api.routes import Call
from core import access, origin, tickets
from core.access import Actor
from core.errors import Conflict, Invalid, NotFound, Problem
from core.filtering import Filters
from core.messages import InboundMessage, Sender, Wishes
from core.queue import Page
from core.tickets import Revision, Ticket
from core.vocabulary import Channel, Status

# What the document sorts by, as the queue calls it.
_SORTS = {
    "creation_date": "created_at",
    "title": "subject",
    "ticket_num": "number",
    "status": "status",
    "priority": "priority",
}


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewTicket)
    async with call.desk.reading() as connection:
        listed = await finding.lists(connection)
    finding.require_offered(listed, _chosen(wanted), {})
    opened = await _opened(call, wanted)
    async with call.desk.reading() as connection:
        known = await finding.known(call, connection, [opened])
    return respond.json(views.ticket(opened, known), status=201)


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, TicketQuery)
    async with call.desk.reading() as connection:
        listed = await finding.lists(connection)
        finding.require_listed(listed, _chosen(asked))
        found = await browsing.listed(call, _filters(asked), _page(asked))
        known = await finding.known(call, connection, found.tickets)
    shown = [views.detail(ticket, known) for ticket in found.tickets]
    page = asked.skip // asked.limit + 1
    return respond.json({"tickets": shown, "total": found.total, "page": page, "size": asked.limit})


async def one(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        ticket = await finding.ticket(call, connection)
        known = await finding.known(call, connection, [ticket])
    return respond.json(views.detail(ticket, known))


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, TicketChange)
    now = call.desk.clock()
    async with call.desk.writing() as connection:
        ticket = await finding.ticket(call, connection)
        changed = await _changed(call, connection, ticket, wanted, now)
        known = await finding.known(call, connection, [changed])
    deleted_at = now if changed.status is Status.DELETED else None
    return respond.json(views.detail(changed, known, deleted_at=deleted_at))


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await finding.ticket(call, connection)
        await tickets.remove(connection, ticket, by=call.actor, now=call.desk.clock())
    return respond.json({"message": "Ticket deleted successfully"})


async def _opened(call: Call, wanted: NewTicket) -> Ticket:
    try:
        return await receiving.opened(call, _message(call, wanted))
    except Conflict:
        if not wanted.ticket_num:
            raise
        # Decided by the ledger's constraint: the number is part of what must not arrive twice.
        raise Invalid([Problem("ticket_num", "is another ticket's already: choose another, or leave it out")]) from None


def _message(call: Call, wanted: NewTicket) -> InboundMessage:
    custom = wanted.ticket_num
    # Read in any case: a key of no use is told, also where the number says that it is the same ticket.
    key = receiving.dedupe_key(call, f"{NAME} ticket")
    wishes = Wishes(
        priority=CRIT.word(wanted.crit_id),
        type=TYPE.word(wanted.type),
        status=STATUS.word(wanted.status_id),
        extra={NAME: _extra(call.actor, wanted)},
        channel=PATHWAY.word(wanted.pathway),
        external_id=finding.external_id(custom) if custom else "",
    )
    return receiving.message(
        call,
        _sender(call.actor),
        wishes,
        subject=wanted.title,
        text=wanted.description,
        # As if it had been imported: one of the same number may have been.
        dedupe_key=origin.key_of(NAME, custom) if custom else key,
    )


def _sender(actor: Actor) -> Sender:
    """The ticket is its opener's own: they can be answered. Whoever told them of it is a name (`notifier`)."""
    if actor.email or actor.person_id:
        return Sender(Channel.EMAIL, actor.email, actor.signature, actor.person_id)
    return Sender(Channel.API, actor.username, actor.signature)


def _extra(actor: Actor, wanted: NewTicket) -> dict[str, object]:
    fields = wanted.model_dump(include={"tool_id", "center_id", "people", "notifier", "url", "ticket_num"})
    return {**fields, "creator": str(actor.user_id)}


async def _changed(
    call: Call, connection: AsyncConnection, ticket: Ticket, wanted: TicketChange, now: datetime
) -> Ticket:
    """The ticket as it is then. Status 8 is deletion, by this way as well."""
    access.require_staff(call.actor)
    listed = await finding.lists(connection)
    finding.require_offered(listed, _chosen(wanted), views.own(ticket.extra))
    await tickets.change(connection, ticket, _revision(wanted), by=call.actor, now=now)
    changed = await tickets.by_id(connection, ticket.id)
    if changed is None:
        raise NotFound("Ticket")
    if not _deletes(wanted):
        return changed
    await tickets.remove(connection, changed, by=call.actor, now=now)
    return replace(changed, status=Status.DELETED, updated_at=now, version=changed.version + 1)


def _chosen(sent: NewTicket | TicketChange | TicketQuery) -> dict[str, int | None]:
    return {"tool_id": sent.tool_id, "center_id": sent.center_id}


def _deletes(wanted: TicketChange) -> bool:
    return wanted.status_id is not None and STATUS.word(wanted.status_id) is Status.DELETED


def _revision(wanted: TicketChange) -> Revision:
    named = wanted.model_fields_set & {"tool_id", "center_id", "people", "notifier", "url"}
    return Revision(
        subject=wanted.title,
        description=wanted.description,
        status=None if _deletes(wanted) else _said(STATUS, wanted.status_id),
        priority=_said(CRIT, wanted.crit_id),
        type=_said(TYPE, wanted.type),
        channel=_said(PATHWAY, wanted.pathway),
        extra={NAME: wanted.model_dump(include=named)},
    )


def _said(words: Words[Wire, Core], said: Wire | None) -> Core | None:
    return None if said is None else words.word(said)


def _filters(asked: TicketQuery) -> Filters:
    numbers = (("tool_id", asked.tool_id), ("center_id", asked.center_id))
    return Filters(
        status=_said(STATUS, asked.status_id),
        type=_said(TYPE, asked.type),
        priority=_said(CRIT, asked.crit_id),
        numbers=tuple((NAME, name, value) for name, value in numbers if value is not None),
        created_from=_midnight(asked.date_from) if asked.date_from else None,
        created_to=_day_after(asked.date_to) if asked.date_to else None,
    )


def _page(asked: TicketQuery) -> Page:
    sort = ("-" if asked.sort_order == "desc" else "") + _SORTS[asked.sort_by]
    # The document counts its statuses in an order of its own.
    order = tuple(STATUS.inward.values()) if asked.sort_by == "status" else ()
    return Page(limit=asked.limit, sort=sort, skip=asked.skip, order=order)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day_after(day: date) -> datetime | None:
    """The last day belongs to it. Behind the end of all days there is nothing to leave out."""
    return None if day == date.max else _midnight(day + timedelta(days=1))
