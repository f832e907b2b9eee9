"""Handing a message that came over HTTP to the desk's one door: whence it came, when it is the same, what became of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from api.native import attempting
from api.problems import Refusal
from api.routes import Call
from core import archive, ledger
from core.access import Actor
from core.errors import Conflict
from core.messages import InboundMessage, Receipt, Sender, Wishes
from core.tables import new_id
from core.tickets import Ticket
from core.vocabulary import Channel, Outcome


async def opened(call: Call, message: InboundMessage) -> Ticket:
    """Hand in what opens a ticket, and read the ticket. Raises Refusal, Conflict, Unavailable."""
    ticket_id, receipt = await filed(call, message)
    ticket = receipt.opened or await call.desk.tickets.get(ticket_id)
    if ticket is None:
        # A POST has no address of its own that could be missing (404).
        raise Conflict("the ticket that this was the first time has been deleted since: choose a new Idempotency-Key")
    return ticket


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


def message(
    call: Call,
    sender: Sender,
    wishes: Wishes,
    *,
    subject: str,
    text: str,
    dedupe_key: str,
    ticket_id: UUID | None = None,
) -> InboundMessage:
    """What was said over HTTP, for the door. Whoever says it that way has its answer, and gets no mail about it."""
    # What is left out is not in its bytes either.
    more: dict[str, Any] = {"ticket_id": ticket_id} if ticket_id else {}
    if call.actor.is_staff and not _is_own(call.actor, sender):
        more["scribe"] = call.actor.username
    return archive.built(
        sender,
        wishes,
        channel=Channel.API,
        subject=subject,
        text=text,
        dedupe_key=dedupe_key,
        envelope={"ip": call.door.client_ip(call.request), "user": call.actor.username},
        acknowledge=False,
        **more,
    )


def _is_own(actor: Actor, sender: Sender) -> bool:
    return sender.address in {actor.email, actor.username} and sender.name in {"", actor.signature}


def dedupe_key(call: Call, about: str) -> str:
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
