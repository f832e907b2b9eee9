"""The desk: one door in, one writer, group commit.

Everything received is queued to one writer task. It takes what has gathered, files it in one transaction and answers
each caller only after the commit: a receipt means that it is on the disk. A batch in which one message fails is
rolled back and done one by one; the poison one goes to quarantine and never blocks the others.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import alone, brought, door, intake, links, tickets
from core.accounts import secrets, users
from core.accounts.secrets import Keys
from core.accounts.users import User
from core.bundles import Bundle
from core.config import Settings
from core.errors import Invalid, Problem, Unavailable
from core.learning import lessons, school
from core.learning.judge import Judge
from core.learning.school import School
from core.links import EmbedView
from core.messages import InboundMessage, Receipt
from core.storage import blobs, database, schema
from core.storage.blobs import Blob
from core.storage.database import Database
from core.storage.sharing import Sharing
from core.storage.together import Together
from core.storage.transactions import Alone, Transaction
from core.tickets import Stamp, Ticket
from core.vocabulary import Outcome

log = structlog.get_logger()

# Under load the writer waits this long for more to come, as each batch costs some 2 ms before its first message; not
# where so many are there already that these are shared.
GATHER_SECONDS = 0.003
ENOUGH = 24
# One transaction files at most this many messages, and at most this many bytes of them.
BATCH_MESSAGES = 64
BATCH_BYTES = 32 * 1024 * 1024
# What is written on the loop; more is written in a thread.
LITTLE_BYTES = 1024 * 1024
# How many may wait for the writer before the desk says "try again later" rather than fill the memory.
QUEUE_BYTES = 256 * 1024 * 1024
LOOKED_AT_LATER = 1_000
# A conflict with another process is resolved by looking again: what was new is known then.
TRIES = 3

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Waiting = tuple[InboundMessage, "asyncio.Future[Receipt]"]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """An open desk. Made by `opened`, which owns its writer task and its database."""

    def __init__(self, settings: Settings, base: Database, keys: Keys, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.database = base
        self.keys = keys
        self.clock = clock
        # Set after every commit that may have queued a delivery; couriers wait for it.
        self.outbox_stirs = asyncio.Event()
        # The same for who answers in chats, and cannot wait for the other's next look.
        self.chat_stirs = asyncio.Event()
        # For what comes from many at once and is little each.
        self.sharing = Sharing(partial(self._transaction, base.writing_much))
        self.writer: asyncio.Task[None] | None = None
        self.tickets: Together[UUID, Ticket] = Together(_looking(base, tickets.by_ids))
        self.stamps: Together[UUID, Stamp] = Together(_looking(base, tickets.stamps))
        self.embeds: Together[str, EmbedView] = Together(_looking(base, links.by_embed_tokens))
        self.users: Together[UUID, User] = Together(_looking(base, users.by_ids))
        # Who judges new tickets; put in place when the desk opens, and again when it has learned something.
        self.judge = Judge(settings.classify)
        self.school = School()
        # Tickets just opened, for core/learning/second_look.py. When it has no time for so many, the oldest go.
        self.to_look_at: deque[UUID] = deque(maxlen=LOOKED_AT_LATER)
        # How many batches were filed, and how many files are being imported: by these one tells whether it is quiet.
        self.filed = self.imports = 0
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        # What the writer owes an answer. It stays owed when the asker has gone: the message is kept all the same.
        self._unanswered: set[asyncio.Future[Receipt]] = set()
        self._waiting_bytes = 0
        self._write_lock = asyncio.Lock()
        self._draining = False
        self._filing_since: datetime | None = None

    @property
    def blob_folder(self) -> Path:
        return self.settings.desk.data_dir / blobs.FOLDER

    @property
    def backlog(self) -> int:
        """How many received messages are not yet committed."""
        return len(self._unanswered)

    @property
    def stalled_for(self) -> timedelta:
        """How long the batch in hand has been with the database. More than a few seconds: something is stuck there."""
        return self.clock() - self._filing_since if self._filing_since else timedelta()

    async def receive(self, message: InboundMessage) -> Receipt:
        """File one message; returns once it is durable. Raises Unavailable when it could not be stored now."""
        if self._draining or self.writer is None or self.writer.done():
            raise Unavailable("the desk is stopping")
        weight = _weight(message)
        if self._waiting_bytes + weight > QUEUE_BYTES:
            raise Unavailable("too much is waiting to be stored")
        clean = door.cleaned(message)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._unanswered.add(answer)
        self._waiting_bytes += weight
        self._waiting.put_nowait((clean, answer))
        return await answer

    async def receive_many(self, messages: Sequence[InboundMessage]) -> list[Receipt]:
        """File these in one transaction of their own, so that many cost little; returns once they are durable.

        Raises Unavailable when they could not be stored now; then some may be, and handing them in again tells which.
        """
        if self._draining:
            raise Unavailable("the desk is stopping")
        loop = asyncio.get_running_loop()
        clean = await asyncio.to_thread(lambda: list(map(door.cleaned, messages)))
        batch = [(message, loop.create_future()) for message in clean]
        await self._answer(batch)
        # Every one is asked, because asyncio complains of a failure that nobody has looked at.
        failures = [failure for _, answer in batch if (failure := answer.exception())]
        if failures:
            raise failures[0]
        return [answer.result() for _, answer in batch]

    async def bring(self, bundle: Bundle, hasty: Alone, *, announced: bool) -> Sequence[Outcome] | None:
        """What became of these as a set; durable once `database.settle` has returned. `announced`: webhooks hear, durably.

        None: nothing is stored, and the ordinary way finds out which of them is at fault. Raises Unavailable.
        """
        if self._draining:
            raise Unavailable("the desk is stopping")
        try:
            async with self._turn():
                work = partial(brought.file, bundle=bundle, now=self.clock(), announced=announced)
                filed = await (self.database.in_transaction if announced else hasty)(work)
        except Exception as error:  # the ordinary way finds out which of them it is, and tells
            if database.is_fatal(error):
                raise
            log.warning("batch_split", messages=len(bundle.keys), error=type(error).__name__)
            return None
        if filed is None:
            return None
        self._note(map(UUID, filed.opened[-LOOKED_AT_LATER:]))
        return filed.outcomes

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.database.reading() as connection:
            yield connection

    @asynccontextmanager
    async def glancing(self) -> AsyncIterator[AsyncConnection]:
        """For a few reads by keys, of which there are many at once: cheaper than `reading`, and never for lists."""
        async with self.database.glancing() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction of a person's own: committed when the block ends, rolled back when it raises."""
        async with self._transaction(self.database.writing) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(
        self, begin: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    ) -> AsyncIterator[AsyncConnection]:
        if self._draining:
            raise Unavailable("the desk is stopping")
        async with self._turn(), begin() as connection:
            lessons.read_with(connection, self.judge.library)
            yield connection
            taught = lessons.written(connection)
        self._stir()
        if taught and not self.school.is_busy:
            await self._learn_at_leisure()

    async def learn(self) -> None:
        """Have the judge know what people have decided, here or in another process."""
        self.judge = await self.school.attended(self.database, self.judge)

    async def _learn_at_leisure(self) -> None:
        try:
            self.judge = await self.school.attended(self.database, self.judge, is_waited_for=True)
        except Exception as error:
            if not database.is_passing(error):
                raise
            # What was decided is committed, and will be learned the next time.
            log.warning("lesson_put_off", error=repr(error))

    async def drain(self) -> None:
        """Take nothing more, and finish what was taken."""
        self._draining = True
        if self.writer is None:
            return
        finished = asyncio.create_task(self._waiting.join())
        try:
            # A writer that died finishes nothing any more.
            await asyncio.wait([finished, self.writer], return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished.cancel()

    async def _write_for_ever(self) -> None:
        busy = False
        try:
            while True:
                first = await self._waiting.get()
                if busy and self._waiting.qsize() < ENOUGH:
                    await asyncio.sleep(GATHER_SECONDS)
                batch = self._gathered(first)
                self._filing_since = self.clock()
                await self._answer(batch)
                self._filing_since = None
                self._release(batch)
                busy = len(batch) > 1
        finally:
            for answer in self._unanswered:
                if not answer.done():
                    answer.set_exception(Unavailable("the desk is stopping"))

    def _release(self, batch: Sequence[_Waiting]) -> None:
        for message, answer in batch:
            self._unanswered.discard(answer)
            self._waiting_bytes -= _weight(message)
            self._waiting.task_done()

    def _gathered(self, first: _Waiting) -> list[_Waiting]:
        batch, size = [first], _weight(first[0])
        while len(batch) < BATCH_MESSAGES and size < BATCH_BYTES and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
            size += _weight(batch[-1][0])
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        try:
            receipts = await self._commit([message for message, _ in batch])
        except Exception as error:  # nothing that one message does may end the writer
            if len(batch) == 1 or database.is_passing(error):
                await self._answer_singly(batch, error)
            else:
                log.warning("batch_split", messages=len(batch), error=type(error).__name__)
                for one in batch:
                    await self._answer([one])
            if database.is_fatal(error):
                # The writer ends, and with it the process; what is on the disk is found when it starts again.
                raise
            return
        for (_, answer), receipt in zip(batch, receipts, strict=True):
            if not answer.done():
                answer.set_result(receipt)
        self._note(r.ticket_id for r in receipts if r.ticket_id and r.outcome is Outcome.OPENED)

    def _note(self, opened: Iterable[UUID]) -> None:
        """A batch is on the disk."""
        self.filed += 1
        if self.settings.classify.duplicate_days:
            self.to_look_at.extend(opened)
        self._stir()

    def _stir(self) -> None:
        self.outbox_stirs.set()
        self.chat_stirs.set()

    async def _answer_singly(self, batch: Sequence[_Waiting], error: Exception) -> None:
        for message, answer in batch:
            outcome: Receipt | Exception
            if database.is_passing(error):
                log.error("store_failed", error=repr(error))
                outcome = Unavailable("the message could not be stored now")
            else:
                outcome = await self._quarantine(message, error)
            if answer.done():
                continue
            if isinstance(outcome, Receipt):
                answer.set_result(outcome)
            else:
                answer.set_exception(outcome)

    async def _quarantine(self, message: InboundMessage, error: Exception) -> Receipt | Exception:
        log.error("quarantined", channel=message.channel, exc_info=error)
        try:
            prepared = await self._prepared([message])
            keep = partial(
                alone.quarantine,
                message=message, error=repr(error)[:2000], now=self.clock(), settings=self.settings, keys=self.keys,
                blobs=prepared,
            )  # fmt: skip
            async with self._filing([message]) as transaction:
                return await transaction.finish(keep)
        except Exception as second:  # not even quarantine took it: its sender must try again
            log.exception("quarantine_failed", channel=message.channel)
            return Unavailable(f"the message could not be stored ({type(second).__name__})")

    async def _commit(self, messages: Sequence[InboundMessage]) -> list[Receipt]:
        prepared = await self._prepared(messages)
        for left in reversed(range(TRIES)):
            try:
                async with self._filing(messages) as transaction:
                    return await intake.receive(
                        transaction, messages, self.clock(), settings=self.settings, keys=self.keys,
                        blobs=prepared, judge=self.judge,
                    )  # fmt: skip
            except DBAPIError as error:
                # Another process filed the same mail, or met the same new sender, between our look and our write.
                if not left or not database.is_conflict(error):
                    raise
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _filing(self, messages: Sequence[InboundMessage]) -> AsyncIterator[Transaction]:
        is_little = len(messages) <= BATCH_MESSAGES and sum(map(_weight, messages)) <= LITTLE_BYTES
        async with self._turn(), self.database.little() if is_little else self.database.transaction() as transaction:
            yield transaction

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Queue here, where waiting is fair, instead of in SQLite's busy handler, where it is a lottery."""
        if not self.database.is_sqlite:
            yield
            return
        async with self._write_lock:
            yield

    async def _prepared(self, messages: Sequence[InboundMessage]) -> dict[int, Blob]:
        large = [
            data
            for message in messages
            for data in (message.raw, *(file.data for file in message.files))
            if len(data) > blobs.SMALL
        ]
        return await asyncio.to_thread(blobs.prepared, self.blob_folder, large) if large else {}


def _looking(
    base: Database, read: Callable[[Connection, Sequence[_Key]], Mapping[_Key, _Value]]
) -> Callable[[Sequence[_Key]], Awaitable[Mapping[_Key, _Value]]]:
    async def look(keys: Sequence[_Key]) -> Mapping[_Key, _Value]:
        return await base.look(lambda connection: read(connection, keys))

    return look


def _weight(message: InboundMessage) -> int:
    """How many bytes of memory a waiting message is worth: never none."""
    return 1 + len(message.raw) + (sum(len(file.data) for file in message.files) if message.files else 0)


@asynccontextmanager
async def opened(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[Desk]:
    """The desk for as long as the block lasts: folder, secret, schema, writer. Raises Invalid with what to do."""
    _make_folder(settings.desk.data_dir)
    keys = secrets.of(settings)
    async with database.connected(settings.database_url) as base:
        await schema.upgrade(base)
        if unsafe := await database.unsafe(base):
            raise Invalid([Problem("database:", fault) for fault in unsafe])
        desk = Desk(settings, base, keys, clock)
        # With its agents: they need not be looked up again.
        desk.judge = await desk.school.taught(base, await school.judge(base, settings))
        desk.writer = asyncio.create_task(desk._write_for_ever(), name="writer")
        try:
            yield desk
        finally:
            await desk.drain()
            desk.writer.cancel()
            await asyncio.gather(desk.writer, return_exceptions=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise Invalid([Problem(str(folder), "is no folder: set desk.data_dir to a folder")]) from None
    if folder.stat().st_mode & 0o077:
        raise Invalid(
            [Problem(str(folder), f"can be read by others, and customers' mail lies there: run `chmod 700 {folder}`")]
        )
