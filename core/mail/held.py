"""Answers that are held: by mail, with a token of a ticket that was made for somebody else. An agent decides.

Let in, their writer takes part in the ticket from then on. Given a ticket of their own, nothing of the old one is
theirs. Turned away, the mail stays in the ledger and is shown to nobody.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, ledger, people, tables
from core.access import Actor
from core.accounts.secrets import Keys
from core.addresses import without_tag
from core.config import Settings
from core.errors import Conflict, NotFound
from core.history import FieldChange
from core.ledger import Arrivals, Entry, Original
from core.messages import InboundMessage
from core.storage import dialects
from core.storage.paging import Span
from core.tickets import Ticket
from core.vocabulary import Disposition, HeldDecision

_l, _p = tables.ledger.c, tables.participants.c


async def of_ticket(connection: AsyncConnection, ticket: Ticket, span: Span) -> list[Entry]:
    """What waits for a decision on this ticket, the newest first."""
    return await ledger.entries(connection, _waiting(ticket), span)


async def how_many(connection: AsyncConnection, ticket: Ticket) -> int:
    return await ledger.how_many(connection, _waiting(ticket))


def _waiting(ticket: Ticket) -> Arrivals:
    return Arrivals(disposition=Disposition.PENDING_PARTICIPANT, ticket_number=ticket.number)


async def decide(
    connection: AsyncConnection,
    ticket: Ticket,
    arrival: Original,
    message: InboundMessage,
    decision: HeldDecision,
    *,
    by: Actor,
    now: datetime,
    settings: Settings,
    keys: Keys,
) -> None:
    """Do with a held answer what an agent says; `message` is the arrival read again. Raises NotFound, Conflict, Forbidden."""
    access.require_staff(by)
    if arrival.ticket_id != ticket.id:
        raise NotFound("Held answer")
    arrival = await ledger.as_it_is_now(connection, arrival)
    if arrival.entry.disposition is not Disposition.PENDING_PARTICIPANT:
        raise Conflict(f"it is not held any more: it became a {arrival.entry.disposition}")
    address = message.sender.address
    changed = [FieldChange("held", None, decision)]
    match decision:
        case HeldDecision.ALLOW:
            person_id = await people.recognise(connection, address, message.sender.name, now)
            await connection.run_sync(_seat, ticket, person_id, now)
            changed.append(FieldChange("participants", None, address))
            message = replace(message, ticket_id=ticket.id)
        case HeldDecision.NEW_TICKET:
            boxes = tuple(dict.fromkeys(without_tag(one)[0] for one in message.recipients))
            message = replace(message, recipients=boxes, in_reply_to=(), references=())
        case HeldDecision.IGNORE:
            await _turn_away(connection, arrival, by, now)
    await history.record(connection, ticket.id, changed, by=by, now=now, reason=address)
    if decision is not HeldDecision.IGNORE:
        await ledger.replay(connection, arrival, message, now, settings=settings, keys=keys)


def _seat(connection: Connection, ticket: Ticket, person_id: object, now: datetime) -> None:
    """Behind all who take part; who does already keeps their seat."""
    taken = connection.execute(select(func.max(_p.seq)).where(_p.ticket_id == ticket.id)).scalar_one()
    row = {"ticket_id": ticket.id, "seq": taken + 1, "person_id": person_id, "token_version": 1, "created_at": now}
    connection.execute(dialects.unless_there(connection.dialect.name, tables.participants), row)


async def _turn_away(connection: AsyncConnection, arrival: Original, by: Actor, now: datetime) -> None:
    await connection.execute(
        update(tables.ledger)
        .where(_l.id == arrival.entry.id)
        .values(disposition=Disposition.BLOCKED, reason=f"turned away by {by.signature}", replayed_at=now)
    )
