"""More memory and a longer log for SQLite while transactions touch thousands of pages.

In its own 2 MB these do not stay until they are committed, and are written several times. And a log (WAL) of 16 MB is
full after each of them: all that it has is written to its place, where the next transaction writes half of it anew.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from core.desk import Desk
from core.errors import Unavailable
from core.storage import database
from core.storage.transactions import Hand

log = structlog.get_logger()

# KiB: as SQLite has it by itself, and more.
LITTLE, MUCH = 2_000, database.MUCH_MEMORY
# Pages after which the log is emptied: as ever, and 256 MB.
SHORT, LONG = database.LOG_PAGES, database.LONG_LOG_PAGES


@asynccontextmanager
async def enlarged(desk: Desk) -> AsyncIterator[None]:
    """For the connection that files; given back by the last who asked for it. Raises Unavailable."""
    filer = desk.database.filer
    if filer is None:
        yield
        return
    # Before it waits for the writer: whoever ends meanwhile is not the last.
    filer.enlarged += 1
    try:
        await _keep(desk, filer, MUCH, LONG, -1)
        yield
    finally:
        filer.enlarged -= 1
        # A desk that is stopping gives back all it has.
        with suppress(Unavailable):
            # Whoever empties a long log next would wait for it.
            await _empty_log(desk)
            if not filer.enlarged:
                await _keep(desk, filer, LITTLE, SHORT, SHORT * 4096)


async def _keep(desk: Desk, filer: Hand, kibibytes: int, pages: int, file_size: int) -> None:
    # Its one connection is in nobody's hands while somebody else writes.
    async with desk.writing():
        await filer.there(_tell, filer.engine, kibibytes, pages, file_size)


def _tell(engine: Engine, kibibytes: int, pages: int, file_size: int) -> None:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA cache_size=-{kibibytes:d}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={pages:d}")
        # A log that has been long is cut to so many bytes when it begins anew.
        cursor.execute(f"PRAGMA journal_size_limit={file_size:d}")
    finally:
        # To the pool, which keeps it open.
        connection.close()


async def _empty_log(desk: Desk) -> None:
    try:
        await desk.database.browse(_checkpoint)
    except OperationalError as error:
        if database.is_fatal(error):
            raise
        # A full disk, say. What was filed is in the log, durably, and it is emptied another time.
        log.warning("log_not_emptied", error=repr(error))


def _checkpoint(connection: Connection) -> None:
    # As far as nobody reads it; others write meanwhile.
    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").all()
