"""Writes asked for at the same moment become one transaction: the disk commits some hundred times a second, not more."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

# A transaction of more keeps others waiting.
MOST = 200


class Gathering(Generic[T]):
    """Gathers what is to be written while something is being written, and writes all of it in the next transaction.

    `write` gets items in the order in which they were given, and returns once they are durable.
    """

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Returns once `item` is durable. Raises what writing it raises."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: Sequence[tuple[T, "asyncio.Future[None]"]]) -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as error:  # whatever it is, it is the answer of who asked
            if len(batch) > 1:
                # What one item does to the transaction is no fault of the others.
                for one in batch:
                    await self._answer([one])
                return
            _, answer = batch[0]
            if not answer.done():
                answer.set_exception(error)
            return
        for _, answer in batch:
            if not answer.done():
                answer.set_result(None)
