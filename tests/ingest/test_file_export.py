"""What is exported is what an import reads, and nothing in it runs in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import batches, exporting, importing, tables
from core import desk as desks
from core.desk import Desk
from core.exporting import Exported
from core.importing import Result
from core.origin import Origin
from core.rows import TicketRow
from core.tables import new_id
from core.text import clean_line, clean_text
from core.tickets import Requester, Ticket
from core.vocabulary import Category, Channel, Priority, Status, TicketType
from ingest import file_export, file_import
from ingest.file_import import Format
from tests.builders import NOON, Clock, a_mail, a_user, settings
from tests.stored import count, numbered, set_row

ALL = list(Format)
NASTY = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'=1", "''=1", "'quoted'", "'", "''", '"', '""', "a;b", "a,b", "line\nline\n",
    "\nfirst", " spaces ", "<b>&amp;</b>]]>", "Größe €", "🦊", "\ufffe", "[1]", '["a"]', "null", "x" * 5_000, "",
]  # fmt: skip


def a_ticket(**fields: object) -> Ticket:
    ticket = Ticket(
        id=new_id(), number=7, type=TicketType.INCIDENCE, subject="Printer", description="It burns.", status=Status.NEW,
        priority=Priority.HIGH, category=Category.OTHER, channel=Channel.EMAIL,
        requester=Requester(new_id(), "Ann", "ann@customer.test"), assignee_id=None, assigned_to=None, embed_token=None,
        version=1, created_at=NOON, updated_at=NOON, resolved_at=None, classification_confidence=0.5,
        classification_reasoning="", classification_keywords=(), classified_at=NOON, manual_override=False, needs_review=False, possible_duplicate_of=None, unread=0,
        extra={},
    )  # fmt: skip
    return replace(ticket, **fields)  # type: ignore[arg-type]


def exported(kind: Format, *pages: list[Exported]) -> bytes:
    writer = file_export.writer(kind)
    return (writer.before + writer.between.join(map(writer.written, pages)) + writer.after).encode()


def alone(*tickets: Ticket) -> list[Exported]:
    return [Exported(ticket) for ticket in tickets]


def read_back(kind: Format, *tickets: Ticket) -> list[TicketRow]:
    found = list(file_import.rows(io.BytesIO(exported(kind, alone(*tickets))), kind))
    assert all(isinstance(row, TicketRow) for row in found), found
    return [row for row in found if isinstance(row, TicketRow)]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("text", NASTY)
def test_every_text_comes_back_as_it_was(kind: Format, text: str) -> None:
    line = clean_line(text) or "-"

    [row] = read_back(kind, a_ticket(subject=line, description=text, tags=(line[:64],)))

    said = text.replace("\ufffe", "\ufffd") if kind is Format.XML else text
    assert (row.subject.replace("\ufffd", "\ufffe"), row.description) == (line, said)
    assert [tag.replace("\ufffd", "\ufffe") for tag in row.tags] == [line[:64].strip()]


@given(text=st.text(max_size=40), kind=st.sampled_from(ALL))
def test_any_text_comes_back_as_it_was(text: str, kind: Format) -> None:
    body = clean_text(text.encode("utf-8", "replace").decode())
    if any(ord(c) & 0xFFFE == 0xFFFE for c in body):
        return

    [row] = read_back(kind, a_ticket(description=body))

    assert row.description == body


@given(text=st.text(max_size=20))
def test_no_cell_is_anything_that_a_spreadsheet_computes(text: str) -> None:
    clean = clean_text(text.encode("utf-8", "replace").decode())
    ticket = a_ticket(subject=clean, description=clean, tags=(clean,), requester=Requester(new_id(), clean, clean))

    data = exported(Format.CSV, alone(ticket)).decode("utf-8-sig")

    [_, cells] = csv.reader(io.StringIO(data, newline=""), strict=True)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []
    assert data.count('"') >= 2 * len(cells)


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'=", "''\uff1d"])
def test_a_formula_is_disarmed_on_its_way_out_and_itself_again_on_its_way_in(begins: str) -> None:
    ticket = a_ticket(subject=f"{begins}SUM(A1)")

    [_, cells] = csv.reader(io.StringIO(exported(Format.CSV, alone(ticket)).decode("utf-8-sig"), newline=""))
    [row] = read_back(Format.CSV, ticket)

    assert f"'{begins}SUM(A1)" in cells
    assert row.subject == f"{begins}SUM(A1)"


@pytest.mark.parametrize("kind", ALL)
def test_everything_that_import_knows_comes_back(kind: Format) -> None:
    moment = datetime(2024, 5, 1, 8, 30, 1, 5, tzinfo=UTC)
    ticket = a_ticket(
        type=TicketType.SUGGESTION, status=Status.DISCARDED, tags=("a,b", "c;d", "e"), assigned_to="bob",
        created_at=moment, updated_at=NOON, resolved_at=NOON,
        extra={"customer_support": {"customer_id": "CUST-1"}, "metadata": {"source": "phone", "browser": "Chrome"}},
    )  # fmt: skip

    [row] = read_back(kind, ticket)

    assert row == TicketRow(
        1, "Printer", "It burns.", "ann@customer.test", "Ann", "CUST-1", Category.OTHER, Priority.HIGH,
        Status.DISCARDED, TicketType.SUGGESTION, ("a,b", "c;d", "e"), "bob", moment, NOON, NOON, str(ticket.id),
        {"source": "phone", "browser": "Chrome"}, "", str(ticket.id),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ALL)
def test_a_ticket_of_another_system_keeps_its_name_there(kind: Format) -> None:
    ticket = a_ticket()

    [row] = file_import.rows(io.BytesIO(exported(kind, [Exported(ticket, "old", "77")])), kind)

    assert isinstance(row, TicketRow)
    assert (row.external_source, row.external_id, row.id) == ("old", "77", str(ticket.id))


@pytest.mark.parametrize("kind", ALL)
def test_who_has_no_address_is_known_by_their_id(kind: Format) -> None:
    ann = Requester(new_id(), "Ann", "")

    [row] = read_back(kind, a_ticket(requester=ann, channel=Channel.TELEGRAM))

    assert (row.customer_email, row.customer_id, row.metadata) == ("", str(ann.id), {"source": "chat"})


@pytest.mark.parametrize("kind", ALL)
def test_pages_are_joined_and_no_tickets_are_a_file_too(kind: Format) -> None:
    pages = [alone(a_ticket(), a_ticket()), alone(a_ticket())]

    assert len(list(file_import.rows(io.BytesIO(exported(kind, *pages)), kind))) == 3
    assert list(file_import.rows(io.BytesIO(exported(kind)), kind)) == []


def test_json_has_objects_and_nulls() -> None:
    [found] = json.loads(exported(Format.JSON, alone(a_ticket(tags=("a",)))))

    assert found["tags"] == ["a"]
    assert found["metadata"] == {"source": "email", "browser": None, "device_type": None}
    assert (found["resolved_at"], found["created_at"], found["number"]) == (None, "2026-03-02T12:00:00Z", 7)


# --- From one desk into another ---


@pytest.mark.parametrize("kind", ALL)
async def test_a_desk_that_is_exported_is_the_same_in_another_desk(any_desk: Desk, clock: Clock, kind: Format) -> None:
    await a_user(any_desk, "bob")
    people = [(f"ann{number % 9}@customer.test", f"Ann {number % 9}") for number in range(110)]
    await any_desk.receive_many([a_mail(*ann, subject=f"Subject {n}") for n, ann in enumerate(people)])
    deleted = await numbered(any_desk, 3)
    await set_row(any_desk, tables.tickets, deleted.id, deleted_at=clock())
    pages = [page async for page in exporting.pages(any_desk)]
    rows = file_import.rows(io.BytesIO(exported(kind, *pages)), kind)

    other_settings = settings(any_desk.settings.desk.data_dir / "other")
    async with desks.opened(other_settings, clock=clock) as other:
        result = await importing.run(other, batches.of_rows(rows), Origin())
        again = [page async for page in exporting.pages(other)]

    assert (result.total, result.successful) == (109, 109)
    assert list(map(told, chain.from_iterable(again))) == list(map(told, chain.from_iterable(pages)))
    assert await count(any_desk, tables.tickets) == 110


def told(one: Exported) -> tuple[object, ...]:
    """What of a ticket is the same in another desk."""
    ticket = one.ticket
    return (
        ticket.subject, ticket.description, ticket.requester.name, ticket.requester.email, ticket.category,
        ticket.priority, ticket.status, ticket.type, ticket.tags, ticket.assigned_to, ticket.created_at,
        ticket.updated_at, ticket.resolved_at,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ALL)
async def test_wherever_a_ticket_has_been_it_is_known_again(desk: Desk, clock: Clock, kind: Format) -> None:
    """Imported into one desk, exported into another, and back: one ticket in each."""
    first = TicketRow(1, "Printer", "It burns.", "ann@customer.test", external_id="77")
    await importing.run(desk, batches.of_rows(iter([first])), Origin("old"))
    await desk.receive(a_mail())

    other_settings = settings(desk.settings.desk.data_dir / "other")
    async with desks.opened(other_settings, clock=clock) as other:
        there = await moved(desk, other, kind)
        again = await importing.run(other, batches.of_rows(iter([first])), Origin("old"))
        back = await moved(other, desk, kind)

    assert (there.total, there.successful) == (2, 2)
    assert (again.total, again.duplicates) == (1, 1)
    assert (back.total, back.duplicates) == (2, 2)


async def moved(desk: Desk, other: Desk, kind: Format) -> Result:
    pages = [page async for page in exporting.pages(desk)]
    return await importing.run(
        other, batches.of_rows(file_import.rows(io.BytesIO(exported(kind, *pages)), kind)), Origin()
    )


async def test_importing_an_export_into_its_own_desk_makes_nothing(any_desk: Desk) -> None:
    await any_desk.receive(a_mail())
    pages = [page async for page in exporting.pages(any_desk)]

    result = await importing.run(
        any_desk, batches.of_rows(file_import.rows(io.BytesIO(exported(Format.CSV, *pages)), Format.CSV)), Origin()
    )

    assert (result.total, result.duplicates) == (1, 1)
