"""SQL is compiled once for all tests, though each opens a desk with engines of its own."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import Compiled

MOST = 5_000


class _Shared:
    """What SQLAlchemy asks for compiled statements. Engines of one dialect are all made alike (core/storage/database.py)."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Compiled] = {}

    def get(self, key: tuple[Any, ...]) -> Compiled | None:
        dialect, *statement = key
        return self._known.get((type(dialect), *statement))

    def __setitem__(self, key: tuple[Any, ...], compiled: Compiled) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        dialect, *statement = key
        self._known[(type(dialect), *statement)] = compiled


def share() -> None:
    known = _Shared()

    @event.listens_for(Engine, "engine_connect")
    def use(connection: Connection) -> None:
        connection.execution_options(compiled_cache=known)
