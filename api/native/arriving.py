"""What somebody says over the native API, as a message for the desk's one door."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api import receiving
from api.native.shapes import NewComment, NewTicket
from api.routes import Call
from core import people
from core.errors import Invalid, Problem
from core.messages import NO_WISHES, InboundMessage, Sender, Wishes
from core.people import Person
from core.tickets import Ticket
from core.vocabulary import Channel


async def ticket(call: Call, wanted: NewTicket) -> InboundMessage:
    """The message that opens a ticket. Raises Invalid, Refusal."""
    metadata = wanted.metadata.model_dump(exclude_none=True) if wanted.metadata else {}
    extra = {"metadata": metadata} if metadata else {}
    return receiving.message(
        call,
        await _sender(call, wanted),
        Wishes(wanted.category, wanted.priority, wanted.type, tuple(wanted.tags), extra),
        subject=wanted.subject,
        text=wanted.description,
        dedupe_key=receiving.dedupe_key(call, "ticket"),
    )


def comment(call: Call, on: Ticket, wanted: NewComment) -> InboundMessage:
    """What a customer adds to their own ticket. Raises Refusal."""
    return receiving.message(
        call,
        Sender(Channel.EMAIL, on.requester.email, on.requester.name, call.actor.person_id),
        NO_WISHES,
        subject=on.subject,
        text=wanted.body,
        dedupe_key=receiving.dedupe_key(call, f"comment {on.id}"),
        ticket_id=on.id,
    )


async def _sender(call: Call, wanted: NewTicket) -> Sender:
    actor = call.actor
    email, name = actor.email, actor.signature
    if not actor.is_staff:
        _require_own(wanted)
        return Sender(Channel.EMAIL, email, name, actor.person_id)
    if wanted.client_id:
        async with call.desk.reading() as connection:
            person = await client(call, connection, wanted.client_id)
        return Sender(Channel.EMAIL, person.email, person.name, person.id)
    if wanted.customer_email or wanted.customer_name:
        return Sender(Channel.EMAIL, wanted.customer_email or "", wanted.customer_name or "")
    # Nobody is named: the ticket is the agent's own.
    return Sender(Channel.EMAIL, email, name) if email else Sender(Channel.API, actor.username, name)


def _require_own(wanted: NewTicket) -> None:
    named = [name for name in ("client_id", "customer_email", "customer_name") if getattr(wanted, name)]
    if named:
        raise Invalid([Problem(name, "is for agents: your ticket is yours, leave it out") for name in named])


async def client(call: Call, connection: AsyncConnection, client_id: UUID) -> Person:
    """Whom a request means, of those whom its actor may see. Raises Invalid."""
    person = await people.by_id(connection, client_id, call.actor, call.desk.settings)
    if person is None:
        raise Invalid([Problem("client_id", "there is no such client: give a customer_email instead")])
    return person
