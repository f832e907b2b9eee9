"""Rows of another system on their way in: once each, whole, and on the one path that every message takes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from core import batches, importing, ledger, tables
from core.desk import Desk
from core.mail import marks
from core.messages import InboundMessage
from core.origin import Origin
from core.rows import BadRow, Row
from core.vocabulary import Category, Channel, Disposition, Priority, Role, Status, TicketType
from tests.builders import a_user
from tests.imported import EVERY_TABLE, a_row, imported, plain, totals
from tests.stored import changes, count, numbered, rows, set_row

MOMENTS = [datetime(2024, 5, day, 8, 30, tzinfo=UTC) for day in (1, 2, 3)]


async def test_a_row_becomes_a_ticket_with_all_that_a_ticket_has(any_desk: Desk) -> None:
    bob = await a_user(any_desk, "bob")
    created, updated, resolved = MOMENTS
    row = a_row(
        category=Category.BUG_REPORT, priority=Priority.LOW, status=Status.CLOSED, type=TicketType.SUGGESTION,
        tags=("b", "a"), assigned_to="Bob", created_at=created, updated_at=updated, resolved_at=resolved,
        external_id="OLD-7", customer_id="CUST-1", metadata={"source": "phone"},
    )  # fmt: skip

    result = await imported(any_desk, row, source="old", by=bob.actor)

    assert totals(result) == (1, 1, 0, 0)
    ticket = await numbered(any_desk, 1)
    assert (ticket.subject, ticket.description, ticket.channel) == ("Subject 1", "It does not print.", Channel.IMPORT)
    assert (ticket.requester.name, ticket.requester.email) == ("Ann Archer", "ann1@customer.test")
    assert (ticket.category, ticket.priority, ticket.status) == (Category.BUG_REPORT, Priority.LOW, Status.CLOSED)
    assert (ticket.type, ticket.tags, ticket.assigned_to) == (TicketType.SUGGESTION, ("a", "b"), "bob")
    assert (ticket.created_at, ticket.updated_at, ticket.resolved_at) == (created, updated, resolved)
    assert (ticket.extra, ticket.unread) == (
        {"customer_support": {"customer_id": "CUST-1"}, "metadata": {"source": "phone"}},
        0,
    )
    [stored] = await rows(any_desk, tables.tickets)
    assert (stored.external_id, stored.closed_at) == ("old:OLD-7", resolved)
    [message] = await rows(any_desk, tables.messages)
    assert (message.body, message.channel, message.created_at) == (row.description, Channel.IMPORT, created)
    [entry] = await rows(any_desk, tables.ledger)
    assert (entry.dedupe_key, entry.disposition) == ("import:old:OLD-7", Disposition.TICKET)
    assert entry.envelope == {"source": "old", "user": "bob"}
    assert [change.new for change in await changes(any_desk, 1)] == ["opened"]


async def test_tickets_are_filed_as_a_set_or_one_by_one_and_nobody_can_tell(any_desk: Desk) -> None:
    """Each of the first two is followed by the same one that the ordinary way files, because something is amiss."""
    created, updated, resolved = MOMENTS
    alike = [
        plain(a_row(1, tags=("b", "a", "b"), customer_id="CUST-1")),
        plain(a_row(1, customer_email="", customer_name="", customer_id="7", status=Status.CLOSED, created_at=created)),
        plain(a_row(1, status=Status.RESOLVED, updated_at=updated, resolved_at=resolved, subject="Grüße")),
        plain(a_row(1, customer_email="", customer_name="Somebody", type=TicketType.SUGGESTION)),
    ]
    as_a_set = [row._replace(external_id=f"S{n}") for n, row in enumerate(alike)]
    one_by_one = [row._replace(external_id=f"O{n}") for n, row in enumerate(alike)]

    with capture_logs() as logs:
        first = await imported(any_desk, *as_a_set)
    # The same row twice in a file is more than the quick way decides.
    second = await imported(any_desk, *one_by_one, one_by_one[0])

    assert (totals(first), totals(second), logs) == ((4, 4, 0, 0), (5, 4, 1, 0), [])
    for table in (tables.tickets, tables.messages, tables.changes, tables.participants, tables.ledger):
        stored = [_without_names(row) for row in await rows(any_desk, table)]
        assert stored[:4] == stored[4:], table.name
    assert len(await rows(any_desk, tables.ticket_tags)) == 4


async def test_what_rows_of_a_set_refer_to_is_there_though_sqlite_does_not_look(desk: Desk) -> None:
    await a_user(desk, "bob")
    await imported(desk, plain(a_row(1)))

    await imported(desk, plain(a_row(1, subject="another", tags=("a",), assigned_to="bob")), plain(a_row(2)))

    async with desk.reading() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all() == []
    assert await count(desk, tables.tickets) == 3


async def test_tickets_without_a_tag_are_filed_as_a_set_as_well(any_desk: Desk) -> None:
    with capture_logs() as logs:
        result = await imported(any_desk, plain(a_row(1)), plain(a_row(2)))

    assert (totals(result), logs) == ((2, 2, 0, 0), [])


def _without_names(row: object) -> dict[str, object]:
    """What is another's in each row by its nature."""
    own = ("id", "number", "embed_token", "external_id", "dedupe_key", "raw", "raw_sha256", "size", "times_seen")
    values = row._mapping  # type: ignore[attr-defined]  # a row of SQLAlchemy
    return {name: value for name, value in values.items() if name not in own and not name.endswith(("_id", "_number"))}


