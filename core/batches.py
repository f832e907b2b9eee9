"""Rows of a file → batches, each as much as one transaction takes. Loads no database, as core/bundles.py does not."""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, islice
from uuid import UUID

from core import bundles
from core.bundles import Bundle
from core.origin import Plan, Planned
from core.rows import BadRow, Row, TicketRow

# What a row writes lies all over its indexes, and is written once a transaction: the more rows, the less each costs. But
# nobody else writes while one is written (a third of a second on a slow machine), and with 3,072 the two processes of an
# import of 100,000 rows over the API take 213 MiB. SQLite before 3.32 files them in many statements
# (core/storage/bulk.py).
BATCH_ROWS = 2_048 if sqlite3.sqlite_version_info >= (3, 32) else 512
BATCH_CHARACTERS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as they are filed: as `bundle`, where each of them is as plain as that and none is there twice, else as
    `planned`; and those that are `bad`.
    """

    bad: Sequence[BadRow]
    bundle: Bundle | None
    planned: Sequence[Planned]

    @property
    def rows(self) -> Sequence[int]:
        """The numbers of those that are good."""
        return self.bundle.rows if self.bundle else [one.row.row for one in self.planned]

    @property
    def keys(self) -> Sequence[str]:
        return self.bundle.keys if self.bundle else [one.key for one in self.planned]

    @property
    def own_ids(self) -> Sequence[UUID | None]:
        return self.bundle.own_ids if self.bundle else [one.own_id for one in self.planned]

    def only(self, wanted: Sequence[bool]) -> "Batch":
        """The same with those good ones for which it is so."""
        return Batch(
            self.bad,
            self.bundle and self.bundle.only(wanted),
            [*compress(self.planned, wanted if self.planned else ())],
        )

    def __len__(self) -> int:
        return len(self.bad) + len(self.rows)


# What makes batches of a file, given the plan. It is run in a thread, and closed when nobody wants more.
Reading = Callable[[Plan], Generator[Batch]]


def of_rows(rows: Iterator[Row]) -> Reading:
    """Batches that are made in this process."""
    return partial(of, rows)


def of(rows: Iterator[Row], plan: Plan, after: int = 0) -> Generator[Batch]:
    """`after`: how many rows have been in batches before. They are counted, as equal rows are told apart by it."""
    for row in islice(rows, after):
        if isinstance(row, TicketRow):
            plan.of(row)
    # None is kept by a name while the next is made: each is some 20 MB.
    yield from iter(partial(_next, rows, plan), None)


def _next(rows: Iterator[Row], plan: Plan) -> Batch | None:
    bad: list[BadRow] = []
    planned: list[Planned] = []
    weight = 0
    for row in rows:
        entry = row if isinstance(row, BadRow) else plan.of(row)
        if isinstance(entry, BadRow):
            bad.append(entry)
        else:
            planned.append(entry)
            weight += _weight(entry.row)
        if len(bad) + len(planned) >= BATCH_ROWS or weight >= BATCH_CHARACTERS:
            break
    return _together(bad, planned) if bad or planned else None


def _together(bad: Sequence[BadRow], planned: Sequence[Planned]) -> Batch:
    plain = [one.brought for one in planned if one.brought]
    if plain and len(plain) == len({one.key for one in planned}) == len(planned):
        return Batch(bad, bundles.bundled(plain, [one.own_id for one in planned]), ())
    return Batch(bad, None, planned)


def _weight(row: TicketRow) -> int:
    later = (
        sum(len(one.text) for one in row.retold) + sum(len(file.data) for file in row.files)
        if row.retold or row.files
        else 0
    )
    return len(row.description) + later
