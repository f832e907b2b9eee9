"""More memory for SQLite while transactions touch thousands of pages.

In its own 2 MB these do not stay until they are committed, and are written several times: of an import that is a
quarter of the processor time.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import Engine

from core.desk import Desk
from core.errors import Unavailable

# KiB: as SQLite has it by itself, and what a batch of an import touches at a hundred thousand tickets.
LITTLE, MUCH = 2_000, 24_000


@asynccontextmanager
async def enlarged(desk: Desk) -> AsyncIterator[None]:
    """For the connection that files; given back in the end. Raises Unavailable."""
    await _keep(desk, MUCH)
    try:
        yield
    finally:
        # A desk that is stopping gives back all it has.
        with suppress(Unavailable):
            await _keep(desk, LITTLE)


async def _keep(desk: Desk, kibibytes: int) -> None:
    filer = desk.database.filer
    if filer is None:
        return
    # Its one connection is in nobody's hands while somebody else writes.
    async with desk.writing():
        await filer.there(_tell, filer.engine, kibibytes)


def _tell(engine: Engine, kibibytes: int) -> None:
    connection = engine.raw_connection()
    try:
        connection.cursor().execute(f"PRAGMA cache_size=-{kibibytes:d}")
    finally:
        # To the pool, which keeps it open.
        connection.close()