async def test_what_is_not_said_is_for_the_desk_to_decide(any_desk: Desk) -> None:
    await imported(any_desk, a_row(subject="Refund", description="I was charged twice on my invoice, please refund."))

    ticket = await numbered(any_desk, 1)
    assert (ticket.category, ticket.status, ticket.unread) == (Category.BILLING_QUESTION, Status.NEW, 1)
    assert ticket.classification_confidence is not None
    assert (ticket.created_at, ticket.updated_at, ticket.resolved_at) == (any_desk.clock(), any_desk.clock(), None)


async def test_what_somebody_has_classified_is_not_classified_again(any_desk: Desk) -> None:
    await imported(any_desk, a_row(category=Category.OTHER, priority=Priority.HIGH), a_row(2, category=Category.OTHER))

    first, second = await numbered(any_desk, 1), await numbered(any_desk, 2)
    assert (first.classification_confidence, first.classified_at, first.classification_keywords) == (None, None, ())
    assert second.category is Category.OTHER
    # For its priority, which nobody had said; of the category it has no opinion.
    assert (second.classified_at is not None, second.classification_confidence) == (True, None)


async def test_a_settled_ticket_has_a_time_of_settling_and_an_open_one_has_none(any_desk: Desk) -> None:
    created, updated, resolved = MOMENTS
    await imported(
        any_desk,
        a_row(1, status=Status.RESOLVED, created_at=created, updated_at=updated),
        a_row(2, status=Status.IN_PROGRESS, created_at=created, resolved_at=resolved),
    )

    assert (await numbered(any_desk, 1)).resolved_at == updated
    assert (await numbered(any_desk, 2)).resolved_at is None


async def test_nobody_is_written_to_about_what_was_imported(any_desk: Desk) -> None:
    await imported(any_desk, a_row())

    assert await count(any_desk, tables.deliveries) == 0


async def test_bad_rows_are_told_in_their_order_and_stop_no_other(any_desk: Desk) -> None:
    bad = BadRow(2, ("Invalid email format: x",))

    result = await imported(any_desk, a_row(1), bad, a_row(3, assigned_to="nobody"), a_row(4))

    assert totals(result) == (4, 2, 0, 2)
    assert [error.row for error in result.errors] == [2, 3]
    assert result.errors[0] == bad
    assert result.errors[1].errors[0].endswith("must be an active agent that you may assign: nobody")


