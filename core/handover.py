"""Giving a ticket to another customer: from then on it is theirs to read, and the old one's reply addresses are dead."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, people, tables, tickets
from core.access import Actor
from core.history import FieldChange
from core.people import Person
from core.tickets import Ticket


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
    await tickets.write(connection, ticket, {"requester_id": person_id}, now)
    await _seat(connection, ticket.id, person_id)
    before = ticket.requester.email or ticket.requester.name
    await history.record(connection, ticket.id, [FieldChange("requester", before, called)], by=by, now=now)


async def _seat(connection: AsyncConnection, ticket_id: UUID, person_id: UUID) -> None:
    """The requester's seat is number 1. Its new version is what makes tokens of the one before worthless."""
    p = tables.participants.c
    await connection.execute(delete(tables.participants).where(p.ticket_id == ticket_id, p.person_id == person_id))
    await connection.execute(
        update(tables.participants)
        .where(p.ticket_id == ticket_id, p.seq == 1)
        .values(person_id=person_id, token_version=p.token_version + 1)
    )
