"""Two people of ours turn out to be one: what was the one's is the other's from then on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables


async def unite(connection: AsyncConnection, person_id: UUID, *, into: UUID, now: datetime) -> None:
    """Everything of `person_id` becomes `into`'s: addresses, tickets, words, accounts.

    The reply addresses that `person_id` was given are dead afterwards, as they name who may use them. So the one whose
    mails they are is the one to unite into.
    """
    p = tables.participants.c
    both = select(p.ticket_id).where(p.person_id == into)
    await connection.execute(
        delete(tables.participants).where(p.person_id == person_id, p.seq > 1, p.ticket_id.in_(both))
    )
    # Where the one has the first seat and the other a further one, the further one is given up.
    theirs = select(p.ticket_id).where(p.person_id == person_id)
    await connection.execute(delete(tables.participants).where(p.person_id == into, p.seq > 1, p.ticket_id.in_(theirs)))
    for column in (
        p.person_id,
        tables.identities.c.person_id,
        tables.tickets.c.requester_id,
        tables.messages.c.person_id,
        tables.changes.c.person_id,
        tables.users.c.person_id,
    ):
        await connection.execute(update(column.table).where(column == person_id).values({column.name: into}))
    await connection.execute(update(tables.people).where(tables.people.c.id == person_id).values(deleted_at=now))
