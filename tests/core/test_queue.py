"""The queue: filters, words, order, and pages that neither repeat nor skip."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from core import access, contract_numbers, filtering, queue, tables, tickets
from core.access import Actor
from core.desk import Desk
from core.filtering import Filters
from core.finding import indexer
from core.queue import Listing, Page
from core.tables import new_id
from core.tickets import Revision
from core.vocabulary import Category, Channel, Priority, Role, Status, TicketType
from tests.builders import Clock, a_mail, a_user
from tests.stored import numbered, opened_by, set_row, with_section

ADMIN = Actor(new_id(), "carol", Role.ADMIN)


async def listing(
    desk: Desk, filters: Filters | None = None, page: Page | None = None, actor: Actor = ADMIN
) -> Listing:
    async with desk.reading() as connection:
        return await connection.run_sync(queue.listed, actor, desk.settings, filters or Filters(), page or Page())


async def found(desk: Desk, **filters: object) -> list[int]:
    return [t.number for t in (await listing(desk, Filters(**filters))).tickets]  # type: ignore[arg-type]


async def stock(desk: Desk, number: int) -> None:
    """Tickets whose fields repeat, so that every order has ties."""
    for n in range(number):
        receipt = await desk.receive(a_mail(f"a{n % 3}@customer.test", subject=f"s{n % 2}", acknowledge=False))
        assert receipt.ticket_id is not None
        await set_row(
            desk, tables.tickets, receipt.ticket_id, status=list(Status)[n % 3], priority=list(Priority)[n % 4]
        )


async def test_every_ticket_is_on_exactly_one_page_in_every_order(any_desk: Desk) -> None:
    await stock(any_desk, 11)

    for name in (*queue.SORTS, *(f"-{sort}" for sort in queue.SORTS)):
        pages = [await listing(any_desk, page=Page(number, 3, sort=name)) for number in (1, 2, 3, 4, 5)]

        numbers = [t.number for page in pages for t in page.tickets]
        assert sorted(numbers) == list(range(1, 12)), name
        assert [len(page.tickets) for page in pages] == [3, 3, 3, 2, 0]
        assert {page.total for page in pages} == {11}
        whole = await listing(any_desk, page=Page(1, 50, sort=name))
        assert numbers == [t.number for t in whole.tickets], name


async def test_the_tickets_of_a_common_tag_are_in_every_order_the_same_as_those_of_a_rare_one(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stock(any_desk, 5)
    async with any_desk.writing() as connection:
        for number in (1, 2, 4):
            tag = {"ticket_id": (await numbered(any_desk, number)).id, "tag": "hot", "number": number}
            await connection.execute(insert(tables.ticket_tags), tag)

    for sort in (*queue.SORTS, *(f"-{name}" for name in queue.SORTS)):
        pages = []
        for common in (queue.COMMON, 1):
            monkeypatch.setattr(queue, "COMMON", common)
            pages.append(await listing(any_desk, Filters(tag="hot"), Page(1, 2, sort=sort)))
        assert pages[0] == pages[1], sort
        assert (pages[0].total, len(pages[0].tickets)) == (3, 2)


async def test_the_tickets_of_a_tag_are_the_same_wherever_the_list_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the tag, or where the rest leaves few, with those."""
    await stock(desk, 9)
    async with desk.writing() as connection:
        for number in (1, 2, 4, 7, 9):
            tag = {"ticket_id": (await numbered(desk, number)).id, "tag": "hot", "number": number}
            await connection.execute(insert(tables.ticket_tags), tag)
    wanted = Filters(tag="hot", status=Status.NEW, channel=Channel.EMAIL)

    for common in (queue.COMMON, 0):
        monkeypatch.setattr(queue, "COMMON", common)
        pages = [await listing(desk, wanted, Page(number, 2, sort="-number")) for number in (1, 2)]
        assert [[t.number for t in page.tickets] for page in pages] == [[7, 4], [1]]
        assert {page.total for page in pages} == {3}


