"""What a row of a file becomes: the same, whichever way it takes, and known again."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.messages import InboundFile, Retold
from core.origin import Origin, Plan, Planned
from core.rows import TicketRow
from core.vocabulary import Category, Direction, Priority, Status, TicketType

MOMENTS = [datetime(2024, 5, day, 8, 30, tzinfo=UTC) for day in (1, 2, 3)]
A_ROW = TicketRow(
    1,
    "Printer",
    "It does not print.",
    "ann@customer.test",
    "Ann Archer",
    category=Category.OTHER,
    priority=Priority.LOW,
)


@pytest.mark.parametrize(
    "row",
    [
        A_ROW,
        A_ROW._replace(tags=("b", "a"), customer_id="CUST-1", metadata={"source": "phone"}, external_id="7"),
        A_ROW._replace(customer_email="", customer_name="", customer_id="Café", assigned_to="bob"),
        A_ROW._replace(
            status=Status.CLOSED, type=TicketType.SUGGESTION,
            created_at=MOMENTS[0], updated_at=MOMENTS[1], resolved_at=MOMENTS[2],
        ),
    ],
)  # fmt: skip
def test_what_is_kept_of_a_row_is_the_same_whichever_way_it_takes(row: TicketRow) -> None:
    plan = Plan(Origin("old"), {"bob": UUID(int=7)})

    planned = plan.of(row)

    assert isinstance(planned, Planned)
    assert planned.brought
    assert planned.brought.raw == plan.message(planned).raw


@pytest.mark.parametrize(
    "fields",
    [
        {"category": None},
        {"priority": None},
        {"subject": ""},
        {"subject": "two\nlines"},
        {"description": "\u202etxt.exe"},
        {"customer_name": "x" * 121},
        {"tags": ("a", "b\0")},
        {"metadata": {"source": "\x07"}},
        {"external_id": "x" * 300},
        {"description": "x" * 70_000},
        {"retold": (Retold(Direction.NOTE, "Bob", "Ask again.", MOMENTS[0]),)},
        {"files": (InboundFile("a.txt", "text/plain", b"a"),)},
    ],
    ids=lambda fields: " ".join(fields),
)
def test_what_is_to_be_decided_cleaned_or_kept_elsewhere_takes_the_ordinary_way(fields: dict[str, object]) -> None:
    planned = Plan(Origin(), {}).of(A_ROW._replace(**fields))  # type: ignore[arg-type]  # its own

    assert isinstance(planned, Planned)
    assert planned.brought is None


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (
            TicketRow(
                1, "Printer", "It burns.", "ann@customer.test", "Ann Archer", "CUST-1", Category.OTHER, Priority.LOW,
                Status.NEW, TicketType.INCIDENCE, ("a", "b"), "bob", MOMENTS[0], MOMENTS[0], None, "",
                {"source": "email"},
            ),
            "import:b91c5f8ec0b2863b6dec9b4b2c0009eb:1",
        ),
        (TicketRow(7, "Printer", "It burns.", "ann@customer.test"), "import:a51f66f033a87347fe2a39f15780a484:1"),
    ],
)  # fmt: skip
def test_a_row_is_known_again_by_a_later_version_of_the_desk(row: TicketRow, key: str) -> None:
    planned = Plan(Origin(any_assignee=True), {}).of(row)

    assert isinstance(planned, Planned)
    assert planned.key == key
