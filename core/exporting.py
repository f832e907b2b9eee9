"""All tickets, a page at a time, for writing them to a file."""

from collections.abc import AsyncIterator

from core import tables, tickets
from core.desk import Desk
from core.tickets import Ticket

# Descriptions are read whole, and may have a megabyte each.
PAGE = 100


async def pages(desk: Desk) -> AsyncIterator[list[Ticket]]:
    """Every ticket that is not deleted, the oldest first, as it is when its page is read."""
    t, last = tables.tickets.c, 0
    while True:
        wanted = tickets.SELECT.where(t.number > last, t.deleted_at.is_(None)).order_by(t.number).limit(PAGE)
        async with desk.reading() as connection:
            found = list((await tickets.read(connection, wanted)).values())
        if not found:
            return
        yield found
        last = found[-1].number