@pytest.mark.parametrize(
    ("sort", "field", "order"),
    [
        ("priority", "priority", [Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.URGENT]),
        (
            "status",
            "status",
            [Status.NEW, Status.REVIEWED, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.RESOLVED, Status.CLOSED,
             Status.DISCARDED],
        ),
    ],
)  # fmt: skip
async def test_words_with_an_order_of_their_own_are_sorted_by_it(
    any_desk: Desk, sort: str, field: str, order: Sequence[str]
) -> None:
    """The urgent are neither between the medium and the low, nor behind them."""
    for word in order:
        ticket = await opened_by(any_desk)
        await set_row(any_desk, tables.tickets, ticket.id, **{field: word})

    up = [getattr(t, field) for t in (await listing(any_desk, page=Page(sort=sort))).tickets]
    down = [getattr(t, field) for t in (await listing(any_desk, page=Page(sort=f"-{sort}"))).tickets]

    assert up == list(order)
    assert down == list(order)[::-1]


async def test_the_cursor_goes_on_behind_what_was_seen_whatever_came_since(any_desk: Desk) -> None:
    await stock(any_desk, 7)
    first = await listing(any_desk, page=Page(limit=3))
    await stock(any_desk, 2)

    second = await listing(any_desk, page=Page(limit=3, after=first.tickets[-1].number))
    third = await listing(any_desk, page=Page(limit=3, after=second.tickets[-1].number))

    assert [[t.number for t in page.tickets] for page in (first, second, third)] == [[7, 6, 5], [4, 3, 2], [1]]


async def test_a_page_too_deep_to_be_read_is_empty_and_no_repetition(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "DEEPEST", 3)
    await stock(desk, 7)

    pages = [await listing(desk, page=Page(number, 2)) for number in (1, 2, 3, 10**12)]

    assert [[t.number for t in page.tickets] for page in pages] == [[7, 6], [5, 4], [], []]


async def test_each_filter_shows_what_it_says(any_desk: Desk, clock: Clock) -> None:
    bob = await a_user(any_desk, "bob", Role.AGENT)
    mine, theirs = await opened_by(any_desk, "ann@customer.test"), await opened_by(any_desk, "eve@customer.test")
    async with any_desk.writing() as connection:
        wanted = Revision("Other", Status.RESOLVED, Priority.LOW, Category.OTHER, tags=("hot", "new"))
        await tickets.change(connection, mine, wanted, by=bob.actor, now=clock())
    await set_row(
        any_desk, tables.tickets, mine.id, assignee_id=bob.id, channel=Channel.PHONE,
        created_at=clock() + timedelta(days=1),
    )  # fmt: skip
    await set_row(any_desk, tables.tickets, theirs.id, priority=Priority.HIGH, category=Category.BUG_REPORT)
    await indexer.catch_up(any_desk)

    for filters, expected in [
        ({}, [2, 1]),
        ({"status": Status.RESOLVED}, [1]),
        ({"status": Status.NEW}, [2]),
        ({"priority": Priority.LOW}, [1]),
        ({"category": Category.OTHER}, [1]),
        ({"channel": Channel.PHONE}, [1]),
        ({"tag": "hot"}, [1]),
        ({"tag": "ho"}, []),
        ({"tag": "h\x00ot"}, [1]),
        ({"tag": "hot", "status": Status.NEW}, []),
        ({"tag": "hot", "status": Status.RESOLVED}, [1]),
        ({"tag": "hot", "assigned_to": bob.id}, [1]),
        ({"tag": "hot", "requester_id": theirs.requester_id}, []),
        ({"tag": "hot", "words": "other"}, [1]),
        ({"assigned_to": bob.id}, [1]),
        ({"unassigned": True}, [2]),
        ({"requester_id": theirs.requester_id}, [2]),
        ({"created_from": clock() + timedelta(hours=1)}, [1]),
        ({"created_to": clock() + timedelta(hours=1)}, [2]),
        ({"created_to": clock()}, []),
        ({"created_from": clock()}, [2, 1]),
        ({"status": Status.RESOLVED, "priority": Priority.HIGH}, []),
        ({"words": "other"}, [1]),
        ({"words": "printer"}, [2, 1]),
        ({"words": "printer", "status": Status.RESOLVED}, [1]),
        ({"words": "printer", "requester_id": theirs.requester_id}, [2]),
    ]:
        assert await found(any_desk, **filters) == expected, filters  # type: ignore[arg-type]


