"""Transactions in parts: what is done in each part is committed together, or not at all.

On SQLite a part is carried out on a plain connection. Through aiosqlite each statement is some four trips to its thread
and back, which cost more than the statement, and a batch of mails is some twenty statements. What is much goes to a
thread of our own as a whole. What is little is done on the loop: a thread that computes between its statements spends
more time waiting for the interpreter than they take (docs/decisions/group-commit.md).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection

from core.storage import on_the_spot

# Seconds that a part may hold the loop. A disk that is slower than that is waited for in the thread, and the so many-th
# transaction after it is carried out on the loop again.
SLOW = 0.1
ASKED_AGAIN = 100

T = TypeVar("T")


class Transaction(Protocol):
    """What is done on its connection is committed together, or not at all."""

    async def run(self, work: Callable[[Connection], T], /) -> T:
        """What `work` answers."""
        ...

    async def finish(self, work: Callable[[Connection], T], /) -> T:
        """The same, as the last thing that is done: it is committed when this returns."""
        ...


class Alone(Protocol):
    """Carries out work in a transaction of its own."""

    async def __call__(self, work: Callable[[Connection], T], /) -> T: ...


@dataclass(slots=True)
class Hand:
    """A plain connection to SQLite, and a thread of its own. `elsewhere`: how many more times what is little is not for
    the loop. `enlarged`: by how many it is lent more memory (core/storage/page_memory.py).
    """

    engine: Engine
    thread: ThreadPoolExecutor
    elsewhere: int = 0
    enlarged: int = 0

    async def look(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads."""
        return await self.there(self._looked, work)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self._ended(_Begun(self)) as begun:
            yield begun

    @asynccontextmanager
    async def little(self) -> AsyncIterator[Transaction]:
        """A transaction of a few statements that find what they need in memory, as nearly all do."""
        async with self._ended(_Begun(self) if self.is_slow() else _BegunHere(self)) as begun:
            yield begun

    def is_slow(self) -> bool:
        """Whether what is little is to be done in the thread this time, because the disk was slow a while ago."""
        self.elsewhere -= self.elsewhere > 0
        return self.elsewhere > 0

    @contextmanager
    def on_loop(self) -> Iterator[None]:
        """Around what is done on the loop."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            if time.perf_counter() - begun > SLOW:
                self.elsewhere = ASKED_AGAIN

    @asynccontextmanager
    async def _ended(self, begun: "_Begun") -> AsyncIterator[Transaction]:
        try:
            yield begun
        except asyncio.CancelledError:
            # The thread goes on, and may be about to take the connection.
            await asyncio.shield(self.there(begun.roll_back))
            raise
        finally:
            # Nothing of one that was not finished stays.
            if begun.connection is not None:
                await asyncio.shield(self.there(begun.roll_back))

    async def alone(self, work: Callable[[Connection], T], /) -> T:
        """What `work` does in a transaction of its own."""
        try:
            return await self.there(self._begun, work)
        except asyncio.CancelledError:
            # The thread goes on, and has the only connection: the next one would wait for it on the loop.
            await self.there(int)
            raise

    def close(self) -> None:
        self.thread.shutdown()
        self.engine.dispose()

    def _looked(self, work: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            return work(connection)

    def _begun(self, work: Callable[[Connection], T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)

    async def there(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work, *arguments)


class _Begun:
    """A transaction in the thread of a hand. It begins with the first statement."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self.connection: Connection | None = None

    async def run(self, work: Callable[[Connection], T], /) -> T:
        return await self._hand.there(self._done, work)

    async def finish(self, work: Callable[[Connection], T], /) -> T:
        return await self._hand.there(self._committed, work)

    def roll_back(self) -> None:
        if self.connection is not None:
            # Closing rolls back, and gives the connection to the next.
            self.connection.close()
            self.connection = None

    def _done(self, work: Callable[[Connection], T]) -> T:
        if self.connection is None:
            self.connection = self._hand.engine.connect()
        return work(self.connection)

    def _committed(self, work: Callable[[Connection], T]) -> T:
        try:
            answer = self._done(work)
            if self.connection is not None:
                self.connection.commit()
            return answer
        finally:
            self.roll_back()


class _BegunHere(_Begun):
    """The same with its statements carried out on the loop. The lock, if another program has it, and the commit, which
    waits for the disk, are waited for in the thread.
    """

    async def run(self, work: Callable[[Connection], T], /) -> T:
        if self.connection is None and not self._begin():
            await self._hand.there(self._done, on_the_spot.begun)
        with self._hand.on_loop():
            return self._done(work)

    def _begin(self) -> bool:
        """Whether the lock was free."""
        connection = self._hand.engine.connect()
        has_begun = False
        try:
            has_begun = on_the_spot.has_begun(connection)
        finally:
            if not has_begun:
                connection.close()
        if has_begun:
            self.connection = connection
        return has_begun

    async def finish(self, work: Callable[[Connection], T], /) -> T:
        answer = await self.run(work)
        await self._hand.there(self._committed, lambda _: None)
        return answer


@dataclass(frozen=True, slots=True)
class OnLoop:
    """A transaction on a driver that waits on the loop. What was not finished when the connection closes is rolled back."""

    connection: AsyncConnection

    async def run(self, work: Callable[[Connection], T], /) -> T:
        return await self.connection.run_sync(work)

    async def finish(self, work: Callable[[Connection], T], /) -> T:
        answer = await self.connection.run_sync(work)
        await self.connection.commit()
        return answer
