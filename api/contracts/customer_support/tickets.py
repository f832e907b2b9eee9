"""Opening, listing, reading, changing, deleting and classifying tickets."""

from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, browsing, fields, receiving, respond
from api.contracts.customer_support import views
from api.contracts.customer_support.shapes import NewTicket, TicketChange, TicketQuery
from api.contracts.customer_support.views import NAME
from api.contracts.customer_support.words import STATUS
from api.routes import Call
from core import handover, tickets
from core.accounts import users
from core.accounts.users import User
from core.errors import Invalid, NotFound, Problem
from core.filtering import Filters
from core.learning import judgement
from core.messages import InboundMessage, Sender, Wishes
from core.queue import DEEPEST, Page
from core.tickets import Revision, Ticket
from core.vocabulary import Channel


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewTicket)
    async with call.desk.reading() as connection:
        agent = await _agent(connection, wanted.assigned_to)
    opened = await receiving.opened(call, _message(call, wanted, agent))
    return respond.json(views.ticket(opened), status=201)


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, TicketQuery)
    async with call.desk.reading() as connection:
        filters = await _filters(connection, asked)
    found = await browsing.listed(call, filters, _page(asked))
    return respond.json(views.page(found))


async def one(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        ticket = await _named(call, connection)
    return respond.json(views.ticket(ticket))


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, TicketChange)
    async with call.desk.writing() as connection:
        ticket = await _named(call, connection)
        await tickets.change(connection, ticket, _revision(ticket, wanted), by=call.actor, now=call.desk.clock())
        if wanted.customer_email is not None:
            await _give(call, connection, wanted.customer_email, wanted.customer_name)
        if "assigned_to" in wanted.model_fields_set:
            await _assign(call, connection, wanted.assigned_to)
        changed = await _named(call, connection)
    return respond.json(views.ticket(changed))


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await _named(call, connection)
        await tickets.remove(connection, ticket, by=call.actor, now=call.desk.clock())
    return respond.json({"message": "Ticket deleted successfully", "id": str(ticket.id)})


async def classify(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await _named(call, connection)
        found = await judgement.again(connection, ticket, call.desk.judge, by=call.actor, now=call.desk.clock())
        judged = await _named(call, connection)
    return respond.json(views.classified(judged, found))


async def _named(call: Call, connection: AsyncConnection) -> Ticket:
    named = call.request.match_info["id"]
    if not fields.DASHED.fullmatch(named):
        raise NotFound("Ticket")
    return await tickets.visible_to(connection, UUID(named), call.actor, call.desk.settings)


def _message(call: Call, wanted: NewTicket, agent: User | None) -> InboundMessage:
    own: dict[str, object] = {
        "customer_id": wanted.customer_id,
        "customer_email": wanted.customer_email,
        "customer_name": wanted.customer_name,
        "tags": list(dict.fromkeys(wanted.tags)),
    }
    if wanted.assigned_to and agent is None:
        own["assigned_to"] = wanted.assigned_to
    metadata = {"metadata": wanted.metadata.model_dump()} if wanted.metadata else {}
    return receiving.message(
        call,
        Sender(Channel.EMAIL, wanted.customer_email, wanted.customer_name),
        Wishes(
            wanted.category, wanted.priority, tags=tuple(wanted.tags), extra={NAME: own, **metadata},
            status=wanted.status, assignee_id=agent.id if agent else None, classify=False,
        ),
        subject=wanted.subject,
        text=wanted.description,
        dedupe_key=receiving.dedupe_key(call, f"{NAME} ticket"),
    )  # fmt: skip


def _revision(ticket: Ticket, wanted: TicketChange) -> Revision:
    sent = wanted.model_fields_set
    own: dict[str, object] = {name: getattr(wanted, name) for name in ("customer_id", "customer_name") if name in sent}
    if {"customer_email", "customer_name"} & sent:
        own["customer_email"] = wanted.customer_email or ticket.requester.email
    if wanted.tags is not None:
        own["tags"] = list(dict.fromkeys(wanted.tags))
    extra: dict[str, dict[str, object]] = {NAME: own}
    if wanted.metadata is not None:
        extra["metadata"] = wanted.metadata.model_dump()
    return Revision(
        subject=wanted.subject,
        description=wanted.description,
        status=wanted.status,
        priority=wanted.priority,
        category=wanted.category,
        tags=None if wanted.tags is None else tuple(wanted.tags),
        extra=extra,
    )


async def _give(call: Call, connection: AsyncConnection, email: str, name: str | None) -> None:
    ticket = await _named(call, connection)
    called = name or ticket.requester.name
    await handover.give(connection, ticket, email, called, by=call.actor, now=call.desk.clock())


async def _assign(call: Call, connection: AsyncConnection, name: str | None) -> None:
    """To an agent of ours, or to whomever the client's own system knows by that name."""
    agent, now = await _agent(connection, name), call.desk.clock()
    outside = Revision(extra={NAME: {"assigned_to": None if agent else name}})
    await tickets.change(connection, await _named(call, connection), outside, by=call.actor, now=now)
    ticket = await _named(call, connection)
    await tickets.assign(connection, ticket, agent, by=call.actor, now=now, settings=call.desk.settings)


async def _agent(connection: AsyncConnection, name: str | None) -> User | None:
    try:
        found = await users.by_name(connection, name) if name else None
    except NotFound:
        return None
    return found if found and found.active and found.actor.is_staff else None


async def _filters(connection: AsyncConnection, asked: TicketQuery) -> Filters:
    agent = await _agent(connection, asked.assigned_to)
    outside = asked.assigned_to if agent is None else None
    return Filters(
        statuses=STATUS.read(asked.status) if asked.status else (),
        priority=asked.priority,
        category=asked.category,
        assigned_to=agent.id if agent else None,
        unassigned=bool(outside),
        extra=(NAME, "assigned_to", outside) if outside else None,
        requester_id=await browsing.requester(connection, asked.customer_email) if asked.customer_email else None,
    )


def _page(asked: TicketQuery) -> Page:
    if (asked.page - 1) * asked.limit > DEEPEST:
        raise Invalid([Problem("page", "reaches too deep")])
    return Page(asked.page, asked.limit)
