"""Contract `basic`: a short list of tickets, to which everybody has access who reaches it.

    GET    /tickets               all tickets, in the order of their ids
    POST   /tickets               201, the ticket      {title, description, contact_info, status}
    PUT    /tickets/{ticket_id}   the ticket           {status}
    DELETE /tickets/{ticket_id}   the ticket as it was

A ticket is {id, title, description, contact_info, status, updated_at, created_at}: the id is our number, times are UTC
and say no zone. An error is {"detail": "…"}: 400 for what is invalid or missing, 404 "Ticket not found", 500 "Error
creating ticket" and its like.
"""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, receiving, respond
from api.contracts.contract import Contract, Words
from api.fields import FILLED, LONGEST_ADDRESS, Text, Title, line
from api.problems import Fault
from api.routes import Access, Call, Route
from core import access, addresses, queue, tickets
from core.errors import Invalid, NotFound
from core.messages import InboundMessage, Sender, Wishes
from core.tickets import Revision, Ticket
from core.vocabulary import Channel, Status

NAME = "basic"
PAGE = 200

# --- words: `pending` is new; the others are called as here

STATUS: Words[str, Status] = Words(
    {"pending": Status.NEW} | {word.value: word for word in Status if word not in (Status.NEW, Status.DELETED)},
    hidden={Status.DELETED},
)

# --- shapes


Word = Annotated[Status, BeforeValidator(STATUS.word)]


class Shape(BaseModel):
    """A client may send back what it got: these are the desk's to say, and nothing of them is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: object = None
    updated_at: object = None
    created_at: object = None


class TicketCreate(Shape):
    title: Title
    description: Text
    contact_info: Annotated[str, Field(max_length=LONGEST_ADDRESS), FILLED, line(LONGEST_ADDRESS)]
    status: Word


class TicketUpdate(Shape):
    status: Word
    title: object = None
    description: object = None
    contact_info: object = None


def shown(ticket: Ticket) -> dict[str, object]:
    return {
        "id": ticket.number,
        "title": ticket.subject,
        "description": ticket.description,
        "contact_info": _contact(ticket),
        "status": STATUS.outward[ticket.status],
        "updated_at": _naive(ticket.updated_at),
        "created_at": _naive(ticket.created_at),
    }


def _contact(ticket: Ticket) -> object:
    own = tickets.extra_of(ticket, NAME).get("contact_info")
    return own or ticket.requester.email or ticket.requester.name


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


_FAILED = {
    "GET": "Error fetching tickets",
    "POST": "Error creating ticket",
    "PUT": "Error updating ticket status",
    "DELETE": "Error deleting ticket",
}


def failed(fault: Fault) -> web.Response:
    detail = fault.detail
    if isinstance(fault.error, NotFound):
        detail = f"{fault.error.what} not found"
    elif isinstance(fault.error, Invalid):
        detail = "; ".join(f"{problem.field} {problem.message}" for problem in fault.problems)
    elif isinstance(fault.error, web.HTTPNotFound):
        detail = "Not found: tickets are at /tickets"
    elif fault.status == 500:
        detail = _FAILED.get(fault.method, detail)
    return respond.json({"detail": detail}, status=fault.status, headers=fault.headers)


# --- handlers


async def many(call: Call) -> web.StreamResponse:
    """All there are, and there may be a million: in pieces, so that they never are in memory together."""
    return await respond.streamed(call.request, _pieces(call, await _onward(call, 0)))


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, TicketCreate)
    opened = await receiving.opened(call, _message(call, wanted))
    return respond.json(shown(opened), status=201)


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, TicketUpdate)
    async with call.desk.writing() as connection:
        ticket = await _named(call, connection)
        await tickets.change(connection, ticket, Revision(status=wanted.status), by=call.actor, now=call.desk.clock())
        changed = await _named(call, connection)
    return respond.json(shown(changed))


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await _named(call, connection)
        await tickets.remove(connection, ticket, by=call.actor, now=call.desk.clock())
    return respond.json(shown(ticket))


async def _named(call: Call, connection: AsyncConnection) -> Ticket:
    named = call.request.match_info["ticket_id"]
    number = int(named) if re.fullmatch("[0-9]{1,18}", named) else 0
    ticket = (await tickets.by_numbers(connection, [number])).get(number)
    if ticket is None or not access.may_see(call.actor, ticket, call.desk.settings):
        raise NotFound("Ticket")
    return ticket


async def _onward(call: Call, after: int) -> tuple[Ticket, ...]:
    async with call.desk.reading() as connection:
        return await queue.onward(connection, call.actor, call.desk.settings, after=after, limit=PAGE)


async def _pieces(call: Call, page: tuple[Ticket, ...]) -> AsyncIterator[bytes]:
    yield b"["
    before = b""
    while page:
        yield before + b",".join(respond.render(shown(ticket)) for ticket in page)
        page, before = await _onward(call, page[-1].number) if len(page) == PAGE else (), b","
    yield b"]"


def _message(call: Call, wanted: TicketCreate) -> InboundMessage:
    """Whoever is named by a mail address is the requester; any other contact cannot tell one person from another."""
    email = addresses.normal(wanted.contact_info)
    sender = Sender(Channel.EMAIL, email) if email else Sender(Channel.API, "", wanted.contact_info)
    return receiving.message(
        call,
        sender,
        Wishes(status=wanted.status, extra={NAME: {"contact_info": wanted.contact_info}}),
        subject=wanted.title,
        text=wanted.description,
        dedupe_key=receiving.dedupe_key(call, f"{NAME} ticket"),
    )


CONTRACT = Contract(
    NAME,
    (
        Route("GET", "/tickets", Access.PUBLIC, many),
        Route("POST", "/tickets", Access.PUBLIC, create),
        Route("PUT", "/tickets/{ticket_id}", Access.PUBLIC, change),
        Route("DELETE", "/tickets/{ticket_id}", Access.PUBLIC, remove),
    ),
    failed,
    words=(STATUS,),
    is_open=True,
)
