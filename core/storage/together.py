"""Reads asked for at the same moment become one query.

A query for sixty-four keys costs little more than one for a single key, so under load a lookup costs a fraction of
what it costs alone, and no cache can be stale: every answer was read after it was asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# More keys than SQLite takes parameters is never reached; smaller queries answer their first caller sooner.
MOST = 200


class Together(Generic[K, V]):
    """Gathers keys while a query runs and asks for all of them in the next one."""

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The value of `key` as it is now, or None. Raises what the query raises."""
        return await self.ask(key)

    def ask(self, key: K) -> "asyncio.Future[V | None]":
        """The same, to be awaited later: what else is needed can be read meanwhile."""
        # One future for each asker, and not a shared one behind a shield: it costs half, and who gives up takes
        # nothing from the others.
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:MOST]
                await self._ask({key: self._waiting.pop(key) for key in keys})
        finally:
            self._running = None

    async def _ask(self, asked: Mapping[K, Sequence["asyncio.Future[V | None]"]]) -> None:
        try:
            found = await self._read(list(asked))
        except Exception as error:  # whatever it is, it is the answer of everybody who asked
            for answer in _open(asked):
                answer.set_exception(error)
                # Whoever asked may have been refused meanwhile; then nobody retrieves it, and that is no fault.
                answer.exception()
            return
        for key, answers in asked.items():
            value = found.get(key)
            for answer in answers:
                if not answer.done():
                    answer.set_result(value)


def _open(asked: Mapping[K, Sequence["asyncio.Future[V]"]]) -> list["asyncio.Future[V]"]:
    """Those that are still waited for: whoever asked may have given up."""
    return [answer for answers in asked.values() for answer in answers if not answer.done()]
