"""Of several filters the rarest word is where a list begins."""

from collections.abc import Mapping, Sequence

import pytest

from core import census, queue, tables
from core.desk import Desk
from core.filtering import Filters
from core.queue import Page
from core.vocabulary import Category, Priority, Status
from tests.core.test_queue import ADMIN, planned
from tests.stored import opened_by, set_row

# Status, priority and whether somebody has it: of the closed there are most, of the urgent one.
STOCK = [(Status.CLOSED, Priority.URGENT)] + [(Status.CLOSED, Priority.LOW)] * 4 + [(Status.NEW, Priority.LOW)] * 2


async def stock(desk: Desk) -> None:
    for status, priority in STOCK:
        ticket = await opened_by(desk)
        await set_row(desk, tables.tickets, ticket.id, status=status, priority=priority, category=Category.OTHER)


async def rarest(desk: Desk, asked: Mapping[str, Sequence[object]]) -> str | None:
    async with desk.reading() as connection:
        return await connection.run_sync(census.rarest, asked)


async def test_the_rarest_of_the_words_is_where_to_begin(any_desk: Desk) -> None:
    await stock(any_desk)
    closed, urgent, anybodys = (Status.CLOSED,), (Priority.URGENT,), (None,)

    assert await rarest(any_desk, {"status": closed, "priority": urgent}) == "priority"
    assert await rarest(any_desk, {"assignee_id": anybodys, "status": (Status.NEW, Status.REVIEWED)}) == "status"
    assert await rarest(any_desk, {"status": closed, "priority": (*urgent, Priority.LOW)}) == "status"
    assert await rarest(any_desk, {"status": closed}) is None


async def test_what_has_become_common_is_counted_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "USES", 2)
    await stock(desk)
    asked = {"status": (Status.NEW,), "priority": (Priority.URGENT,)}
    async with desk.reading() as connection:
        before = await connection.run_sync(census.rarest, asked)
    async with desk.writing() as connection:
        await connection.execute(tables.tickets.update().values(priority=Priority.URGENT))

    async with desk.reading() as connection:
        after = [await connection.run_sync(census.rarest, asked) for _ in range(3)]

    assert (before, after[-1]) == ("priority", "status")


@pytest.mark.parametrize(
    ("filters", "begins"),
    [
        (Filters(status=Status.CLOSED, priority=Priority.URGENT), "priority"),
        (Filters(statuses=(Status.NEW, Status.REVIEWED), category=Category.OTHER, unassigned=True), "status"),
    ],
)
async def test_a_list_begins_in_the_index_of_the_rarest_word(desk: Desk, filters: Filters, begins: str) -> None:
    await stock(desk)

    plan = await planned(desk, filters, Page(2, 2))
    async with desk.reading() as connection:
        found = await connection.run_sync(queue.listed, ADMIN, desk.settings, filters, Page())

    assert f"ix_tickets_{begins}" in plan
    assert found.total == {"priority": 1, "status": 2}[begins]
