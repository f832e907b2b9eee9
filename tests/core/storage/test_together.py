"""Reads that are asked for at the same moment."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from core.storage import together
from core.storage.together import Together


class Shelf:
    """Something slow to ask: it answers when it is told to, and remembers what it was asked."""

    def __init__(self, values: dict[int, str]) -> None:
        self.values = values
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()
        self.broken = False

    async def read(self, keys: Sequence[int]) -> Mapping[int, str]:
        self.asked.append(list(keys))
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.open.wait()
        if self.broken:
            raise OSError("the shelf fell down")
        return found


async def test_what_is_asked_at_once_is_one_question() -> None:
    shelf = Shelf({1: "one", 2: "two"})
    shelf.open.set()
    gathered = Together(shelf.read)

    answers = await asyncio.gather(*(gathered.get(key) for key in (1, 2, 3, 1, 1)))

    assert answers == ["one", "two", None, "one", "one"]
    assert shelf.asked == [[1, 2, 3]]


async def test_an_answer_is_never_older_than_its_question() -> None:
    shelf = Shelf({1: "old"})
    gathered = Together(shelf.read)
    first = asyncio.create_task(gathered.get(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert shelf.asked == [[1]]

    shelf.values[1] = "new"
    second = asyncio.create_task(gathered.get(1))
    await asyncio.sleep(0)
    shelf.open.set()

    assert (await first, await second) == ("old", "new")
    assert shelf.asked == [[1], [1]]


async def test_who_gives_up_takes_nothing_from_the_others() -> None:
    shelf = Shelf({1: "one"})
    gathered = Together(shelf.read)
    patient, hasty = asyncio.create_task(gathered.get(1)), asyncio.create_task(gathered.get(1))
    await asyncio.sleep(0)

    hasty.cancel()
    shelf.open.set()

    assert await patient == "one"
    assert await gathered.get(1) == "one"


async def test_a_fault_reaches_everyone_who_asked_and_nobody_after() -> None:
    shelf = Shelf({1: "one"})
    shelf.broken = True
    shelf.open.set()
    gathered = Together(shelf.read)

    answers = await asyncio.gather(*(gathered.get(key) for key in (1, 2, 1)), return_exceptions=True)
    shelf.broken = False

    assert [type(answer) for answer in answers] == [OSError] * 3
    assert await gathered.get(1) == "one"


async def test_a_question_is_no_longer_than_the_database_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOST", 10)
    shelf = Shelf({key: str(key) for key in range(35)})
    shelf.open.set()
    gathered = Together(shelf.read)

    answers = await asyncio.gather(*(gathered.get(key) for key in range(35)))

    assert answers == [str(key) for key in range(35)]
    assert [len(keys) for keys in shelf.asked] == [10, 10, 10, 5]