async def test_the_tickets_of_a_tag_are_read_in_its_index_alone(any_desk: Desk, clock: Clock) -> None:
    """However many tickets there are, with the tag and without: a page costs a page."""
    bob = await a_user(any_desk, "bob", Role.AGENT)
    for _ in range(5):
        ticket = await opened_by(any_desk)
        async with any_desk.writing() as connection:
            await tickets.change(connection, ticket, Revision(tags=("hot",)), by=bob.actor, now=clock())
    await set_row(any_desk, tables.tickets, ticket.id, deleted_at=clock())

    first = await listing(any_desk, Filters(tag="hot"), Page(limit=2))
    behind = await listing(any_desk, Filters(tag="hot"), Page(limit=2, after=first.tickets[-1].number))
    second = await listing(any_desk, Filters(tag="hot"), Page(2, 2))
    plan = await planned(any_desk, Filters(tag="hot"), Page(limit=2))

    numbers = [[t.number for t in page.tickets] for page in (first, behind, second)]
    assert numbers == [[4, 3], [2, 1], [2, 1]]
    assert (first.total, first.is_counted) == (4, True)
    assert "ix_ticket_tags_tag_number" in plan
    assert not re.search("SCAN|TEMP B-TREE|Sort|Seq Scan", plan), plan


async def test_the_tickets_of_a_contracts_number_are_read_in_its_index_alone(any_desk: Desk) -> None:
    for tool in (3, 3, 4, None):
        ticket = await opened_by(any_desk)
        await set_row(any_desk, tables.tickets, ticket.id, extra={"healthcare": {"tool_id": tool}} if tool else {})

    for contract, name in contract_numbers.LISTED:
        plan = await planned(any_desk, Filters(numbers=((contract, name, 3),)), Page(limit=2))
        assert f"ix_tickets_{contract}_{name}" in plan
        assert not re.search("SCAN|TEMP B-TREE|Sort|Seq Scan", plan), plan
    assert await found(any_desk, numbers=(("healthcare", "tool_id", 3),)) == [2, 1]
    assert await found(any_desk, numbers=(("healthcare", "tool_id", 3), ("healthcare", "center_id", 1))) == []


async def test_tickets_assigned_to_somebody_elsewhere_are_read_in_their_index_alone(any_desk: Desk) -> None:
    for agent in ("agent-1", "agent-1", "agent-2", None):
        ticket = await opened_by(any_desk)
        await set_row(any_desk, tables.tickets, ticket.id, extra={"customer_support": {"assigned_to": agent}})
    theirs = Filters(unassigned=True, extra=("customer_support", "assigned_to", "agent-1"))

    plan = await planned(any_desk, theirs, Page(limit=2))

    assert "ix_tickets_customer_support_assigned_to" in plan
    assert not re.search("SCAN|TEMP B-TREE|Sort|Seq Scan", plan), plan
    assert [t.number for t in (await listing(any_desk, theirs)).tickets] == [2, 1]


