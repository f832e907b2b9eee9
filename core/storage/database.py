"""Opening the database: one writer connection and a few readers on SQLite, an ordinary pool on PostgreSQL.

The settings below are what the promises rest on; `unsafe` finds a database that does not keep them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from core.storage import by_heart, durable, jsonable, on_the_spot
from core.storage.on_the_spot import Glass
from core.storage.transactions import Alone, Hand, OnLoop, Transaction

# What may pass by itself: a lock, a full disk, a restarted server. Anything else is a fault of ours.
PASSING = (OperationalError, InterfaceError, OSError, TimeoutError, PoolTimeoutError)
# PostgreSQL says most of that by SQLSTATE only: connection, conflict, resources (a full disk), object in use,
# stopped by an operator, system error; and 25006, "read only", while a replica is becoming the primary.
_PASSING_STATES = ("08", "40", "53", "55", "57", "58", "25006")

SQLITE_READERS = 4
POSTGRES_CONNECTIONS = 10
# Whoever waits longer is told to try again (451, 503) instead of waiting for ever behind a stuck lock.
LOCK_TIMEOUT = "10s"

# Pages of 4 KiB after which the log (WAL) is emptied.
LOG_PAGES = 4_000
# The same while transactions touch thousands of pages (core/storage/page_memory.py), and the KiB of pages that are kept
# in memory then: as many as a batch of an import touches at a hundred thousand tickets.
LONG_LOG_PAGES, MUCH_MEMORY = 64_000, 24_000

_PRAGMAS = (
    # Readers never wait for the writer, nor it for them.
    "PRAGMA journal_mode=WAL",
    # NORMAL loses acknowledged commits at a power cut; FULL does not (reliability, 3e). Group commit pays for it.
    "PRAGMA synchronous=FULL",
    # SQLite leaves them unchecked by default.
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={on_the_spot.PATIENCE}",
    # A checkpoint a few times a second under load instead of after each batch of mails with attachments.
    f"PRAGMA wal_autocheckpoint={LOG_PAGES}",
    # Sorting a page of a list needs no temporary file.
    "PRAGMA temp_store=MEMORY",
)
# For what is brought in haste, after those above. Without synchronous=FULL no commit waits for the disk. Looking up what
# each row refers to is a tenth of an import, and has SQLite keep each page as it was before each statement.
_HASTY = (
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=OFF",
    f"PRAGMA cache_size=-{MUCH_MEMORY}",
    f"PRAGMA wal_autocheckpoint={LONG_LOG_PAGES}",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Database:
    """The engines of one database. `read` never starts a transaction: each statement sees the newest commit.

    On SQLite `filer` writes what comes in batches, `looker` reads what is asked for together and takes a moment,
    and `browser`, a few hands in one, what may take longer. `near` is for glances,
    and `glass`, of the same, for those that are asked for together. `porter` makes a hand for what is brought in haste.
    """

    write: AsyncEngine
    read: AsyncEngine
    filer: Hand | None = None
    looker: Hand | None = None
    browser: Hand | None = None
    near: Engine | None = None
    glass: Glass | None = None
    porter: Callable[[], Hand] | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.filer is not None

    async def look(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads on a plain connection, in a moment: everybody's sign-in waits behind it."""
        if self.glass is None or self.looker is None or self.looker.is_slow():
            return await self._read_by(self.looker, work)
        with self.looker.on_loop():
            return self.glass.look(work)

    async def browse(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads on a plain connection, such as a list."""
        return await self._read_by(self.browser, work)

    async def _read_by(self, hand: Hand | None, work: Callable[[Connection], T]) -> T:
        if hand:
            return await hand.look(work)
        async with self.read.connect() as connection:
            return await connection.run_sync(work)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction in parts, on a plain connection. What was not finished when the block ends is rolled back."""
        if self.filer:
            async with self.filer.transaction() as transaction:
                yield transaction
            return
        async with self.write.connect() as connection:
            yield OnLoop(connection)

    @asynccontextmanager
    async def little(self) -> AsyncIterator[Transaction]:
        """The same for what is little: so many statements, with so few bytes, as may hold up the loop."""
        async with self.filer.little() if self.filer else self.transaction() as transaction:
            yield transaction

    async def in_transaction(self, work: Callable[[Connection], T]) -> T:
        """What `work` does in a transaction of its own."""
        async with self.transaction() as transaction:
            return await transaction.finish(work)

    @asynccontextmanager
    async def in_haste(self) -> AsyncIterator[Alone]:
        """For transactions of thousands of rows, one after the other. On SQLite each survives the end of this process at
        once, and a power cut once `settle` has returned, or whatever was committed after it is on the disk: before, the
        cut may undo it as a whole. And nothing looks up what rows refer to: who writes them has looked, or made it.
        """
        if self.porter is None:
            yield self.in_transaction
            return
        hand = self.porter()
        try:
            yield hand.alone
        finally:
            hand.close()

    async def settle(self) -> None:
        """Returns when all that was done in haste is on the disk. Raises OSError."""
        if self.filer:
            # It lies in the log; what was moved from there to its place was synced before.
            await asyncio.to_thread(durable.sync, await self.look(_log))

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with self.write.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.read.connect() as connection:
            yield connection

    @asynccontextmanager
    async def glancing(self) -> AsyncIterator[AsyncConnection]:
        """For a few reads by keys: on SQLite they take less time than it takes to hand them to a thread."""
        if self.near is None:
            async with self.reading() as connection:
                yield connection
            return
        with self.near.connect() as plain:
            yield on_the_spot.OnTheSpot(self.read, plain)

    @asynccontextmanager
    async def writing_much(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of many small statements: on SQLite only its beginning and its end are waited for."""
        if self.filer is None:
            async with self.writing() as connection:
                yield connection
            return
        async with self.filer.transaction() as transaction:
            yield on_the_spot.OnTheSpot(self.read, await transaction.run(on_the_spot.begun))
            await transaction.finish(lambda _: None)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    database = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
    try:
        yield database
    finally:
        await database.read.dispose()
        await database.write.dispose()
        for hand in (database.filer, database.looker, database.browser):
            if hand:
                hand.close()
        if database.glass:
            database.glass.close()
        if database.near:
            database.near.dispose()


def _sqlite(url: str) -> Database:
    arguments = {"isolation_level": None}
    write = create_async_engine(url, pool_size=1, max_overflow=0, connect_args=arguments, **_COMMON)
    read = create_async_engine(
        url, pool_size=SQLITE_READERS, max_overflow=0, isolation_level="AUTOCOMMIT", connect_args=arguments, **_COMMON
    )
    plain = url.replace("+aiosqlite", "")
    # By heart: each table in each number of rows that a batch is cut into (core/storage/bulk.py), and the facts.
    by_heart = {**arguments, "cached_statements": 512}
    file = create_engine(plain, pool_size=1, max_overflow=0, connect_args=by_heart, **_COMMON)
    look, browse = (
        create_engine(
            plain, pool_size=size, max_overflow=0, isolation_level="AUTOCOMMIT", connect_args=arguments, **_COMMON
        )
        for size in (1, SQLITE_READERS)
    )
    near = create_engine(
        # Never waited for: that would be for ever. One is the glass's.
        plain,
        pool_size=2,
        max_overflow=-1,
        isolation_level="AUTOCOMMIT",
        connect_args=arguments,
        **_COMMON,
    )
    for engine in (write.sync_engine, read.sync_engine, file, look, browse, near):
        event.listen(engine, "connect", partial(_tell, _PRAGMAS))
    for engine in (write.sync_engine, file):
        # A deferred transaction that reads before it writes fails at once with "database is locked" when another
        # process wrote in between, whatever the busy timeout; IMMEDIATE waits for the lock instead.
        event.listen(engine, "begin", _begin_immediate)
    return Database(
        write, read, _hand(file, "filer"), _hand(look, "looker"), _hand(browse, "browser", SQLITE_READERS), near,
        Glass(near), partial(_porter, plain, by_heart),
    )  # fmt: skip


def _porter(url: str, arguments: Mapping[str, object]) -> Hand:
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args=arguments, **_COMMON)
    event.listen(engine, "connect", partial(_tell, (*_PRAGMAS, *_HASTY)))
    event.listen(engine, "begin", _begin_immediate)
    return _hand(engine, "porter")


def _hand(engine: Engine, name: str, threads: int = 1) -> Hand:
    return Hand(engine, ThreadPoolExecutor(threads, thread_name_prefix=name))


def _log(connection: Connection) -> Path:
    """The WAL."""
    file: str = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar_one()
    return Path(f"{file}-wal")


# Statements in errors carry customers' words; logs must not.
_COMMON: Mapping[str, Any] = {
    "hide_parameters": True,
    "json_serializer": jsonable.text,
    "json_deserializer": orjson.loads,
}


def _begin_immediate(connection: Connection) -> None:
    by_heart.carried_out(connection, "BEGIN IMMEDIATE")


def _tell(pragmas: Sequence[str], connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(pragma)
    cursor.close()


def _postgres(url: str) -> Database:
    # `off` loses acknowledged commits by a mere kill -9 of the server, so it is set for each session of ours.
    arguments = {
        "server_settings": {
            "synchronous_commit": "on",
            "timezone": "UTC",
            "lock_timeout": LOCK_TIMEOUT,
            "statement_timeout": "60s",
            "idle_in_transaction_session_timeout": "60s",
        },
        "timeout": 10,
    }
    write = create_async_engine(
        url,
        pool_size=POSTGRES_CONNECTIONS,
        pool_pre_ping=True,
        connect_args=arguments,
        **_COMMON,
    )
    return Database(write, write.execution_options(isolation_level="AUTOCOMMIT"))


async def faults(database: Database) -> list[str]:
    """What is wrong with this database; empty when all is well. Each says what to do. Reads the whole of an SQLite file."""
    return await unsafe(database) + await _damage(database)


async def unsafe(database: Database) -> list[str]:
    """Which of the promises this database would not keep, by how it is set up. Quick: asked at every start."""
    async with database.reading() as connection:
        return await (_sqlite_faults(connection) if database.is_sqlite else _postgres_faults(connection))


async def _sqlite_faults(connection: AsyncConnection) -> list[str]:
    wanted = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
    found = {name: str((await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()) for name in wanted}
    return [
        f"SQLite reports {name}={found[name]} instead of {value}: put data_dir on a local disk (no NFS)"
        for name, value in wanted.items()
        if found[name] != value
    ]


async def _damage(database: Database) -> list[str]:
    if not database.is_sqlite:
        return []
    async with database.reading() as connection:
        health = str((await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one())
    if health == "ok":
        return []
    return [f"SQLite finds the file damaged ({health}): stop Deskbell and restore the newest backup"]


async def _postgres_faults(connection: AsyncConnection) -> list[str]:
    rows = await connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')")
    )
    return [
        f"PostgreSQL runs with {name}={setting}, which loses acknowledged mail in a crash: set it to on"
        for name, setting in rows.all()
        if setting == "off"
    ]


def is_passing(error: BaseException) -> bool:
    """Whether the fault may be gone when the sender tries again (a lock, a full disk, a server restart)."""
    return (
        isinstance(error, PASSING)
        or (isinstance(error, DBAPIError) and error.connection_invalidated)
        or _sqlstate(error).startswith(_PASSING_STATES)
    )


# SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC.
_NOT_SYNCED = frozenset({1034, 1290})


def is_fatal(error: BaseException) -> bool:
    """Whether the disk failed to sync. What the system wrote for us it may have dropped by then, whatever it says the
    next time: this process knows nothing any more for sure (reliability, 3e; PostgreSQL stops itself for the same).
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", None) in _NOT_SYNCED


def is_conflict(error: BaseException) -> bool:
    """Whether another process was faster (a constraint, a deadlock): looking and writing again resolves it."""
    return isinstance(error, IntegrityError) or _sqlstate(error).startswith("40")


def _sqlstate(error: BaseException) -> str:
    """What PostgreSQL calls the fault (asyncpg's own errors come bare when there is no connection yet)."""
    return str(getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None) or "")
