"""A plain connection to SQLite that is used as if it were waited for.

Through aiosqlite a statement is some three trips to a thread and back, which cost several times what a small statement
costs. Where there are many small ones, each is done where it is asked for; nothing else may be.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class OnTheSpot(AsyncConnection):
    __slots__ = ()

    async def execute(self, *arguments: Any, **options: Any) -> CursorResult[Any]:
        return self._proxied.execute(*arguments, **options)

    async def run_sync(self, work: Callable[..., T], *arguments: Any, **options: Any) -> T:  # type: ignore[override]
        return work(self._proxied, *arguments, **options)


def begun(connection: Connection) -> Connection:
    """The same connection with a transaction. Its lock, which may have to be waited for, comes with the first statement."""
    connection.exec_driver_sql("SELECT 1")
    return connection
