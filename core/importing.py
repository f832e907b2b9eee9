"""Importing: rows of a file → tickets that are brought as they are, or messages on the way that every message takes; a batch a transaction.

A row is the same row again when it has the same id from the same source, or, without an id, when it says the same:
of rows of a file that are equal in everything the second is another one than the first. So a file that was imported
in part is imported again as a whole, and what is here already is counted as a duplicate. What becomes of a row is
decided in its transaction: after a crash every row is here with all that belongs to it, or not at all.
"""

import asyncio
import errno
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select

from core import access, archive, facts, tables
from core.access import Actor
from core.accounts import users
from core.batches import BATCH_ROWS, Batch, Reading
from core.config import Settings
from core.desk import Desk
from core.errors import Forbidden
from core.messages import Receipt
from core.origin import Origin, Plan
from core.rows import BadRow
from core.storage import page_memory
from core.storage.transactions import Alone
from core.vocabulary import Outcome

# The disk is broken, or has no room: what was written for us the system may have dropped.
_NOT_SYNCED = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})
# More are counted and not listed.
MOST_ERRORS = 1_000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of all rows: `total = successful + duplicates + failed`. `unlisted` errors are only counted."""

    total: int = 0
    successful: int = 0
    duplicates: int = 0
    failed: int = 0
    errors: tuple[BadRow, ...] = ()
    unlisted: int = 0


# What is told after each batch: how many rows are done.
Told = Callable[[int], object]


def nobody(rows: int) -> None:
    """Who is told where nobody wants to know."""


async def run(desk: Desk, reading: Reading, origin: Origin, told: Told = nobody) -> Result:
    """File every row that is right. Raises what `reading` raises, and Unavailable: to be run again as a whole then."""
    desk.imports += 1
    try:
        async with page_memory.enlarged(desk), desk.database.in_haste() as hasty, _settling(desk) as go_on:
            # What is told of the whole is on the disk; after a power cut before that it is run again, as after any other end.
            so_far = partial(_so_far, told, go_on)
            return await _each_batch(desk, reading, origin, so_far, partial(_filed, desk, hasty))
    finally:
        desk.imports -= 1


def _so_far(told: Told, go_on: Callable[[], None], rows: int) -> None:
    told(rows)
    # A small file is synced once.
    if rows >= BATCH_ROWS:
        go_on()


@asynccontextmanager
async def _settling(desk: Desk) -> AsyncIterator[Callable[[], None]]:
    """When the block has ended, all of it is on the disk. What it gives begins to sync what was filed until then, while
    more is filed: SQLite waits for less when it empties its log, a seventh of the time. Raises OSError.
    """
    begun: asyncio.Task[None] | None = None

    def go_on() -> None:
        nonlocal begun
        if begun and not begun.done():
            return
        if begun:
            # More would be filed in vain, and mail meanwhile taken by a desk that has to end.
            begun.result()
        begun = asyncio.create_task(desk.database.settle())

    try:
        yield go_on
    finally:
        if begun:
            await _settled(desk, begun)
    await _settled(desk, desk.database.settle())


async def _settled(desk: Desk, syncing: Awaitable[None]) -> None:
    try:
        await syncing
    except OSError as error:
        if error.errno in _NOT_SYNCED and desk.writer:
            # The desk ends, as it does when SQLite cannot sync: run again here, it would find rows that the disk never had.
            desk.writer.cancel()
        raise


async def _filed(desk: Desk, hasty: Alone, plan: Plan, batch: Batch) -> Sequence[Receipt]:
    """As a set, where they are as plain as that."""
    if batch.bundle is None:
        return await desk.receive_many(await asyncio.to_thread(lambda: list(map(plan.message, batch.planned))))
    outcomes = await desk.bring(batch.bundle, hasty, announced=plan.origin.events)
    if outcomes is not None:
        return [_RECEIPTS[outcome] for outcome in outcomes]
    raws = batch.bundle.raws
    return await desk.receive_many(await asyncio.to_thread(lambda: [archive.unpack(raw, {}) for raw in raws]))


async def rehearse(desk: Desk, reading: Reading, origin: Origin, told: Told = nobody) -> Result:
    """What `run` would answer; nothing is stored."""
    seen: set[str] = set()

    async def look_up(_: Plan, batch: Batch) -> list[Receipt]:
        async with desk.reading() as connection:
            seen.update(await connection.run_sync(facts.earlier, [*batch.keys]))
        receipts = []
        for key in batch.keys:
            receipts.append(_RECEIPTS[Outcome.DUPLICATE if key in seen else Outcome.OPENED])
            seen.add(key)
        return receipts

    return await _each_batch(desk, reading, origin, told, look_up)


_File = Callable[[Plan, Batch], Awaitable[Sequence[Receipt]]]
# Of a row that is filed as a set nobody asks more than what became of it.
_RECEIPTS = {outcome: Receipt(outcome, UUID(int=0)) for outcome in (Outcome.OPENED, Outcome.DUPLICATE)}


async def _each_batch(desk: Desk, reading: Reading, origin: Origin, told: Told, file: _File) -> Result:
    plan, tally = await _planned(desk, origin), _Tally()
    batches = reading(plan)
    following = _read_ahead(batches)
    try:
        # Who gives up does not give up the reading, which cannot be stopped within a batch.
        while batch := await asyncio.shield(following):
            # While the database files these, the next are read.
            following = _read_ahead(batches)
            new = await _not_of_this_desk(desk, batch)
            tally.count(batch, new, await file(plan, new) if new.keys else ())
            told(tally.total)
    finally:
        # Whoever reads must have stopped before the file is closed.
        await asyncio.gather(following, return_exceptions=True)
        await asyncio.to_thread(batches.close)
    return tally.result()


def _read_ahead(batches: Generator[Batch]) -> "asyncio.Future[Batch | None]":
    return asyncio.get_running_loop().run_in_executor(None, next, batches, None)


async def _planned(desk: Desk, origin: Origin) -> Plan:
    user = origin.by.username if origin.by else ""
    # Who they are beyond their name is nothing to whoever reads.
    return Plan(replace(origin, by=None), await _agents(desk, origin.by), user)


async def _agents(desk: Desk, by: Actor | None) -> Mapping[str, UUID]:
    """Whom a ticket can be given to by `by`."""
    async with desk.reading() as connection:
        everyone = await users.everyone(connection)
    staff = [user for user in everyone if user.active and user.actor.is_staff]
    return {user.username: user.id for user in staff if by is None or _may_assign(by, user.id, desk.settings)}


def _may_assign(by: Actor, user_id: UUID, settings: Settings) -> bool:
    try:
        access.require_may_assign(by, None, user_id, settings)
    except Forbidden:
        return False
    return True


async def _not_of_this_desk(desk: Desk, batch: Batch) -> Batch:
    """Without those that are tickets of this desk, exported from it. Ids are never given twice, so looking is enough."""
    ids = [own_id for own_id in batch.own_ids if own_id]
    if not ids:
        return batch
    async with desk.reading() as connection:
        found = await connection.execute(select(tables.tickets.c.id).where(tables.tickets.c.id.in_(ids)))
        here = set(found.scalars())
    return batch.only([own_id not in here for own_id in batch.own_ids])


@dataclass(slots=True)
class _Tally:
    total: int = 0
    successful: int = 0
    duplicates: int = 0
    errors: list[BadRow] = field(default_factory=list)
    failed: int = 0

    def count(self, batch: Batch, new: Batch, receipts: Sequence[Receipt]) -> None:
        """`new` are those of the batch that were filed, and `receipts` tell what became of them."""
        outcomes = Counter(receipt.outcome for receipt in receipts)
        self.total += len(batch)
        self.successful += outcomes[Outcome.OPENED]
        self.duplicates += outcomes[Outcome.DUPLICATE] + len(batch) - len(new)
        refused = [
            BadRow(row, (_NOT_OPENED.get(receipt.outcome) or f"is not accepted: {receipt.reason}",))
            for row, receipt in zip(new.rows, receipts, strict=True)
            if receipt.outcome not in _RECEIPTS
        ]
        self._note([*batch.bad, *refused])

    def _note(self, bad: list[BadRow]) -> None:
        self.failed += len(bad)
        self.errors += sorted(bad, key=attrgetter("row"))[: MOST_ERRORS - len(self.errors)]

    def result(self) -> Result:
        unlisted = self.failed - len(self.errors)
        return Result(self.total, self.successful, self.duplicates, self.failed, tuple(self.errors), unlisted)


_NOT_OPENED = {Outcome.QUARANTINED: "could not be filed: an admin finds it in the ledger, and can replay it there"}
