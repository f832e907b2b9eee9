"""Giving a ticket to another customer: from then on it is theirs to read. The old one's reply addresses and public link
are dead, and what was still to be sent to them is not.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, people, tables, tickets, tokens
from core.access import Actor
from core.history import FieldChange
from core.people import Person
from core.tickets import Ticket
from core.vocabulary import DeliveryKind, DeliveryState


async def give(connection: AsyncConnection, ticket: Ticket, email: str, name: str, *, by: Actor, now: datetime) -> None:
    """To whoever writes from `email` (normalised), made known as `name` if nobody has. Raises Forbidden, Conflict."""
    access.require_staff(by)
    person_id = await people.recognise(connection, email, name, now)
    await _hand(connection, ticket, person_id, email, by=by, now=now)


async def give_to(connection: AsyncConnection, ticket: Ticket, person: Person, *, by: Actor, now: datetime) -> None:
    """To somebody the desk knows. Raises Forbidden, Conflict."""
    access.require_staff(by)
    await _hand(connection, ticket, person.id, person.email or person.name, by=by, now=now)


async def _hand(
    connection: AsyncConnection, ticket: Ticket, person_id: UUID, called: str, *, by: Actor, now: datetime
) -> None:
    if person_id == ticket.requester_id:
        return
    became = [FieldChange("requester", ticket.requester.email or ticket.requester.name, called)]
    values: dict[str, object] = {"requester_id": person_id}
    if ticket.embed_token:
        # The old one has it from our mails.
        values["embed_token"] = tokens.new_embed_token()
        became.insert(0, FieldChange("embed_token", None, "renewed"))
    await tickets.write(connection, ticket, values, now)
    await _send_no_more(connection, ticket)
    await _seat(connection, ticket.id, person_id)
    await history.record(connection, ticket.id, became, by=by, now=now)


async def _send_no_more(connection: AsyncConnection, ticket: Ticket) -> None:
    """It would go to the old one's address with the new one's name and link. Agents find it among what failed."""
    d, i = tables.deliveries.c, tables.identities.c
    await connection.execute(
        update(tables.deliveries)
        .where(
            d.ticket_id == ticket.id,
            d.kind.in_((DeliveryKind.ANSWER, DeliveryKind.ACKNOWLEDGEMENT)),
            d.state.in_((DeliveryState.QUEUED, DeliveryState.RETRYING)),
            d.address.in_(select(i.address).where(i.person_id == ticket.requester_id)),
        )
        .values(state=DeliveryState.FAILED, reason="the ticket was given to another client before it was sent")
    )


async def _seat(connection: AsyncConnection, ticket_id: UUID, person_id: UUID) -> None:
    """The requester's seat is number 1. Its new version is what makes tokens of the one before worthless."""
    p = tables.participants.c
    await connection.execute(delete(tables.participants).where(p.ticket_id == ticket_id, p.person_id == person_id))
    await connection.execute(
        update(tables.participants)
        .where(p.ticket_id == ticket_id, p.seq == 1)
        .values(person_id=person_id, token_version=p.token_version + 1)
    )
