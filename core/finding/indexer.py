"""The indexer: brings the search up to date, a round at a time, whenever the desk has nothing better to do.

What is to be indexed is noted in the commit that wrote it, and forgotten in the one that indexed it, so a crash loses
neither. Any number of processes may index one database.
"""

import asyncio
from datetime import timedelta
from time import perf_counter

import structlog

from core import rounds
from core.desk import Desk
from core.errors import Unavailable
from core.finding import search
from core.storage import database

log = structlog.get_logger()

ROUND = 200
# Receiving comes first: while messages come one after the other, there is one round in ten seconds. Whoever searches
# meanwhile brings the index up to date for themselves, as far as a moment goes.
GLANCES, GLANCE = 200, 0.05
LOOK = timedelta(seconds=2)
REST = timedelta(minutes=1)
# Whoever searches waits so long for the words of the last moments, and no longer.
PATIENCE = 0.2


async def indexer(desk: Desk) -> None:
    """Index until the desk stops. Cancel it before the desk is closed."""
    while True:
        await rounds.until_quiet(desk, GLANCES, GLANCE)
        try:
            done = await _round(desk)
        except Unavailable:
            return
        except Exception as error:
            if not database.is_passing(error):
                raise
            log.warning("indexer_rests", error=repr(error))
            await asyncio.sleep(REST.total_seconds())
            continue
        if not done:
            await asyncio.sleep(LOOK.total_seconds())


async def catch_up(desk: Desk) -> None:
    """Before a search: what was written until now is found, unless that is more than a moment's work."""
    end = perf_counter() + PATIENCE
    try:
        while perf_counter() < end and await _round(desk):
            pass
    except Exception as error:
        if not isinstance(error, Unavailable) and not database.is_passing(error):
            raise
        # What cannot be written now can still be read.
        log.info("search_is_behind", error=repr(error))


async def _round(desk: Desk) -> int:
    async with desk.reading() as connection:
        # Looking costs no write: an idle indexer leaves the disk alone.
        if not await connection.run_sync(search.is_behind):
            return 0
    async with desk.writing() as connection:
        return await connection.run_sync(search.index, ROUND)