async def test_only_active_staff_is_assigned_tickets_unless_any_name_will_do(any_desk: Desk) -> None:
    await a_user(any_desk, "alice", Role.CUSTOMER)
    row = a_row(assigned_to="alice")

    strict = await imported(any_desk, row)
    lax = await imported(any_desk, row, any_assignee=True, keeps=lambda row: {"x": {"assigned_to": row.assigned_to}})

    assert (strict.failed, lax.successful) == (1, 1)
    ticket = await numbered(any_desk, 1)
    assert (ticket.assigned_to, ticket.extra) == (None, {"x": {"assigned_to": "alice"}})


async def test_an_agent_who_may_not_give_tickets_to_others_may_not_by_a_file(any_desk: Desk) -> None:
    bob, carol = await a_user(any_desk, "bob"), await a_user(any_desk, "carol", Role.ADMIN)
    file = [a_row(1, assigned_to="bob"), a_row(2, assigned_to="carol")]

    by_bob = await imported(any_desk, *file, by=bob.actor)
    by_carol = await imported(any_desk, *file, by=carol.actor)

    assert (totals(by_bob), totals(by_carol)) == ((2, 1, 0, 1), (2, 1, 1, 0))


async def test_more_errors_than_anybody_reads_are_counted(any_desk: Desk) -> None:
    result = await imported(any_desk, *(BadRow(n, ("x",)) for n in range(1, 1_503)))

    assert totals(result) == (1_502, 0, 0, 1_502)
    assert (len(result.errors), result.unlisted) == (1_000, 502)


async def test_progress_is_told_after_each_batch(any_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 20)
    told: list[int] = []

    await importing.run(any_desk, batches.of_rows(a_row(n) for n in range(1, 52)), Origin(), told.append)

    assert told == [20, 40, 51]


async def test_large_rows_make_small_batches(desk: Desk) -> None:
    told: list[int] = []
    wanted: Iterator[Row] = (a_row(n, description="x" * 250_000) for n in range(1, 41))

    await importing.run(desk, batches.of_rows(wanted), Origin(), told.append)

    assert told == [17, 34, 40]


# --- Once each ---


async def test_the_same_file_again_makes_no_second_ticket(any_desk: Desk) -> None:
    file: list[Row] = [a_row(1), a_row(2, external_id="77"), BadRow(3, ("x",)), a_row(4, tags=("a",))]

    first, again = await imported(any_desk, *file), await imported(any_desk, *file)

    assert (totals(first), totals(again)) == ((4, 3, 0, 1), (4, 0, 3, 1))
    assert [await count(any_desk, table) for table in EVERY_TABLE] == [3] * 5


async def test_rows_that_are_equal_in_everything_are_tickets_of_their_own_wherever_they_stand(any_desk: Desk) -> None:
    row = a_row()

    first = await imported(any_desk, row, row._replace(row=2))
    moved = await imported(any_desk, a_row(9), row._replace(row=5), row._replace(row=6), row._replace(row=7))

    assert (totals(first), totals(moved)) == ((2, 2, 0, 0), (4, 2, 2, 0))


async def test_an_id_is_one_ticket_of_its_source_whatever_else_the_row_says(any_desk: Desk) -> None:
    row = a_row(external_id="7")

    one = await imported(any_desk, row, row._replace(row=2, subject="changed since"), source="old")
    other = await imported(any_desk, row, source="older")

    assert (totals(one), totals(other)) == ((2, 1, 1, 0), (1, 1, 0, 0))


async def test_a_long_id_is_as_good_as_a_short_one(any_desk: Desk) -> None:
    long = [a_row(1, external_id="x" * 160), a_row(2, external_id="x" * 159 + "y")]

    first, again = await imported(any_desk, *long, source="s" * 32), await imported(any_desk, *long, source="s" * 32)

    assert (totals(first), totals(again)) == ((2, 2, 0, 0), (2, 0, 2, 0))


