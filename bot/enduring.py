"""Going on when the database is away for a moment: what was begun outside cannot be left half written."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from core.storage import database

log = structlog.get_logger()

T = TypeVar("T")

REST = timedelta(seconds=2)


async def enduring(work: Callable[[], Awaitable[T]], *, rest: timedelta = REST) -> T:
    """What `work` answers, tried until the database lets it. Raises what will not pass by itself."""
    while True:
        try:
            return await work()
        except Exception as error:
            if not database.is_passing(error):
                raise
            log.warning("telegram_waits_for_the_database", error=repr(error))
            await asyncio.sleep(rest.total_seconds())
