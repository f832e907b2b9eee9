"""What somebody says over the API, as a message for the desk's one door; and what became of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from api.native import attempting
from api.native.shapes import NewComment, NewTicket
from api.problems import Refusal
from api.routes import Call
from core import archive, ledger, people
from core.errors import Conflict, Invalid, Problem
from core.messages import InboundMessage, Receipt, Sender, Wishes
from core.tables import new_id
from core.tickets import Ticket
from core.vocabulary import Channel, Outcome


async def ticket(call: Call, wanted: NewTicket) -> InboundMessage:
    """The message that opens a ticket. Raises Invalid, Refusal."""
    metadata = wanted.metadata.model_dump(exclude_none=True) if wanted.metadata else {}
    message = InboundMessage(
        channel=Channel.API,
        sender=await _sender(call, wanted),
        subject=wanted.subject,
        text=wanted.description,
        raw=b"",
        dedupe_key=_dedupe_key(call, "ticket"),
        envelope=_envelope(call),
        wishes=Wishes(
            wanted.category,
            wanted.priority,
            wanted.type,
            tuple(wanted.tags),
            {"metadata": metadata} if metadata else {},
        ),
        acknowledge=False,
    )
    return archive.with_raw(message)


def comment(call: Call, on: Ticket, wanted: NewComment) -> InboundMessage:
    """What a customer adds to their own ticket. Raises Refusal."""
    message = InboundMessage(
        channel=Channel.API,
        sender=Sender(Channel.EMAIL, on.requester.email, on.requester.name, call.actor.person_id),
        subject=on.subject,
        text=wanted.body,
        raw=b"",
        dedupe_key=_dedupe_key(call, f"comment {on.id}"),
        envelope=_envelope(call),
        ticket_id=on.id,
        acknowledge=False,
    )
    return archive.with_raw(message)


async def filed(call: Call, message: InboundMessage) -> tuple[UUID, Receipt]:
    """Hand it in: the ticket it is on now, and the receipt. Raises Refusal, Conflict, Unavailable."""
    receipt = await call.desk.receive(message)
    if receipt.outcome in _NOT_DONE or receipt.ticket_id is None:
        status, detail, headers = _NOT_DONE.get(receipt.outcome, _KEPT)
        raise Refusal(status, detail, headers)
    if receipt.outcome is Outcome.DUPLICATE:
        await _require_same(call, message, receipt)
    return receipt.ticket_id, receipt


def message_of(receipt: Receipt) -> UUID:
    """The comment that it became. Raises Refusal where there is none to show."""
    if receipt.message_id is None:
        status, detail, headers = _KEPT
        raise Refusal(status, detail, headers)
    return receipt.message_id


# Kept, but nothing to show; sending it again would change nothing.
_Answer = tuple[int, str, Mapping[str, str]]
_KEPT: _Answer = (
    500,
    "what you sent is kept, but could not be filed: an admin finds it in the ledger; do not send it again",
    {},
)
_NOT_DONE: Mapping[Outcome, _Answer] = {
    Outcome.QUARANTINED: _KEPT,
    Outcome.IGNORED: (403, "this sender is blocked at the moment: ask the support team", {}),
    Outcome.REFUSED: (403, "this is not accepted here: ask the support team", {}),
    Outcome.DEFERRED: (429, "too many messages at the moment: try again in a minute", {"Retry-After": "60"}),
}


async def _sender(call: Call, wanted: NewTicket) -> Sender:
    actor = call.actor
    email, name = actor.email, actor.signature
    if not actor.is_staff:
        _require_own(wanted)
        return Sender(Channel.EMAIL, email, name, actor.person_id)
    if wanted.client_id:
        return await _client(call, wanted.client_id)
    if wanted.customer_email or wanted.customer_name:
        return Sender(Channel.EMAIL, wanted.customer_email or "", wanted.customer_name or "")
    # Nobody is named: the ticket is the agent's own.
    return Sender(Channel.EMAIL, email, name) if email else Sender(Channel.API, actor.username, name)


def _require_own(wanted: NewTicket) -> None:
    named = [name for name in ("client_id", "customer_email", "customer_name") if getattr(wanted, name)]
    if named:
        raise Invalid([Problem(name, "is for agents: your ticket is yours, leave it out") for name in named])


async def _client(call: Call, client_id: UUID) -> Sender:
    async with call.desk.reading() as connection:
        person = await people.by_id(connection, client_id)
    if person is None:
        raise Invalid([Problem("client_id", "there is no such client: give a customer_email instead")])
    return Sender(Channel.EMAIL, person.email, person.name, person.id)


def _envelope(call: Call) -> Mapping[str, object]:
    return {"ip": call.door.client_ip(call.request), "user": call.actor.username}


def _dedupe_key(call: Call, about: str) -> str:
    """One for each request; where the client names its attempt, the same for every attempt."""
    key = attempting.key_of(call)
    if key is None:
        return f"api:{new_id().hex}"
    return "api:" + hashlib.sha256(f"{call.actor.user_id} {about} {key}".encode()).hexdigest()


async def _require_same(call: Call, message: InboundMessage, receipt: Receipt) -> None:
    """A key that is used twice for different things is a fault of the client that must not go unnoticed."""
    async with call.desk.reading() as connection:
        first = await ledger.original(connection, receipt.ledger_id, call.desk.blob_folder)
    earlier = archive.unpack(first.raw, {})
    # Where from is not what: a phone changes its address between two attempts.
    if replace(earlier, raw=b"", envelope={}) != replace(message, raw=b"", envelope={}):
        raise Conflict("this Idempotency-Key was used for something else: choose a new one")
