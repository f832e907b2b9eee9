"""Small transactions asked for at the same moment share one commit, each in a savepoint of its own.

A person in a chat costs a few rows, and the disk commits some hundred times a second: by themselves, they would wait
for one another.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import DeskError
from core.storage.gathering import Gathering

T = TypeVar("T")


@dataclass(slots=True)
class _Wanted(Generic[T]):
    work: Callable[[AsyncConnection], Awaitable[T]]
    answers: list[T]
    refusal: DeskError | None = None


class Sharing:
    """`writing` begins a transaction, and commits it where its block ends well."""

    def __init__(self, writing: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._writing = writing
        self._gathering: Gathering[_Wanted[object]] = Gathering(self._write)

    async def do(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `work` answers, once it is durable. What it refuses (DeskError) is undone and raised, and hurts no other.

        It may be begun more than once: what fails otherwise takes all of them back, and each is done alone.
        """
        wanted: _Wanted[T] = _Wanted(work, [])
        await self._gathering.add(wanted)  # type: ignore[arg-type]  # whatever they answer
        if wanted.refusal:
            raise wanted.refusal
        return wanted.answers[-1]

    async def _write(self, all_wanted: Sequence[_Wanted[object]]) -> None:
        async with self._writing() as connection:
            for one in all_wanted:
                one.refusal = None
                try:
                    async with connection.begin_nested():
                        one.answers.append(await one.work(connection))
                except DeskError as refusal:
                    one.refusal = refusal
