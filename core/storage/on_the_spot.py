"""A plain connection to SQLite that is used as if it were waited for.

Through aiosqlite a statement is some three trips to a thread and back, which cost several times what a small statement
costs. Where there are many small ones, each is done where it is asked for; nothing else may be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.storage import by_heart

# Milliseconds for which the write lock is waited for: another process (the command line) may hold it for a moment.
PATIENCE = 10_000

T = TypeVar("T")


class OnTheSpot(AsyncConnection):
    __slots__ = ()

    async def execute(self, *arguments: Any, **options: Any) -> CursorResult[Any]:
        return self._proxied.execute(*arguments, **options)

    async def run_sync(self, work: Callable[..., T], *arguments: Any, **options: Any) -> T:  # type: ignore[override]
        return work(self._proxied, *arguments, **options)


@dataclass(slots=True)
class Glass:
    """One connection for reads of a moment, one after the other, which see the newest commit each. It is kept: to take
    one from a pool and to give it back costs twice what such a read does.
    """

    engine: Engine
    connection: Connection | None = None

    def look(self, work: Callable[[Connection], T]) -> T:
        if self.connection is None:
            self.connection = self.engine.connect()
        try:
            return work(self.connection)
        except BaseException:
            # Whatever state it is in: the next begins with another.
            self.close()
            raise

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()


def begun(connection: Connection) -> Connection:
    """The same connection with a transaction. Its lock may have to be waited for."""
    connection.begin()
    return connection


def has_begun(connection: Connection) -> bool:
    """Whether it has a transaction now: not where its lock would have to be waited for, or cannot be had."""
    by_heart.carried_out(connection, "PRAGMA busy_timeout=0")
    try:
        connection.begin()
    except OperationalError:
        # Who asks for it again, and waits, is told what is wrong.
        return False
    finally:
        by_heart.carried_out(connection, f"PRAGMA busy_timeout={PATIENCE}")
    return True
