"""Finding tickets by words: what is found by whom, what cannot break it, and that nothing is forgotten."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, update

from core import conversation, queue, tables, tickets
from core.access import Actor
from core.desk import Desk
from core.filtering import Filters
from core.finding import indexer, search, search_tables
from core.messages import InboundMessage
from core.queue import Page
from core.tables import new_id
from core.tickets import Revision
from core.vocabulary import Role
from tests.builders import Clock, a_mail, a_user
from tests.stored import a_post, count, numbered, opened_by, rows, set_row

ADMIN = Actor(new_id(), "carol", Role.ADMIN)


async def found(desk: Desk, words: str, actor: Actor = ADMIN, **page: object) -> list[int]:
    """The numbers that `words` find once the index is up to date."""
    await indexer.catch_up(desk)
    async with desk.reading() as connection:
        listed = await connection.run_sync(queue.listed, actor, desk.settings, Filters(words=words), Page(**page))  # type: ignore[arg-type]
    assert listed.total == len(listed.tickets) or page
    return [ticket.number for ticket in listed.tickets]


def mail(subject: str, text: str = "-") -> InboundMessage:
    return a_mail(f"{new_id()}@customer.test", subject=subject, text=text, acknowledge=False)


TEXTS = ["100% cotton", "snake_case", 'it\'s "quoted"', "back\\slash", "Über die Straße", "Принтер горит", "打印机着火"]


ASKED: list[tuple[str, list[int]]] = [
    ("100%", [1]),
    ("COTTON 100", [1]),
    ("cotton case", []),
    ("cas", [2]),
    ("snake_case", [2]),
    ("case_snake", [2]),
    ("ase", []),
    ("'quoted'", [3]),
    ("k\\s", []),
    ("back\\sl", [4]),
    ("uber strasse", [5]),
    ("ÜBER", [5]),
    ("ПРИНТЕР", [6]),
    ("горит принт", [6]),
    ("打印机", [7]),
    ("火", [7]),
    ("机打", []),
    ("cotton\x00", [1]),
    ("\ud800cotton", [1]),
    ("'; DROP TABLE tickets; --", []),
    ("%", []),
    ("\ue000", []),
    ("cotton " * 10_000, [1]),
    ("", [7, 6, 5, 4, 3, 2, 1]),
    (" \t", [7, 6, 5, 4, 3, 2, 1]),
]


async def test_words_find_what_has_them_all_and_the_last_may_be_a_beginning(any_desk: Desk) -> None:
    for text in TEXTS:
        await any_desk.receive(mail(text))

    for words, expected in ASKED:
        assert await found(any_desk, words) == expected, words


async def test_every_part_of_a_ticket_is_searched_together(any_desk: Desk) -> None:
    bob = await a_user(any_desk)
    ticket = await opened_by(any_desk)
    await any_desk.receive(
        a_post(dedupe_key="2", text="And now the Scanner too.", person_id=ticket.requester_id, ticket_id=ticket.id)
    )
    async with any_desk.writing() as connection:
        await conversation.reply(
            connection, ticket, "Use the extinguisher.", by=bob.actor, now=any_desk.clock(),
            settings=any_desk.settings, keys=any_desk.keys,
        )  # fmt: skip
    await opened_by(any_desk)

    assert await found(any_desk, "printer") == [2, 1]
    assert await found(any_desk, "scanner extinguisher floor fire") == [1]


@pytest.mark.parametrize("rare", [0, 2, 500])
async def test_several_words_find_the_same_however_many_tickets_have_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    """A rare one is looked up alone, and what it finds asked for the others."""
    monkeypatch.setattr(search, "RARE", rare)
    for subject in ("red lamp", "red lampshade", "blue lamp", "Rotes Licht", "red light", "lamp"):
        await desk.receive(mail(subject, "broken"))

    for words, expected in [
        ("red lamp", [2, 1]), ("lamp red", [1]), ("blue broken", [3]), ("broken blue lam", [3]),
        ("red blue", []), ("lam red", []), ("licht rot", [4]),
    ]:  # fmt: skip
        assert await found(desk, words) == expected, words


async def test_a_customer_does_not_find_by_the_words_of_notes(any_desk: Desk) -> None:
    bob = await a_user(any_desk)
    ticket = await opened_by(any_desk)
    async with any_desk.writing() as connection:
        await conversation.note(connection, ticket, "A difficult PRINTER owner", by=bob.actor, now=any_desk.clock())
    ann = Actor(new_id(), "ann", Role.CUSTOMER, ticket.requester_id)

    for words, finds in [("difficult", False), ("diff", False), ("printer", True), ("printer diff", False)]:
        assert await found(any_desk, words, ann) == ([1] if finds else []), words
        assert await found(any_desk, words, bob.actor) == [1], words


async def test_customers_find_only_their_own(any_desk: Desk) -> None:
    anns, _ = await opened_by(any_desk, "ann@customer.test"), await opened_by(any_desk, "eve@customer.test")
    ann = Actor(new_id(), "ann", Role.CUSTOMER, anns.requester_id)

    assert await found(any_desk, "printer", ann) == [1]
    assert await found(any_desk, "printer", Actor(new_id(), "new", Role.CUSTOMER)) == []


async def test_changed_words_are_found_and_former_ones_are_not(any_desk: Desk, clock: Clock) -> None:
    bob, ticket = await a_user(any_desk), await opened_by(any_desk)
    assert await found(any_desk, "printer fire") == [1]

    async with any_desk.writing() as connection:
        await tickets.change(connection, ticket, Revision(subject="Scanner"), by=bob.actor, now=clock())
        await connection.execute(update(tables.messages).values(body="gone"))
        await connection.execute(update(tables.tickets).values(description="gone"))

    assert [await found(any_desk, words) for words in ("printer", "fire", "scanner gone")] == [[], [], [1]]


async def test_deleted_tickets_and_messages_are_not_found(any_desk: Desk) -> None:
    for _ in range(3):
        await any_desk.receive(mail("one", "two"))
    assert await found(any_desk, "one two") == [3, 2, 1]
    t = tables.tickets.c

    await set_row(any_desk, tables.tickets, (await numbered(any_desk, 1)).id, deleted_at=any_desk.clock())
    async with any_desk.writing() as connection:
        await connection.execute(update(tables.messages).values(deleted_at=any_desk.clock()))
        third = (await numbered(any_desk, 3)).id
        for table in (tables.ledger, tables.deliveries):
            await connection.execute(delete(table).where(table.c.ticket_id == third))
        await connection.execute(delete(tables.tickets).where(t.id == third))
        await connection.execute(update(tables.tickets).values(description=""))

    assert await found(any_desk, "one") == [2]
    assert await found(any_desk, "two") == []


async def test_pages_of_a_search_neither_repeat_nor_skip_in_any_order(any_desk: Desk) -> None:
    for _ in range(7):
        await any_desk.receive(mail("same"))
        await any_desk.receive(mail("other"))

    first = await found(any_desk, "same", limit=3)
    second = await found(any_desk, "same", limit=3, after=first[-1])
    third = await found(any_desk, "same", limit=3, after=second[-1])

    assert [first, second, third] == [[13, 11, 9], [7, 5, 3], [1]]
    for name in queue.SORTS:
        for sort in (name, f"-{name}"):
            pages = [await found(any_desk, "same", number=page, limit=3, sort=sort) for page in (1, 2, 3)]
            assert sorted(n for page in pages for n in page) == [1, 3, 5, 7, 9, 11, 13], sort


async def test_what_was_filed_before_a_crash_is_found_after_it(any_desk: Desk) -> None:
    """The notice is in the commit of the message, and goes only with the commit of the index."""
    await opened_by(any_desk)
    assert await count(any_desk, search_tables.search_queue) > 0

    def index_and_fall(connection: Connection) -> None:
        assert search.index(connection, 100)
        raise ZeroDivisionError

    async with any_desk.database.write.connect() as connection:
        await connection.begin()
        with pytest.raises(ZeroDivisionError):
            await connection.run_sync(index_and_fall)

    assert await found(any_desk, "printer") == [1]
    assert await count(any_desk, search_tables.search_queue) == 0


async def test_many_may_index_at_once(any_desk: Desk) -> None:
    for _ in range(20):
        await opened_by(any_desk)

    await asyncio.gather(*(indexer.catch_up(any_desk) for _ in range(8)))

    assert await found(any_desk, "printer", limit=50) == list(range(20, 0, -1))
    assert await count(any_desk, search_tables.search_queue) == 0


async def test_the_indexer_works_by_itself_and_ends_with_the_desk(any_desk: Desk) -> None:
    task = asyncio.create_task(indexer.indexer(any_desk))
    await opened_by(any_desk)

    # Its first round sets this.
    any_desk.outbox_stirs.clear()
    await asyncio.wait_for(any_desk.outbox_stirs.wait(), 10)
    assert await count(any_desk, search_tables.search_queue) == 0
    await any_desk.drain()
    await insert_notice(any_desk)

    async with asyncio.timeout(10):
        await task


async def insert_notice(desk: Desk) -> None:
    async with desk.database.writing() as connection:
        await connection.execute(insert(search_tables.search_queue), {"number": 1})


async def test_a_search_goes_on_though_nothing_can_be_written(desk: Desk) -> None:
    await opened_by(desk)
    assert await found(desk, "printer") == [1]
    await opened_by(desk)
    await desk.drain()

    assert await found(desk, "printer") == [1]


HOSTILE = ["foo-bar", "o'brien", "a@b.c", "(", ")", '"', "'", "*", "^", ":", "NEAR(a b)", "a AND", "OR", "NOT b", "-a",
           "words:a", "{a}", "a & b", "!a", "<->", "a:*", "\\", "%s", ":query", "\ue000", "a\ue000b", "\x00", "\udfff"]  # fmt: skip


async def test_no_operator_is_understood(any_desk: Desk) -> None:
    await any_desk.receive(mail("nothing of that"))

    for words in HOSTILE:
        assert await found(any_desk, words) == [], words
    assert await found(any_desk, "nothing NOT that") == []
    assert await found(any_desk, "nothing OR this") == []
    assert await found(any_desk, "no* -that") == [], "a beginning is the last word only"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)), max_size=6))
async def test_nothing_that_anybody_asks_breaks_the_search(desk: Desk, parts: Sequence[str]) -> None:
    assert await found(desk, " ".join(parts)) == []


async def test_what_is_written_is_found_by_itself_whatever_it_is(any_desk: Desk) -> None:
    texts = [*HOSTILE, "Zürich", "İstanbul", "ǅungla", "ﷺ", "e\u0301" * 20, "ㄱㄴ", "ไทย", "a" * 300, "𝔘nicode"]
    for text in texts:
        await any_desk.receive(mail("x", f"begin {text} end"))

    for number, text in enumerate(texts, 1):
        assert number in await found(any_desk, f"begin {text}", limit=100), text


async def test_a_text_of_any_length_costs_so_much_and_no_more(desk: Desk) -> None:
    await desk.receive(mail("long", "first " + "word " * 40_000 + "last"))

    assert await found(desk, "first") == [1]
    assert await found(desk, "last") == []


async def test_the_newest_come_first_however_late_they_were_indexed(any_desk: Desk, clock: Clock) -> None:
    for _ in range(3):
        await opened_by(any_desk)
    assert await found(any_desk, "printer") == [3, 2, 1]
    clock.forward(timedelta(hours=1))

    await set_row(any_desk, tables.tickets, (await numbered(any_desk, 1)).id, subject="Printer again")

    assert await found(any_desk, "printer") == [3, 2, 1]
    assert len(await rows(any_desk, tables.tickets)) == 3
