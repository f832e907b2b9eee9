"""A page of the queue, for whoever calls, whichever API they speak."""

from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.routes import Call
from core import addresses, people, queue
from core.filtering import Filters
from core.queue import Listing, Page

# Whom nobody has: a filter for somebody unknown shows nothing, and tells nobody who is known.
NOBODY = UUID(int=0)


async def listed(call: Call, filters: Filters, page: Page) -> Listing:
    """Read in one trip to the database, which costs less than its queries one by one."""
    look = partial(queue.listed, actor=call.actor, settings=call.desk.settings, filters=filters, page=page)
    return await call.desk.database.browse(look)


async def requester(connection: AsyncConnection, address: str) -> UUID:
    """Whose mail address it is, of what a filter says."""
    found = addresses.normal(address)
    return (await people.of_address(connection, found) if found else None) or NOBODY
