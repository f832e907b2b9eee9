"""All tickets, a page at a time, for writing them to a file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import select

from core import tables, tickets
from core.desk import Desk
from core.tickets import Ticket

# Descriptions are read whole, and may have a megabyte each.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Exported:
    """A ticket, and what it is called where it came from: `external_id` in the system `external_source`."""

    ticket: Ticket
    external_source: str = ""
    external_id: str = ""


async def pages(desk: Desk) -> AsyncIterator[list[Exported]]:
    """Every ticket that is not deleted, the oldest first, as it is when its page is read."""
    t, last = tables.tickets.c, 0
    while True:
        wanted = tickets.SELECT.where(t.number > last, t.deleted_at.is_(None)).order_by(t.number).limit(PAGE)
        async with desk.reading() as connection:
            found = list((await tickets.read(connection, wanted)).values())
            named = select(t.id, t.external_id).where(t.id.in_([one.id for one in found]), t.external_id.is_not(None))
            names = {row.id: row.external_id for row in await connection.execute(named)}
        if not found:
            return
        yield [_exported(ticket, names.get(ticket.id, "")) for ticket in found]
        last = found[-1].number


def _exported(ticket: Ticket, external_id: str) -> Exported:
    # As `importing` puts it together; the name of a source has no colon in it.
    source, _, own = external_id.partition(":")
    return Exported(ticket, source, own)
