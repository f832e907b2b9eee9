"""How many tickets a list says that it has: all of them, or as many as were counted, and which of the two it is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from core import days, filtering, queue, tables
from core.desk import Desk
from core.filtering import Filters
from core.finding import indexer
from core.queue import Page
from core.vocabulary import Channel, Priority, Role, Status, TicketType
from tests.builders import Clock, a_user
from tests.core.test_queue import ADMIN, listing, stock
from tests.stored import numbered, set_row


async def test_of_very_many_it_is_said_that_they_are_more_than_so_many(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite keeps how many there are of what is most often asked."""
    monkeypatch.setattr(queue, "MOST_COUNTED", 3)
    monkeypatch.setattr(queue, "MOST_FOUND_COUNTED", 3)
    await stock(any_desk, 6)
    await indexer.catch_up(any_desk)
    all_, exact, capped = Filters(), (6, True), (3, False)

    for filters, said in [
        (all_, exact if any_desk.database.is_sqlite else capped), (Filters(words="printer"), capped),
        (Filters(status=Status.NEW), (2, True)),
    ]:  # fmt: skip
        listed = await listing(any_desk, filters, Page(limit=1))
        assert (listed.total, listed.is_counted) == said, filters


async def test_whoever_goes_on_while_there_are_pages_comes_to_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is not known how many there are: contracts have no word for that."""
    for name in ("MOST_COUNTED", "MOST_FOUND_COUNTED", "MOST_FOUND_READ", "MOST_TOGETHER"):
        monkeypatch.setattr(queue, name, 1)
    await stock(desk, 5)
    await indexer.catch_up(desk)

    for filters in (
        Filters(words="printer"),
        Filters(words="printer", channel=Channel.EMAIL),
        Filters(words="the printer"),
    ):
        pages = [await listing(desk, filters, Page(number, 2)) for number in (1, 2, 3)]
        assert [page.total for page in pages] == [3, 5, 5]
        assert [page.is_counted for page in pages] == [False, False, True]
        assert [len(page.tickets) for page in pages] == [2, 2, 1]


async def test_of_many_only_some_are_asked_whether_they_have_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million, hundreds of thousands have a word for each one that is also urgent."""
    await stock(desk, 8)
    await indexer.catch_up(desk)
    earlier = desk.clock() - timedelta(days=1)

    for filters, name in [
        (Filters(words="printer", priority=Priority.LOW), "MOST_FOUND_TOLD"),
        (Filters(words="printer", priority=Priority.LOW, channel=Channel.EMAIL), "MOST_FOUND_READ"),
        (Filters(created_from=earlier, priority=Priority.LOW), "MOST_READ"),
    ]:
        for most, is_counted in [(8, True), (1, False)]:
            monkeypatch.setattr(queue, name, most)
            listed = await listing(desk, filters, Page(limit=1))
            assert (listed.total, listed.is_counted) == (2, is_counted), (most, filters)


