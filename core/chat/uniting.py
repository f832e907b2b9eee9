"""Two people of ours turn out to be one: what was the one's is the other's from then on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CompoundSelect, delete, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables


async def unite(connection: AsyncConnection, person_id: UUID, *, into: UUID, now: datetime) -> None:
    """Everything of `person_id` becomes `into`'s: addresses, tickets, words, accounts.

    The reply addresses that `person_id` was given are dead afterwards, as they name who may use them. So the one whose
    mails they are is the one to unite into.
    """
    p, t = tables.participants.c, tables.tickets.c
    # Where both have a seat, a further one is given up.
    for whose, other in ((person_id, into), (into, person_id)):
        further = delete(tables.participants).where(
            p.person_id == whose, tables.IS_FURTHER_SEAT, p.ticket_id.in_(_seated(other))
        )
        await connection.execute(further)
    own = p.ticket_id.in_(select(t.id).where(t.requester_id == person_id))
    for seats in (tables.IS_FURTHER_SEAT, own & (p.seq == 1)):
        handed = update(tables.participants).where(p.person_id == person_id, seats).values(person_id=into)
        await connection.execute(handed)
    for column in (
        tables.identities.c.person_id,
        tables.tickets.c.requester_id,
        tables.messages.c.person_id,
        tables.changes.c.person_id,
        tables.users.c.person_id,
    ):
        await connection.execute(update(column.table).where(column == person_id).values({column.name: into}))
    await connection.execute(update(tables.people).where(tables.people.c.id == person_id).values(deleted_at=now))


def _seated(person_id: UUID) -> CompoundSelect[UUID]:
    """The tickets in which somebody takes part."""
    p, t = tables.participants.c, tables.tickets.c
    further = select(p.ticket_id).where(p.person_id == person_id, tables.IS_FURTHER_SEAT)
    return union_all(further, select(t.id).where(t.requester_id == person_id))
