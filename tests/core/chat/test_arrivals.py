"""What Telegram told us, what is to be said, and who does it: on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from core.chat import arrivals, sayings
from core.chat.arrivals import Arrival, Handled
from core.chat.chats import moved, now_known_as
from core.chat.sayings import NewSaying, Said
from core.chat.telegram_tables import telegram_sayings
from core.desk import Desk
from core.storage import leases
from core.storage.gathering import Gathering
from core.vocabulary import DeliveryState
from tests.builders import Clock
from tests.stored import rows

SECONDS = timedelta(seconds=1)


async def keep(desk: Desk, *given: Arrival, next_id: int | None = None) -> int:
    async with desk.writing() as connection:
        return await arrivals.keep(connection, 1, given, desk.clock(), next_id=next_id)


async def waiting(desk: Desk) -> list[str]:
    async with desk.reading() as connection:
        return [one.key for one in await arrivals.waiting(connection, 10)]


async def test_an_update_is_kept_once_by_its_number_and_by_what_it_is(any_desk: Desk) -> None:
    first = await keep(any_desk, Arrival(5, "a", "7", b"1"), Arrival(6, "b", "7", b"2"), next_id=7)
    again = await keep(any_desk, Arrival(5, "x", "7", b"1"), Arrival(9, "b", "7", b"2"), next_id=10)

    async with any_desk.reading() as connection:
        offset = await arrivals.offset(connection, 1)
    assert (first, again) == (2, 0)
    assert await waiting(any_desk) == ["a", "b"]
    assert offset == (10, any_desk.clock())


async def test_what_is_handled_is_said_once_however_often_it_is_marked(any_desk: Desk) -> None:
    await keep(any_desk, Arrival(5, "a", "7", b"1"))
    async with any_desk.reading() as connection:
        [one] = await arrivals.waiting(connection, 10)
    done = Handled(one.id, (NewSaying("a", 0, "7", {"html": "x"}), NewSaying("a", 1, "7", {"html": "y"})))

    for _ in range(2):
        async with any_desk.writing() as connection:
            await connection.run_sync(arrivals.finish, [done], any_desk.clock())

    assert await waiting(any_desk) == []
    assert [one.content["html"] for one in await rows(any_desk, telegram_sayings)] == ["x", "y"]


async def test_of_a_chat_only_the_first_that_is_open_is_said(any_desk: Desk, clock: Clock) -> None:
    await say(any_desk, "7", "8", "7")
    first, other, second = [one.id for one in await rows(any_desk, telegram_sayings)]

    assert await due(any_desk) == [first, other]
    await settle(any_desk, Said(first, DeliveryState.RETRYING, due_at=clock() + SECONDS))
    assert await due(any_desk) == [other]
    clock.forward(SECONDS)
    assert await due(any_desk) == [first, other]
    await settle(any_desk, Said(first, DeliveryState.SENT, 1, "55"))
    assert await due(any_desk) == [other, second]


async def test_what_was_interrupted_is_said_once_more_and_no_further(any_desk: Desk) -> None:
    await say(any_desk, "7")
    [one] = [one.id for one in await rows(any_desk, telegram_sayings)]

    states = []
    for _ in range(2):
        async with any_desk.writing() as connection:
            await connection.run_sync(sayings.claim, [one])
            await sayings.doubt_interrupted(connection, any_desk.clock())
        states += [row.state for row in await rows(any_desk, telegram_sayings)]

    assert states == [DeliveryState.RETRYING, DeliveryState.UNCERTAIN]


async def test_a_lease_has_one_holder_until_it_runs_out_or_is_given_back(any_desk: Desk, clock: Clock) -> None:
    async def take(holder: str) -> bool:
        async with any_desk.writing() as connection:
            return await leases.take(connection, "work", holder, clock(), lasting=2 * SECONDS)

    assert [await take("a"), await take("b"), await take("a")] == [True, False, True]
    clock.forward(2 * SECONDS)
    assert [await take("b"), await take("a")] == [True, False]
    async with any_desk.writing() as connection:
        await leases.give_back(connection, "work", "b")
    assert await take("a")


async def test_a_group_that_moved_is_known_by_its_new_number_everywhere(any_desk: Desk) -> None:
    await keep(any_desk, Arrival(5, "a", "-50", b"1"))
    await say(any_desk, "-50")

    async with any_desk.writing() as connection:
        await moved(connection, "-50", "-100600")
        await moved(connection, "-50", "-100600")
        known = [await now_known_as(connection, chat) for chat in ("-50", "-51")]
        [one] = await arrivals.waiting(connection, 10)

    assert known == ["-100600", "-51"]
    assert one.chat == "-100600"
    assert [one.chat for one in await rows(any_desk, telegram_sayings)] == ["-100600"]


async def test_of_writes_that_gather_the_one_that_fails_fails_alone() -> None:
    written: list[list[int]] = []

    async def write(some: Sequence[int]) -> None:
        if 13 in some:
            raise ValueError
        written.append(list(some))

    gathering: Gathering[int] = Gathering(write)
    results = await asyncio.gather(*(gathering.add(n) for n in (1, 13, 2)), return_exceptions=True)

    assert [type(one) for one in results] == [type(None), ValueError, type(None)]
    assert sorted(n for some in written for n in some) == [1, 2]


async def say(desk: Desk, *chats: str) -> None:
    new = [NewSaying(f"k{n}", 0, chat, {"html": "x"}) for n, chat in enumerate(chats)]
    async with desk.writing() as connection:
        await connection.run_sync(sayings.add, new, desk.clock())


async def due(desk: Desk) -> list[int]:
    async with desk.reading() as connection:
        return [one.id for one in await sayings.due(connection, desk.clock(), 10)]


async def settle(desk: Desk, *said: Said) -> None:
    async with desk.writing() as connection:
        await connection.run_sync(sayings.settle, said, desk.clock())
