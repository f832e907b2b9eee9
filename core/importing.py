"""Importing: rows of a file → tickets that are brought as they are, or messages on the way that every message takes; a batch a transaction.

A row is the same row again when it has the same id from the same source, or, without an id, when it says the same:
of rows of a file that are equal in everything the second is another one than the first. So a file that was imported
in part is imported again as a whole, and what is here already is counted as a duplicate. What becomes of a row is
decided in its transaction: after a crash every row is here with all that belongs to it, or not at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy import select

from core import access, facts, tables
from core.access import Actor
from core.accounts import users
from core.config import Settings
from core.desk import Desk
from core.errors import Forbidden
from core.messages import Receipt
from core.origin import Origin, Plan, Planned
from core.rows import BadRow, Row, TicketRow
from core.storage import bulk, page_memory
from core.vocabulary import Outcome

# What a row writes lies all over its indexes, and is written once a transaction: the more rows, the less each costs. But
# nobody else writes while one is written (half a second on a slow machine), and with 4,096 an import of 100,000 rows over
# the API takes 211 MiB.
BATCH_ROWS = 3_072 if bulk.TAKES_MANY else 512
BATCH_CHARACTERS = 4 * 1024 * 1024
# What a source may be called; the ids of its tickets have its name in front.
SOURCE = r"^[a-z0-9._-]{0,32}$"
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


async def run(desk: Desk, rows: Iterator[Row], origin: Origin, told: Told = nobody) -> Result:
    """File every row that is right. Raises what `rows` raises, and Unavailable: to be run again as a whole then."""
    async with page_memory.enlarged(desk):
        return await _each_batch(desk, rows, origin, told, partial(_filed, desk))


async def _filed(desk: Desk, plan: Plan, planned: Sequence[Planned]) -> Sequence[Receipt]:
    """As a set, where each of them is as plain as that and none is there twice."""
    plain = [one.brought for one in planned if one.brought]
    if len(plain) == len({one.key for one in planned}) == len(planned):
        outcomes = await desk.bring(plain, announced=plan.origin.events)
        if outcomes is not None:
            return [_RECEIPTS[outcome] for outcome in outcomes]
    return await desk.receive_many(await asyncio.to_thread(lambda: list(map(plan.message, planned))))


async def rehearse(desk: Desk, rows: Iterator[Row], origin: Origin, told: Told = nobody) -> Result:
    """What `run` would answer; nothing is stored."""
    seen: set[str] = set()

    async def look_up(_: Plan, planned: Sequence[Planned]) -> list[Receipt]:
        keys = [one.key for one in planned]
        async with desk.reading() as connection:
            seen.update(await connection.run_sync(facts.earlier, keys))
        receipts = []
        for key in keys:
            receipts.append(_RECEIPTS[Outcome.DUPLICATE if key in seen else Outcome.OPENED])
            seen.add(key)
        return receipts

    return await _each_batch(desk, rows, origin, told, look_up)


_File = Callable[[Plan, Sequence[Planned]], Awaitable[Sequence[Receipt]]]
# Of a row that is filed as a set nobody asks more than what became of it.
_RECEIPTS = {outcome: Receipt(outcome, UUID(int=0)) for outcome in (Outcome.OPENED, Outcome.DUPLICATE)}


async def _each_batch(desk: Desk, rows: Iterator[Row], origin: Origin, told: Told, file: _File) -> Result:
    plan, tally = Plan(origin, await _agents(desk, origin.by)), _Tally()
    following = _read_ahead(rows, plan)
    try:
        # Who gives up does not give up the reading, which cannot be stopped within a batch.
        while batch := await asyncio.shield(following):
            # While the database files these, which needs no interpreter half of the time, the next are read.
            following = _read_ahead(rows, plan)
            here = await _of_this_desk(desk, batch)
            new = [entry for entry in batch if isinstance(entry, Planned) and entry.own_id not in here]
            receipts = iter(await file(plan, new) if new else ())
            for entry in batch:
                if isinstance(entry, BadRow):
                    tally.bad(entry)
                elif entry.own_id in here:
                    tally.duplicate()
                else:
                    tally.filed(entry.row.row, next(receipts))
            told(tally.total)
    finally:
        # Whoever reads must have stopped before the file is closed.
        await asyncio.gather(following, return_exceptions=True)
    return tally.result()


def _read_ahead(rows: Iterator[Row], plan: Plan) -> "asyncio.Future[list[_Entry]]":
    return asyncio.get_running_loop().run_in_executor(None, _next, rows, plan)


_Entry = Planned | BadRow


def _next(rows: Iterator[Row], plan: Plan) -> list[_Entry]:
    """As many rows as one transaction takes; none at the end."""
    batch: list[_Entry] = []
    weight = 0
    for row in rows:
        batch.append(row if isinstance(row, BadRow) else plan.of(row))
        weight += 0 if isinstance(row, BadRow) else _weight(row)
        if len(batch) >= BATCH_ROWS or weight >= BATCH_CHARACTERS:
            break
    return batch


def _weight(row: TicketRow) -> int:
    later = (
        sum(len(one.text) for one in row.retold) + sum(len(file.data) for file in row.files)
        if row.retold or row.files
        else 0
    )
    return len(row.description) + later


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


async def _of_this_desk(desk: Desk, batch: Sequence[_Entry]) -> set[UUID]:
    """Which rows are tickets of this desk, exported from it. Ids are never given twice, so looking is enough."""
    ids = [entry.own_id for entry in batch if isinstance(entry, Planned) and entry.own_id]
    if not ids:
        return set()
    async with desk.reading() as connection:
        found = await connection.execute(select(tables.tickets.c.id).where(tables.tickets.c.id.in_(ids)))
        return set(found.scalars())


@dataclass(slots=True)
class _Tally:
    total: int = 0
    successful: int = 0
    duplicates: int = 0
    errors: list[BadRow] = field(default_factory=list)
    failed: int = 0

    def bad(self, row: BadRow) -> None:
        self.total += 1
        self.failed += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(row)

    def duplicate(self) -> None:
        self.total += 1
        self.duplicates += 1

    def filed(self, row: int, receipt: Receipt) -> None:
        if receipt.outcome is Outcome.DUPLICATE:
            self.duplicate()
        elif receipt.outcome is Outcome.OPENED:
            self.total += 1
            self.successful += 1
        else:
            self.bad(BadRow(row, (_NOT_OPENED.get(receipt.outcome) or f"is not accepted: {receipt.reason}",)))

    def result(self) -> Result:
        unlisted = self.failed - len(self.errors)
        return Result(self.total, self.successful, self.duplicates, self.failed, tuple(self.errors), unlisted)


_NOT_OPENED = {Outcome.QUARANTINED: "could not be filed: an admin finds it in the ledger, and can replay it there"}
