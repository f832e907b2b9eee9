"""How every courier works: round by round, whenever something is due and receiving leaves it the time.

A round claims in one transaction, sends outside any, and settles in another one. If the process dies in between,
the leases run out and the next claim knows of it (core/outbox.py). Any number of couriers may run at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.desk import Desk
from core.errors import Unavailable
from core.storage import database

log = structlog.get_logger()

# Another process's commits wake nobody here, so a courier looks by itself.
LOOK = timedelta(seconds=5)
# What is queued within this time is sent in one round.
GATHER = 0.1
# Receiving comes first: under load there is one round in five seconds, whose two commits delay nobody noticeably.
GLANCES, GLANCE = 250, 0.02
# A round that has begun may end when the process is told to stop: what it claimed would else wait for its lease.
FAREWELL = 5.0


@dataclass(frozen=True, slots=True)
class Round:
    """How many deliveries a round took, whether it found the other side away, and when there will be something to do."""

    taken: int = 0
    away: bool = False
    due: datetime | None = None


async def run(desk: Desk, deliver: Callable[[], Awaitable[Round]], *, rest: timedelta) -> None:
    """Deliver until the desk stops. Cancel it before the desk is closed; the round in hand is then ended first."""
    while True:
        await _give_way(desk)
        try:
            done = await _to_its_end(deliver)
        except Unavailable:
            log.info("courier_stops")
            return
        except Exception as error:
            if not database.is_passing(error):
                raise
            log.warning("courier_rests", error=repr(error))
            await asyncio.sleep(rest.total_seconds())
            continue
        if done.away:
            await asyncio.sleep(rest.total_seconds())
        elif not done.taken:
            await _until(desk, done.due)


async def _give_way(desk: Desk) -> None:
    """Wait for a moment in which nothing was committed and nothing waits to be, five seconds at most."""
    for _ in range(GLANCES):
        desk.outbox_stirs.clear()
        await asyncio.sleep(GLANCE)
        if not desk.backlog and not desk.outbox_stirs.is_set():
            return


async def until_quiet(desk: Desk, glances: int, glance: float) -> None:
    """Wait for `glance` seconds in which nothing was filed and nothing waits to be, and for so many of them at most.

    While a file is imported it is never quiet: whoever writes between two of its batches has SQLite read anew what it
    had in memory for the next.
    """
    for _ in range(glances):
        filed = desk.filed
        await asyncio.sleep(glance)
        if not (desk.backlog or desk.imports) and desk.filed == filed:
            return


async def _to_its_end(deliver: Callable[[], Awaitable[Round]]) -> Round:
    """A round that outlives the cancelling of its courier by a bounded time."""

    async def begin() -> Round:
        return await deliver()

    begun = asyncio.create_task(begin(), name="round")
    try:
        return await asyncio.shield(begun)
    except asyncio.CancelledError:
        await asyncio.wait([begun], timeout=FAREWELL)
        if not begun.done():
            begun.cancel()
            await asyncio.wait([begun])
        if not begun.cancelled() and (error := begun.exception()):
            log.exception("last_round_failed", exc_info=error)
        raise


async def _until(desk: Desk, due: datetime | None) -> None:
    """Wait until something is queued or due, and a moment longer, so that what comes together goes together."""
    wait = LOOK if due is None else min(LOOK, due - desk.clock())
    with suppress(TimeoutError):
        async with asyncio.timeout(wait.total_seconds()):
            await desk.outbox_stirs.wait()
    await asyncio.sleep(GATHER)
