"""Importing: rows of a file → messages → the one way in that every message takes, a batch a transaction.

A row is the same row again when it has the same id from the same source, or, without an id, when it says the same:
of rows of a file that are equal in everything the second is another one than the first. So a file that was imported
in part is imported again as a whole, and what is here already is counted as a duplicate. What becomes of a row is
decided in its transaction: after a crash every row is here with all that belongs to it, or not at all.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from uuid import UUID

import orjson
from sqlalchemy import select

from core import access, archive, facts, tables
from core.access import Actor
from core.accounts import users
from core.config import Settings
from core.desk import Desk
from core.errors import Forbidden
from core.messages import InboundMessage, Receipt, Sender, Wishes
from core.rows import BadRow, Row, TicketRow
from core.storage import bulk, page_memory
from core.vocabulary import Channel, Outcome, Status

# What a row writes lies all over its indexes, and is written once a transaction: with 8,192 rows each, a commit costs half
# of what it costs with 2,048. But nobody else writes while one is written (half a second on a slow machine), and with
# 4,096 an import over the API takes 217 MiB.
BATCH_ROWS = 2_048 if bulk.TAKES_MANY else 512
BATCH_CHARACTERS = 4 * 1024 * 1024
# What a source may be called; the ids of its tickets have its name in front.
SOURCE = r"^[a-z0-9._-]{0,32}$"
# More are counted and not listed.
MOST_ERRORS = 1_000
# As long as the ledger's column.
KEY_LENGTH = 128
UUID_LENGTH = 36


def as_document(row: TicketRow) -> Mapping[str, object]:
    """What the customer's document (002) has beyond every ticket, where its contract looks for it."""
    kept: dict[str, object] = {"customer_support": {"customer_id": row.customer_id}} if row.customer_id else {}
    return kept | {"metadata": dict(row.metadata)} if row.metadata else kept


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from: `source` tells the ids of one system from those of another.

    `by` is who imports; nobody: whoever has the command line, who may do everything. `keeps` makes what a ticket has
    beyond others (`Ticket.extra`). `any_assignee`: a row that is assigned to somebody without an account here is a good
    row all the same; `keeps` may keep the name. `events`: webhooks hear of each ticket. Without it they do not: what is
    brought here has happened elsewhere, and 100,000 times at once nobody wants to hear of it.
    """

    source: str = ""
    by: Actor | None = None
    keeps: Callable[[TicketRow], Mapping[str, object]] = as_document
    any_assignee: bool = False
    events: bool = False


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
        return await _each_batch(desk, rows, origin, told, desk.receive_many)


async def rehearse(desk: Desk, rows: Iterator[Row], origin: Origin, told: Told = nobody) -> Result:
    """What `run` would answer; nothing is stored."""
    seen: set[str] = set()

    async def look_up(messages: Sequence[InboundMessage]) -> list[Receipt]:
        keys = [message.dedupe_key for message in messages]
        async with desk.reading() as connection:
            seen.update(await connection.run_sync(facts.earlier, keys))
        receipts = []
        for key in keys:
            receipts.append(Receipt(Outcome.DUPLICATE if key in seen else Outcome.OPENED, UUID(int=0)))
            seen.add(key)
        return receipts

    return await _each_batch(desk, rows, origin, told, look_up)


_File = Callable[[Sequence[InboundMessage]], Awaitable[list[Receipt]]]


async def _each_batch(desk: Desk, rows: Iterator[Row], origin: Origin, told: Told, file: _File) -> Result:
    plan, tally = _Plan(origin, await _agents(desk, origin.by)), _Tally()
    following = _read_ahead(rows, plan)
    try:
        while batch := await following:
            # While the database files these, which needs no interpreter half of the time, the next are read.
            following = _read_ahead(rows, plan)
            here = await _of_this_desk(desk, batch)
            new = [entry for entry in batch if isinstance(entry, _Planned) and entry.own_id not in here]
            receipts = iter(await file([entry.message for entry in new]) if new else ())
            for entry in batch:
                if isinstance(entry, BadRow):
                    tally.bad(entry)
                elif entry.own_id in here:
                    tally.duplicate()
                else:
                    tally.filed(entry.row, next(receipts))
            told(tally.total)
    finally:
        # Whoever reads must have stopped before the file is closed.
        await asyncio.gather(following, return_exceptions=True)
    return tally.result()


def _read_ahead(rows: Iterator[Row], plan: "_Plan") -> "asyncio.Future[list[_Entry]]":
    return asyncio.get_running_loop().run_in_executor(None, _next, rows, plan)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A row as the message it becomes. `own_id`: what may be the id of a ticket of this very desk, in an export of it."""

    row: int
    message: InboundMessage
    own_id: UUID | None


