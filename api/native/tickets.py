"""Tickets: opening, listing, reading, changing, assigning, deleting."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, browsing, receiving, respond
from api.native import arriving, finding, listing, views
from api.native.shapes import Assignment, NewTicket, TicketChange, TicketQuery
from api.routes import Call
from core import access, handover, tickets
from core.accounts import users
from core.accounts.users import User
from core.errors import Invalid, NotFound, Problem
from core.finding import indexer
from core.learning import judgement
from core.tickets import Revision, Ticket


async def create(call: Call) -> web.Response:
    message = await arriving.ticket(call, await body.read(call.request, NewTicket))
    opened = await receiving.opened(call, message)
    return _shown(call, opened, status=201, headers={"Location": f"/api/v1/tickets/{opened.id}"})


async def many(call: Call) -> web.Response:
    return await _listed(call, body.query(call.request, TicketQuery))


async def mine(call: Call) -> web.Response:
    """A customer's own tickets; for staff those that are assigned to them."""
    asked = body.query(call.request, TicketQuery)
    return await _listed(call, asked.model_copy(update={"assigned_to": "me"}) if call.actor.is_staff else asked)


async def one(call: Call) -> web.Response:
    kept = await finding.on_shelf(call)
    rendered = kept.rendered(call.actor, views.ticket)
    tag = finding.etag(kept.ticket, rendered)
    return respond.unchanged(tag) if finding.is_known(call, tag) else respond.rendered(rendered, {"ETag": tag})


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, TicketChange)
    async with call.desk.writing() as connection:
        ticket = await finding.to_change(call, connection)
        access.require_staff(call.actor)
        await tickets.change(connection, ticket, _revision(wanted), by=call.actor, now=call.desk.clock())
        if {"client_id", "customer_email", "customer_name"} & wanted.model_fields_set:
            await _give(call, connection, await _again(call, connection, ticket), wanted)
        if "assigned_to" in wanted.model_fields_set:
            await _assign(call, connection, await _again(call, connection, ticket), wanted.assigned_to, "assigned_to")
        changed = await _again(call, connection, ticket)
    return _shown(call, changed)


async def assign(call: Call) -> web.Response:
    wanted = await body.read(call.request, Assignment)
    async with call.desk.writing() as connection:
        ticket = await finding.to_change(call, connection)
        await _assign(call, connection, ticket, wanted.agent, "agent")
        changed = await _again(call, connection, ticket)
    return _shown(call, changed)


async def classify(call: Call) -> web.Response:
    """Seed 002's answer: the ticket as it is now, and why."""
    async with call.desk.writing() as connection:
        ticket = await finding.within(call, connection)
        found = await judgement.again(connection, ticket, call.desk.judge, by=call.actor, now=call.desk.clock())
        judged = await _again(call, connection, ticket)
    return respond.json({"ticket": views.ticket(judged, call.actor), "classification": views.classification(found)})


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await finding.to_change(call, connection)
        await tickets.remove(connection, ticket, by=call.actor, now=call.desk.clock())
    return respond.nothing()


def _shown(call: Call, ticket: Ticket, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    rendered = respond.render(views.ticket(ticket, call.actor))
    return respond.rendered(rendered, {"ETag": finding.etag(ticket, rendered), **(headers or {})}, status=status)


async def _listed(call: Call, asked: TicketQuery) -> web.Response:
    if asked.q:
        await indexer.catch_up(call.desk)
    filters = await listing.filters(call.desk, asked, call.actor)
    found = await browsing.listed(call, filters, listing.page(asked))
    return respond.json(
        {
            "tickets": [views.ticket(ticket, call.actor) for ticket in found.tickets],
            "pagination": listing.pagination(asked, found),
        }
    )


def _revision(wanted: TicketChange) -> Revision:
    tags = None if wanted.tags is None else tuple(wanted.tags)
    return Revision(
        wanted.subject,
        wanted.status,
        wanted.priority,
        wanted.category,
        tags,
        wanted.description,
        {"metadata": wanted.metadata.model_dump(exclude_unset=True)} if wanted.metadata else {},
        wanted.type,
        reviewed=wanted.needs_review is False,
        no_duplicate="possible_duplicate_of" in wanted.model_fields_set,
    )


async def _again(call: Call, connection: AsyncConnection, ticket: Ticket) -> Ticket:
    """As it is now, within the transaction. An agent who gave it away may not see it any more, but changed it."""
    found = await tickets.by_id(connection, ticket.id)
    if found is None:
        raise NotFound("Ticket")
    return found


async def _give(call: Call, connection: AsyncConnection, ticket: Ticket, wanted: TicketChange) -> None:
    """To another customer. Raises Invalid where it is not said whom."""
    now = call.desk.clock()
    if wanted.client_id and (wanted.customer_email or wanted.customer_name):
        named = "customer_email" if wanted.customer_email else "customer_name"
        raise Invalid([Problem(named, "is said by client_id already: leave one of the two out")])
    if wanted.client_id:
        person = await arriving.client(call, connection, wanted.client_id)
        await handover.give_to(connection, ticket, person, by=call.actor, now=now)
    elif wanted.customer_email:
        name = wanted.customer_name or ""
        await handover.give(connection, ticket, wanted.customer_email, name, by=call.actor, now=now)
    else:
        raise Invalid([Problem("customer_name", "goes with customer_email: change a client's name at /clients")])


async def _assign(call: Call, connection: AsyncConnection, ticket: Ticket, name: str | None, field: str) -> None:
    access.require_staff(call.actor)
    to = await _agent(connection, name, field) if name is not None else None
    await tickets.assign(connection, ticket, to, by=call.actor, now=call.desk.clock(), settings=call.desk.settings)


async def _agent(connection: AsyncConnection, name: str, field: str) -> User:
    """Raises Invalid, naming the field as this request calls it."""
    try:
        found = await users.by_name(connection, name)
    except NotFound:
        found = None
    if found is None or not found.active or not found.actor.is_staff:
        raise Invalid([Problem(field, "there is no active agent of this name: check its spelling")])
    return found
