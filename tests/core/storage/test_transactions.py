"""Where the parts of a transaction are carried out, and that they stay or go together."""

import asyncio
import threading
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
from sqlalchemy import Connection, event

from core import tables
from core.desk import Desk
from core.storage import by_heart, transactions
from core.storage.transactions import Transaction
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


@pytest.mark.parametrize("is_little", [True, False])
async def test_who_gives_up_while_a_transaction_begins_leaves_the_connection_to_the_next(
    desk: Desk, is_little: bool
) -> None:
    filer = desk.database.filer
    assert filer
    arrived, go_on = threading.Event(), threading.Event()

    def held_up(*_: object) -> None:
        arrived.set()
        go_on.wait(10)

    async def wanted(begun: AbstractAsyncContextManager[Transaction]) -> None:
        async with begun as transaction:
            await transaction.run(partial(added, name="ann"))

    event.listen(filer.engine, "checkout", held_up)
    asked = asyncio.create_task(wanted(desk.database.little() if is_little else desk.database.transaction()))
    await asyncio.to_thread(arrived.wait, 10)
    asked.cancel()
    await asyncio.sleep(0)
    event.remove(filer.engine, "checkout", held_up)
    go_on.set()
    await asyncio.wait([asked])

    async with asyncio.timeout(5):
        await where(desk, "bob")
    assert asked.cancelled()
    assert await count(desk, tables.users) == 1
