"""People and their addresses. One person may have many; an address has one person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables
from core.access import Actor
from core.config import Settings
from core.storage import dialects
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the desk knows, and the oldest address mail can reach them at (empty: none is known)."""

    id: UUID
    name: str
    email: str


async def by_id(connection: AsyncConnection, person_id: UUID, actor: Actor, settings: Settings) -> Person | None:
    """Whom `actor` may not see is not there."""
    p, i = tables.people.c, tables.identities.c
    found = await connection.execute(
        select(p.id, p.name, i.address)
        .join_from(tables.people, tables.identities, (i.person_id == p.id) & (i.channel == Channel.EMAIL), isouter=True)
        .where(p.id == person_id, access.visible_people(actor, settings))
        .order_by(i.created_at, i.id)
        .limit(1)
    )
    row = found.first()
    return None if row is None else Person(row.id, row.name, row.address or "")


async def recognise(connection: AsyncConnection, email: str, name: str, now: datetime) -> UUID:
    """The person who writes from `email` (normalised), made now if nobody has yet. Empty: always somebody new."""
    person_id = new_id()
    if email and (known := await of_address(connection, email)):
        return known
    await connection.execute(
        insert(tables.people), {"id": person_id, "name": clean_line(name, most=NAME_LENGTH), "created_at": now}
    )
    if not email:
        return person_id
    await connection.execute(
        dialects.unless_there(connection.dialect.name, tables.identities),
        {"id": new_id(), "person_id": person_id, "channel": Channel.EMAIL, "address": email, "created_at": now},
    )
    # Whoever was faster in another process has the address; the person made here then stays without one.
    return await of_address(connection, email) or person_id


async def of_address(connection: AsyncConnection, email: str) -> UUID | None:
    """Who writes from `email` (normalised), if anybody has yet."""
    i = tables.identities.c
    found = await connection.execute(select(i.person_id).where(i.channel == Channel.EMAIL, i.address == email))
    return found.scalar_one_or_none()