async def test_what_this_desk_has_exported_is_no_news_to_it(any_desk: Desk) -> None:
    await imported(any_desk, a_row())
    ticket = await numbered(any_desk, 1)

    again = await imported(any_desk, a_row(1, external_id=str(ticket.id)), a_row(2, external_id=str(ticket.id)[:-1]))

    assert totals(again) == (2, 1, 1, 0)


async def test_rows_of_one_customer_are_of_one_person_with_or_without_an_address(any_desk: Desk) -> None:
    same = {"customer_email": "", "customer_id": "CUST-1", "customer_name": ""}
    await imported(any_desk, a_row(1, **same), a_row(2, **same), a_row(3, customer_email="", customer_name="Ann"))

    first, second, third = [(await numbered(any_desk, n)).requester for n in (1, 2, 3)]
    assert first == second
    assert (first.name, first.email, third.name) == ("CUST-1", "", "Ann")
    assert third.id != first.id


async def test_a_rehearsal_says_the_same_and_stores_nothing(any_desk: Desk) -> None:
    await imported(any_desk, a_row(1))
    file: list[Row] = [a_row(1), a_row(2), BadRow(3, ("x",)), a_row(4, external_id="7"), a_row(5, external_id="7")]

    rehearsed = await importing.rehearse(any_desk, batches.of_rows(iter(file)), Origin())
    stored = await count(any_desk, tables.ledger)
    done = await imported(any_desk, *file)

    assert stored == 1
    assert rehearsed == done
    assert totals(done) == (5, 2, 2, 1)


# --- Trouble ---


async def test_a_blocked_customers_row_is_set_aside_and_told(any_desk: Desk) -> None:
    await imported(any_desk, a_row(1))
    async with any_desk.writing() as connection:
        [address] = (await connection.execute(select(tables.identities.c.address))).scalars()
        await marks.block(connection, address, "spam", None, by="carol", now=any_desk.clock())

    result = await imported(any_desk, plain(a_row(1, subject="another")), plain(a_row(2)))

    assert totals(result) == (2, 1, 0, 1)
    assert result.errors == (BadRow(1, ("is not accepted: spam",)),)


async def test_a_row_that_cannot_be_filed_is_kept_in_the_ledger_and_the_others_are_filed(any_desk: Desk) -> None:
    await imported(any_desk, a_row(9))
    # Somebody else's program has taken the name.
    await set_row(any_desk, tables.tickets, (await numbered(any_desk, 1)).id, external_id="old:2")

    with capture_logs():
        file = [plain(row) for row in (a_row(1), a_row(2, external_id="2", tags=("a",)), a_row(3))]
        result = await imported(any_desk, *file, source="old")

    assert totals(result) == (3, 2, 0, 1)
    assert "an admin finds it in the ledger" in result.errors[0].errors[0]
    async with any_desk.reading() as connection:
        [entry] = await ledger.entries(connection, ledger.Arrivals(failed=True))
        arrival = await ledger.original(connection, entry.id, any_desk.blob_folder)
        message = await ledger.understood(connection, arrival, any_desk.blob_folder, lambda _: pytest.fail("no mail"))
    assert (message.subject, message.wishes.tags, message.wishes.external_id) == ("Subject 2", ("a",), "old:2")


async def test_the_bytes_of_a_row_lie_in_the_ledger_and_can_be_replayed(any_desk: Desk) -> None:
    await imported(any_desk, a_row(1, category=Category.OTHER, priority=Priority.LOW), a_row(2))

    for entry in await rows(any_desk, tables.ledger):
        async with any_desk.reading() as connection:
            arrival = await ledger.original(connection, entry.id, any_desk.blob_folder)
            message = await ledger.understood(connection, arrival, any_desk.blob_folder, _no_mail)
        assert (arrival.raw, message.subject) == (entry.raw, entry.subject)
    # What both name as their bytes elsewhere.
    assert [blob.size for blob in await rows(any_desk, tables.blobs)] == [0]


def _no_mail(arrival: ledger.Original) -> InboundMessage:
    raise AssertionError("no mail")