async def test_those_of_some_days_are_counted_in_the_index_of_days(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Nothing was told of the newest of many: the first that were looked at are the oldest."""
    await stock(any_desk, 9)
    for number in range(1, 7):
        ticket = await numbered(any_desk, number)
        await set_row(any_desk, tables.tickets, ticket.id, created_at=clock() - timedelta(days=9))
    monkeypatch.setattr(queue, "MOST_READ", 3)
    week = Filters(created_from=clock() - timedelta(days=7))

    for filters, said in [
        (week, (3, True)), (Filters(created_to=week.created_from), (6, True)),
        (replace(week, channel=Channel.EMAIL), (3, True)), (replace(week, statuses=(Status.NEW, Status.REVIEWED)), (2, True)),
        (Filters(created_to=week.created_from, status=Status.NEW, channel=Channel.EMAIL), (2, True)),
    ]:  # fmt: skip
        listed = await listing(any_desk, filters, Page(limit=1))
        assert (listed.total, listed.is_counted) == said, filters


@pytest.mark.parametrize(("newer", "is_bounded"), [(1, False), (2, True)])
async def test_where_days_end_is_looked_for_only_where_many_would_be_passed_over(
    desk: Desk, clock: Clock, newer: int, is_bounded: bool
) -> None:
    """Of a million tickets it took 0.4 seconds to find the newest of yesterday, which lies behind a few of today."""
    await stock(desk, 4)
    for number in range(1, 5 - newer):
        ticket = await numbered(desk, number)
        await set_row(desk, tables.tickets, ticket.id, created_at=clock() - timedelta(days=1))
    visible, filters = tables.tickets.c.deleted_at.is_(None), Filters(created_to=clock())
    async with desk.writing() as connection:
        # As on PostgreSQL, which keeps no days.
        await connection.execute(text(f"DELETE FROM {days.TABLE}"))

    async with desk.reading() as connection:
        ends = await connection.run_sync(filtering.ends_of_days, visible, filters, is_rising=False, few=1)

    assert bool(ends) is is_bounded


async def test_a_rare_type_is_counted_by_itself_with_a_tag_or_days_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not among the first tickets that there are, of which none may be of it."""
    await stock(desk, 6)
    async with desk.writing() as connection:
        for number in range(1, 7):
            tag = {"ticket_id": (await numbered(desk, number)).id, "tag": "hot", "number": number}
            await connection.execute(insert(tables.ticket_tags), tag)
    for number in (5, 6):
        ticket = await numbered(desk, number)
        await set_row(desk, tables.tickets, ticket.id, type=TicketType.SUGGESTION)
    monkeypatch.setattr(queue, "MOST_READ", 2)

    rare = Filters(type=TicketType.SUGGESTION)

    for filters in (replace(rare, tag="hot"), replace(rare, created_to=desk.clock() + timedelta(days=1))):
        listed = await listing(desk, filters, Page(limit=1))
        assert (listed.total, listed.is_counted) == (2, True), filters


async def test_a_page_behind_the_end_adds_nothing_to_what_was_counted(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever number somebody asks for, there are no more tickets than there are."""
    monkeypatch.setattr(queue, "MOST_FOUND_COUNTED", 2)
    await stock(any_desk, 4)
    await indexer.catch_up(any_desk)

    for number in (2, 9, 10**9):
        listed = await listing(any_desk, Filters(words="printer"), Page(number, 4))
        assert (listed.tickets, listed.total, listed.is_counted) == ((), 2, False), number


@pytest.mark.parametrize("sees", ["admin", "agent"])
async def test_those_that_sleep_are_not_counted_among_those_that_are_awake(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: Clock, sees: str
) -> None:
    bob = await a_user(any_desk, "bob", Role.AGENT)
    await stock(any_desk, 12)
    for number in range(1, 13):
        until = clock() + timedelta(days=number - 3) if number < 6 else None
        ticket = await numbered(any_desk, number)
        await set_row(any_desk, tables.tickets, ticket.id, snoozed_until=until, assignee_id=bob.id)
    actor, one = ADMIN if sees == "admin" else bob.actor, Page(limit=1)
    wanted = [
        Filters(), Filters(assigned_to=bob.id), Filters(statuses=(Status.NEW, Status.IN_PROGRESS)),
        Filters(priority=Priority.LOW, assigned_to=bob.id),
    ]  # fmt: skip

    for filters, total in zip(wanted, (10, 10, 7, 2), strict=True):
        listed = await listing(any_desk, replace(filters, awake_at=clock()), one, actor)
        assert (listed.total, listed.is_counted) == (total, True), filters
    monkeypatch.setattr(queue, "MOST_READ", 1)

    listed = await listing(any_desk, Filters(awake_at=clock()), one, actor)

    # There is another one; all the rest may sleep.
    assert (listed.total, listed.is_counted) == (2, False)