async def test_the_tickets_of_some_days_or_of_a_type_are_in_every_order_the_same_however_many_there_are(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    await stock(any_desk, 7)
    for number in (2, 3, 6, 7):
        ticket, moment = await numbered(any_desk, number), clock() - timedelta(days=number)
        await set_row(any_desk, tables.tickets, ticket.id, created_at=moment, type=TicketType.SUGGESTION)
    wanted = (
        Filters(created_from=clock() - timedelta(days=6), created_to=clock() - timedelta(days=2)),
        Filters(created_to=clock() - timedelta(days=1), status=Status.NEW),
        Filters(type=TicketType.SUGGESTION), Filters(type=TicketType.INCIDENCE, priority=Priority.LOW),
        Filters(created_from=clock() + timedelta(days=1)),
    )  # fmt: skip

    async def all_of_them() -> list[object]:
        lists = [
            await listing(any_desk, filters, Page(number, 2, sort=sort))
            for filters in wanted for sort in (*queue.SORTS, "-created_at") for number in (1, 2)
        ]  # fmt: skip
        return [([t.number for t in one.tickets], one.total) for one in lists]

    few = await all_of_them()
    monkeypatch.setattr(queue, "COMMON", 1)
    some = await all_of_them()
    monkeypatch.setattr(queue, "DATED", 1)
    many = await all_of_them()

    assert few == some == many
    assert await found(any_desk, created_to=clock() - timedelta(days=1)) == [7, 6, 3, 2]
    assert await found(any_desk, type=TicketType.SUGGESTION) == [7, 6, 3, 2]


async def test_tickets_that_a_filter_leaves_are_in_every_order_the_same_however_many_there_are(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    await stock(any_desk, 9)
    bob = await a_user(any_desk, "bob", Role.AGENT)
    for number in (2, 5, 8):
        await set_row(any_desk, tables.tickets, (await numbered(any_desk, number)).id, assignee_id=bob.id)
    await set_row(any_desk, tables.tickets, (await numbered(any_desk, 4)).id, deleted_at=clock())
    wanted = (
        Filters(status=Status.NEW), Filters(statuses=(Status.NEW, Status.REVIEWED)), Filters(unassigned=True),
        Filters(priority=Priority.LOW), Filters(category=Category.OTHER, assigned_to=bob.id), Filters(assigned_to=bob.id),
        Filters(type=TicketType.INCIDENCE, status=Status.IN_PROGRESS), Filters(awake_at=clock()),
    )  # fmt: skip

    async def all_of_them() -> list[object]:
        return [
            await listing(any_desk, filters, Page(number, 2, sort=sort))
            for filters in wanted for sort in ("subject", "-subject", "updated_at", "-updated_at") for number in (1, 2)
        ]  # fmt: skip

    few = await all_of_them()
    monkeypatch.setattr(queue, "COMMON", 0)

    assert await all_of_them() == few
    assert await found(any_desk, status=Status.NEW) == [7, 1]


@pytest.mark.parametrize("sort", ["subject", "-subject", "updated_at", "-updated_at"])
async def test_many_that_a_filter_leaves_are_read_in_the_order_of_the_list_alone(desk: Desk, sort: str) -> None:
    """Neither is a ticket looked up only to be left out, nor are all of them sorted for a page."""
    filters = Filters(status=Status.NEW, priority=Priority.LOW, category=Category.OTHER)

    plan = await planned(desk, filters, Page(2, 20, sort=sort), queue._each_asked)

    assert f"USING INDEX ix_tickets_{sort.removeprefix('-')}" in plan
    assert "TEMP B-TREE" not in plan


async def test_tickets_of_several_statuses_come_in_one_order(any_desk: Desk) -> None:
    await stock(any_desk, 9)
    both = Filters(statuses=(Status.NEW, Status.IN_PROGRESS))
    expected = [n for n in range(1, 10) if n % 3 != 2]

    for sort, order in (("created_at", expected), ("-number", expected[::-1])):
        pages = [await listing(any_desk, both, Page(number, 4, sort=sort)) for number in (1, 2)]
        assert [t.number for page in pages for t in page.tickets] == order
        assert {page.total for page in pages} == {6}
    behind = await listing(any_desk, both, Page(limit=3, after=expected[-1]))

    assert [t.number for t in behind.tickets] == expected[-2:-5:-1]
    # One status that is said alone comes before what a contract sees as one.
    assert await found(any_desk, status=Status.NEW, statuses=(Status.REVIEWED, Status.IN_PROGRESS)) == [7, 4, 1]


@pytest.mark.parametrize(
    ("filters", "index"),
    [(Filters(type=TicketType.SUGGESTION), "suggestions"), (Filters(needs_review=True), "needs_review")],
    ids=["suggestions", "needs_review"],
)
async def test_what_few_tickets_are_is_read_in_its_index_alone(any_desk: Desk, filters: Filters, index: str) -> None:
    """Nearly no ticket waits for a look: to find none of a million took a second."""
    await stock(any_desk, 3)

    plan = await planned(any_desk, filters, Page(2, 2))

    assert f"ix_tickets_{index}" in plan
    assert not re.search("SCAN tickets$|TEMP B-TREE|Sort|Seq Scan", plan), plan


async def test_a_list_in_any_order_is_read_out_of_an_index(desk: Desk) -> None:
    await stock(desk, 3)

    for sort in (*queue.SORTS, *(f"-{name}" for name in queue.SORTS)):
        plan = await planned(desk, Filters(), Page(2, 20, sort=sort))
        reads = [line for line in plan.splitlines() if " tickets" in line]
        assert reads, plan
        assert all("USING" in line for line in reads), plan
        # Of each word no more than a page can need is sorted.
        assert ("TEMP B-TREE" in plan) == (sort.removeprefix("-") in ("status", "priority")), plan


async def planned(
    desk: Desk, filters: Filters, page: Page, said: Callable[[queue._Source], queue._Source] = lambda source: source
) -> str:
    """How the database finds the numbers of a page. PostgreSQL would read a table as small as this as a whole, or in
    any order, and is told that it is large."""
    async with desk.writing() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        first = await connection.run_sync(queue._first, filters)
        wanted = filtering.conditions(filters, connection.dialect.name, first)
        source = queue._plain(filters, access.visible(ADMIN, desk.settings), wanted, sees_all=True)
        statement = queue._numbers(said(source), page)
        asked = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
        aside = await connection.begin_nested()
        if not is_sqlite:
            for way in ("seqscan", "sort", "bitmapscan"):
                await connection.execute(text(f"SET LOCAL enable_{way} = off"))
            await connection.execute(
                text("UPDATE pg_class SET reltuples = 1000000, relpages = 1 WHERE relname = 'tickets'")
            )
        plan = await connection.execute(text(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{asked}"))
        await aside.rollback()
        return "\n".join(str(row[-1]) for row in plan)


@pytest.mark.parametrize("agents_see", ["all", "assigned"])
async def test_everyone_lists_and_counts_only_what_they_may_see(desk: Desk, agents_see: str) -> None:
    bob = (await a_user(desk, "bob", Role.AGENT)).actor
    anns, eves = await opened_by(desk, "ann@customer.test"), await opened_by(desk, "eve@customer.test")
    await set_row(desk, tables.tickets, eves.id, assignee_id=bob.user_id)
    ann = Actor(new_id(), "ann", Role.CUSTOMER, anns.requester_id)
    settings = with_section(desk.settings, "api", agents_see=agents_see)

    for actor, numbers in [(ann, [1]), (bob, [2, 1] if agents_see == "all" else [2]), (ADMIN, [2, 1])]:
        async with desk.reading() as connection:
            shown = await connection.run_sync(queue.listed, actor, settings, Filters(), Page())
        assert ([t.number for t in shown.tickets], shown.total) == (numbers, len(numbers))


async def test_a_deleted_ticket_is_in_no_list(desk: Desk) -> None:
    ticket = await opened_by(desk)
    await set_row(desk, tables.tickets, ticket.id, deleted_at=desk.clock())

    assert await listing(desk) == Listing((), 0, Page())


async def test_a_listed_ticket_is_the_same_as_a_ticket_read_alone(any_desk: Desk) -> None:
    await stock(any_desk, 3)

    for ticket in (await listing(any_desk)).tickets:
        assert ticket == await numbered(any_desk, ticket.number)
