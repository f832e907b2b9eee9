"""What SQLite keeps of how many tickets there are is what would be counted, whatever happens to them."""

from collections import Counter
from itertools import product

import pytest
from sqlalchemy import delete, select, text

from core import queue, tables, tallies, tickets
from core.desk import Desk
from core.filtering import Filters
from core.queue import Page
from core.tickets import Revision
from core.vocabulary import Category, Channel, Priority, Role, Status, TicketType
from tests.builders import Clock, a_user
from tests.core.test_queue import ADMIN, stock
from tests.imported import a_row, imported
from tests.stored import numbered

_t = tables.tickets.c
WORDS = (_t.status, _t.priority, _t.category, _t.channel, _t.type, _t.assignee_id.is_(None))


async def kept_and_counted(desk: Desk) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    kept = "SELECT status, priority, category, channel, type, is_free, tickets FROM ticket_tallies WHERE tickets <> 0"
    async with desk.reading() as connection:
        rows = await connection.execute(text(kept))
        told = Counter({tuple(map(str, row[:-1])): int(row[-1]) for row in rows})
        there = await connection.execute(select(*WORDS).where(_t.deleted_at.is_(None)))
        return told, Counter(tuple(str(int(one) if isinstance(one, bool) else one) for one in row) for row in there)


async def test_it_is_kept_through_everything_that_happens_to_a_ticket(desk: Desk, clock: Clock) -> None:
    bob = await a_user(desk, "bob", Role.ADMIN)
    await stock(desk, 9)
    told, there = await kept_and_counted(desk)
    assert told == there

    async with desk.writing() as connection:
        first, second, third = [await numbered(desk, number) for number in (1, 2, 3)]
        wanted = Revision("Other", Status.RESOLVED, Priority.LOW, Category.BILLING_QUESTION, channel=Channel.PHONE)
        await tickets.change(connection, first, wanted, by=bob.actor, now=clock())
        await tickets.assign(connection, second, bob, by=bob.actor, now=clock(), settings=desk.settings)
        await tickets.remove(connection, third, by=bob.actor, now=clock())
    changed, there = await kept_and_counted(desk)
    assert changed == there
    assert (told.total(), changed.total()) == (9, 8)

    async with desk.writing() as connection:
        for table in (tables.changes, tables.participants, tables.messages, tables.tickets):
            await connection.execute(delete(table))
    assert (await kept_and_counted(desk))[0].total() == 0


async def test_it_is_kept_of_what_another_system_had(desk: Desk) -> None:
    bob = await a_user(desk, "bob")
    rows = [
        a_row(number, status=status, assigned_to="bob" if number % 2 else "", type=kind)
        for number, (status, kind) in enumerate([*product(Status, TicketType), (Status.NEW, TicketType.INCIDENCE)])
    ]

    await imported(desk, *rows, by=bob.actor)

    kept, there = await kept_and_counted(desk)
    assert kept == there
    assert kept.total() == len(rows)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(), Filters(status=Status.NEW), Filters(statuses=(Status.NEW, Status.REVIEWED)), Filters(unassigned=True),
        Filters(priority=Priority.LOW, category=Category.OTHER), Filters(channel=Channel.EMAIL, status=Status.IN_PROGRESS),
        Filters(type=TicketType.SUGGESTION), Filters(type=TicketType.INCIDENCE, priority=Priority.HIGH),
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_kept_is_what_a_list_has(desk: Desk, filters: Filters) -> None:
    await stock(desk, 11)
    async with desk.reading() as connection:
        whole = await connection.run_sync(queue.listed, ADMIN, desk.settings, filters, Page(limit=50))
        kept = await connection.run_sync(tallies.count, filters.only_words or {})

    assert kept == whole.total == len(whole.tickets)


async def test_it_is_kept_only_of_few_words_and_only_by_sqlite(any_desk: Desk) -> None:
    free = {"status": (Status.NEW,), "assignee_id": (None,)}
    async with any_desk.reading() as connection:
        told = [
            await connection.run_sync(tallies.count, asked)
            for asked in (free, {"assignee_id": (ADMIN.user_id,)}, {"subject": ("x",)})
        ]

    assert told == [0 if any_desk.database.is_sqlite else None, None, None]
