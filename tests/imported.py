"""Rows of a file to import, and what became of them: shared by the tests of importing."""

from core import batches, importing, tables
from core.desk import Desk
from core.importing import Result
from core.origin import Origin
from core.rows import Row, TicketRow
from core.vocabulary import Category, Priority

# What each ticket that is brought has a row in.
EVERY_TABLE = (tables.tickets, tables.messages, tables.changes, tables.ledger, tables.participants)


def a_row(number: int = 1, **fields: object) -> TicketRow:
    row = TicketRow(number, f"Subject {number}", "It does not print.", f"ann{number}@customer.test", "Ann Archer")
    return row._replace(**fields)  # type: ignore[arg-type]


async def imported(desk: Desk, *wanted: Row, **origin: object) -> Result:
    return await importing.run(desk, batches.of_rows(iter(wanted)), Origin(**origin))  # type: ignore[arg-type]


def totals(result: Result) -> tuple[int, int, int, int]:
    return result.total, result.successful, result.duplicates, result.failed


def plain(row: Row, **fields: object) -> TicketRow:
    assert isinstance(row, TicketRow)
    return row._replace(category=Category.OTHER, priority=Priority.LOW, **fields)  # type: ignore[arg-type]
