"""Where the parts of a transaction are carried out, and that they stay or go together."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, event

from core import tables
from core.desk import Desk
from core.storage import by_heart, transactions
from core.storage.transactions import Hand, Transaction
from tests.stored import count

_INSERT = "INSERT INTO users (id, username, role, password_hash, created_at) VALUES (?, ?, 'agent', 'x', '2026-03-02')"


def added(connection: Connection, name: str) -> int:
    by_heart.run(connection, _INSERT, (name, name))
    return threading.get_ident()


async def where(desk: Desk, name: str) -> bool:
    """Whether a little transaction, which adds an account of that name, is carried out on the loop."""
    async with desk.database.little() as transaction:
        return await transaction.finish(partial(added, name=name)) == threading.get_ident()


async def test_what_is_little_is_done_on_the_loop_and_what_is_much_elsewhere(desk: Desk) -> None:
    assert await where(desk, "ann")
    assert await desk.database.in_transaction(partial(added, name="bob")) != threading.get_ident()
    assert await count(desk, tables.users) == 2


async def test_a_little_transaction_that_is_not_finished_leaves_nothing(desk: Desk) -> None:
    async with desk.database.little() as transaction:
        await transaction.run(partial(added, name="ann"))

    assert await where(desk, "bob")
    assert await count(desk, tables.users) == 1


async def test_a_little_transaction_whose_second_part_fails_leaves_nothing_of_the_first(desk: Desk) -> None:
    async def broken() -> None:
        async with desk.database.little() as transaction:
            await transaction.run(partial(added, name="ann"))
            await transaction.finish(lambda _: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        await broken()

    assert await count(desk, tables.users) == 0


async def test_a_disk_that_held_up_the_loop_is_waited_for_elsewhere_for_a_while(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "SLOW", 0)
    monkeypatch.setattr(transactions, "ASKED_AGAIN", 3)

    assert [await where(desk, f"agent{n}") for n in range(5)] == [True, False, False, True, False]


async def test_what_is_asked_for_together_is_read_on_the_loop_unless_the_disk_held_it_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_here() -> bool:
        return await desk.database.look(lambda _: threading.get_ident()) == threading.get_ident()

    assert await is_here()

    monkeypatch.setattr(transactions, "SLOW", 0)
    monkeypatch.setattr(transactions, "ASKED_AGAIN", 3)

    assert [await is_here() for _ in range(5)] == [True, False, False, True, False]


@contextmanager
def another_program_that_writes(desk: Desk) -> Iterator[None]:
    filer = desk.database.filer
    assert filer
    with closing(sqlite3.connect(str(filer.engine.url.database))) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def test_a_lock_that_another_program_has_is_waited_for_elsewhere(desk: Desk) -> None:
    with another_program_that_writes(desk):
        asked = asyncio.create_task(where(desk, "ann"))
        # Nothing holds up the loop meanwhile.
        await asyncio.to_thread(arrived_elsewhere(desk.database.filer).wait, 10)
        assert not asked.done()

    async with asyncio.timeout(10):
        assert await asked


@pytest.mark.parametrize("is_little", [True, False])
async def test_who_gives_up_while_a_transaction_begins_leaves_the_connection_to_the_next(
    desk: Desk, is_little: bool
) -> None:
    async def wanted(begun: AbstractAsyncContextManager[Transaction]) -> None:
        async with begun as transaction:
            await transaction.run(partial(added, name="ann"))

    with another_program_that_writes(desk):
        arrived = arrived_elsewhere(desk.database.filer)
        asked = asyncio.create_task(wanted(desk.database.little() if is_little else desk.database.transaction()))
        await asyncio.to_thread(arrived.wait, 10)
        asked.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([asked])

    async with asyncio.timeout(5):
        await where(desk, "bob")
    assert asked.cancelled()
    assert await count(desk, tables.users) == 1


@pytest.mark.parametrize("is_little", [True, False])
async def test_who_gives_up_while_the_thread_takes_the_connection_leaves_it_to_the_next(
    desk: Desk, is_little: bool
) -> None:
    """It had it, and nobody knew yet: the next one waited for ever."""
    loop, takes, goes_on = threading.get_ident(), threading.Event(), threading.Event()

    def is_taken(*_: object) -> None:
        if threading.get_ident() != loop:
            takes.set()
            goes_on.wait(10)

    async def wanted(begun: AbstractAsyncContextManager[Transaction]) -> None:
        async with begun as transaction:
            await transaction.run(partial(added, name="ann"))

    assert desk.database.filer
    event.listen(desk.database.filer.engine, "checkout", is_taken)
    with another_program_that_writes(desk):
        asked = asyncio.create_task(wanted(desk.database.little() if is_little else desk.database.transaction()))
        await asyncio.to_thread(takes.wait, 10)
        asked.cancel()
        await asyncio.sleep(0)
        goes_on.set()
    await asyncio.wait([asked])

    async with asyncio.timeout(5):
        await where(desk, "bob")
    assert await count(desk, tables.users) == 1


async def test_who_gives_up_what_is_done_in_haste_holds_nobody_up_on_the_loop(desk: Desk) -> None:
    assert desk.database.porter
    hand = desk.database.porter()
    base = replace(desk.database, porter=lambda: hand)

    async def wanted() -> None:
        async with base.in_haste() as hasty:
            await hasty(partial(added, name="ann"))

    with another_program_that_writes(desk):
        arrived = arrived_elsewhere(hand)
        asked = asyncio.create_task(wanted())
        await asyncio.to_thread(arrived.wait, 10)
        asked.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        # It has the connection still.
        assert not asked.done()

    await asyncio.wait([asked])
    assert asked.cancelled()
    assert await where(desk, "bob")


async def test_haste_is_of_a_connection_of_its_own_and_what_fails_there_leaves_nothing(desk: Desk) -> None:
    filer = desk.database.filer
    assert filer
    async with desk.database.in_haste() as hasty:
        with pytest.raises(ZeroDivisionError):
            await hasty(lambda connection: added(connection, "ann") // 0)
        found = await hasty(careful), await filer.look(careful)

    assert found == ((1, 0), (2, 1))
    assert await count(desk, tables.users) == 0


def careful(connection: Connection) -> tuple[int, ...]:
    """Whether its commits wait for the disk, and whether it looks up what rows refer to."""
    return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("synchronous", "foreign_keys"))


async def test_a_lock_that_cannot_even_be_asked_for_leaves_the_connection_to_the_next(desk: Desk) -> None:
    filer = desk.database.filer
    assert filer

    def broken(_: Connection) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    event.listen(filer.engine, "begin", broken)
    # As long as somebody holds the failure, it holds whatever its statements were carried out on.
    with pytest.raises(sqlite3.DatabaseError) as failure:
        await where(desk, "ann")
    event.remove(filer.engine, "begin", broken)

    assert failure.value
    assert await where(desk, "bob")


def arrived_elsewhere(hand: Hand | None) -> threading.Event:
    """Set when a transaction begins in another thread."""
    loop, arrived = threading.get_ident(), threading.Event()

    def begins(*_: object) -> None:
        if threading.get_ident() != loop:
            arrived.set()

    assert hand
    event.listen(hand.engine, "checkout", begins)
    return arrived