_Entry = _Planned | BadRow


def _next(rows: Iterator[Row], plan: "_Plan") -> list[_Entry]:
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


@dataclass(slots=True)
class _Plan:
    """Makes messages of rows. `agents`: who can be assigned a ticket, by name."""

    origin: Origin
    agents: Mapping[str, UUID]
    # How often each row without an id has been there: equal rows are told apart by it.
    equal: Counter[bytes] = field(default_factory=Counter)
    envelope: Mapping[str, object] = field(default_factory=dict)

    def of(self, row: TicketRow) -> _Entry:
        assignee_id = self.agents.get(row.assigned_to.lower())
        if row.assigned_to and assignee_id is None and not self.origin.any_assignee:
            return BadRow(
                row.row, (f"assigned_to must be an active agent that you may assign: {row.assigned_to[:64]}",)
            )
        message = archive.built(
            _sender(row),
            self._wishes(row, assignee_id),
            channel=Channel.IMPORT,
            subject=row.subject,
            text=row.description,
            dedupe_key=self._key(row),
            envelope=self._envelope(self._source(row)),
            # Its customer was answered where it comes from.
            acknowledge=False,
            silent=not self.origin.events,
        )
        if row.files:
            message = archive.with_raw(replace(message, files=row.files))
        return _Planned(row.row, message, _uuid(row.external_id) or _uuid(row.id))

    def _wishes(self, row: TicketRow, assignee_id: UUID | None) -> Wishes:
        return Wishes(
            category=row.category,
            priority=row.priority,
            type=row.type,
            tags=row.tags,
            extra=self.origin.keeps(row),
            status=row.status or Status.NEW,
            # Somebody has done so where it comes from.
            classify=not (row.category and row.priority),
            assignee_id=assignee_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            resolved_at=row.resolved_at,
            external_id=f"{self._source(row)}:{row.external_id}" if row.external_id else "",
            retold=row.retold,
        )

    def _envelope(self, source: str) -> Mapping[str, object]:
        """The same object for rows of one source in a row: what is the same in a whole batch is written as JSON once."""
        if self.envelope.get("source") != source:
            user = self.origin.by.username if self.origin.by else ""
            self.envelope = {"source": source, "user": user}
        return self.envelope

    def _source(self, row: TicketRow) -> str:
        """What was said of the whole file comes first."""
        return self.origin.source or row.external_source

    def _key(self, row: TicketRow) -> str:
        if row.external_id:
            return key_of(self._source(row), row.external_id)
        content = _digest(orjson.dumps(_content(row)))
        self.equal[content] += 1
        return f"import:{content.hex()}:{self.equal[content]}"


def key_of(source: str, external_id: str) -> str:
    """By which a ticket of another system is known again, however it comes."""
    key = f"import:{source}:{external_id}"
    return key if len(key) <= KEY_LENGTH else f"import:{_digest(key.encode()).hex()}"


# Where it stands and what else it is called; and what only comes with an id.
_ASIDE = ("row", "external_source", "id", "retold", "files")
# All that a row without an id says. Not where in the file it stands: rows before it may come and go.
_content = attrgetter(*(f.name for f in fields(TicketRow) if f.name not in _ASIDE))


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _sender(row: TicketRow) -> Sender:
    """Without an address the other system's name for the customer is one, on this channel; without any, nobody's."""
    if row.customer_email:
        return Sender(Channel.EMAIL, row.customer_email, row.customer_name)
    return Sender(Channel.IMPORT, row.customer_id, row.customer_name or row.customer_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == UUID_LENGTH else None
    except ValueError:
        return None


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
    ids = [entry.own_id for entry in batch if isinstance(entry, _Planned) and entry.own_id]
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
