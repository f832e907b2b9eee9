"""Writing many rows at once.

SQLAlchemy looks at each value of each row anew, which on SQLite costs more than storing it. Here the statement, and
what has to be done with the values of each column, is worked out once; SQLAlchemy's types decide as everywhere else. Only
ids and words, which most of a row consists of, are written as its types write them, at a third of the price.

On SQLite many rows are one statement with many VALUES. `executemany` is one step of the database for each row, and
after each of them it waits for the interpreter, which the event loop holds: 78 us a row under load against 25.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Connection, Dialect, LargeBinary, Uuid
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from core.storage import by_heart, jsonable
from core.storage.columns import UtcDateTime, Word

Row = Mapping[str, object]
_Convert = Callable[[object], object]

# The rows of a batch bear nearly all the same time, and writing it as text is the dearest conversion.
_TIMES = 16
# Rows of one statement at most, so that the statements that the database knows by heart stay few and short; and of one
# of an import, which has enough for the same long one again and again: after each it waits for the interpreter.
_MOST = 32
# SQLite before 3.32 (2020, and what RHEL 8 still has) takes 999 values in a statement, later ones 32,766: no row that is
# written has more than 31. Each that is known by heart takes a megabyte.
_MANY = 256 if sqlite3.sqlite_version_info >= (3, 32) else _MOST


def insert(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert `rows`, of which there is at least one, and which all name the same columns."""
    if connection.dialect.name != "sqlite":
        connection.execute(statement, list(rows))
        return
    form = _form(statement, frozenset(rows[0]), by_heart.alike(connection.dialect))
    _carry_out(connection, form, form.filled(rows))


@dataclass(frozen=True, slots=True)
class Same:
    """What is the same in all rows of a column."""

    value: object


# Values of the rows in their order. An id is its hexadecimal digits, as SQLite keeps it: a UUID costs more than its row.
Columns = Mapping[str, "Sequence[object] | Same"]


def insert_columns(connection: Connection, statement: Insert, columns: Columns) -> None:
    """Insert rows given column by column, as many as the longest has: what is the same in all is looked at once."""
    most = max((len(values) for values in columns.values() if not isinstance(values, Same)), default=0)
    if not most:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(statement, _rows(statement, columns, most))
        return
    form = _form(statement, frozenset(columns), by_heart.alike(connection.dialect))
    same, filled = _filled(form, columns)
    shared = frozenset(name for name, values in columns.items() if isinstance(values, Same))
    start = 0
    while some := _some(most - start):
        # Between them, as the statement has them: no tuple is made of a row.
        rows: list[object] = [None] * (some * len(filled))
        for place, column in enumerate(filled):
            rows[place :: len(filled)] = column[start : start + some]
        by_heart.run(connection, form.sql(some, shared), same + rows)
        start += some


def _filled(form: "_Form", columns: Columns) -> tuple[list[object], list[Sequence[object]]]:
    """What is the same in all rows, and the other columns, each in the order of the statement."""
    same: list[object] = []
    filled: list[Sequence[object]] = []
    for name, convert in form.columns:
        values = columns[name]
        if isinstance(values, Same):
            same.append(convert(values.value) if convert else values.value)
        else:
            filled.append(values if convert is _hex else _converted(values, convert))
    return same, filled


def _rows(statement: Insert, columns: Columns, count: int) -> list[Row]:
    """The same as SQLAlchemy takes them."""
    kinds = statement.table.columns
    whole = [
        [values.value] * count
        if isinstance(values, Same)
        else [UUID(value) if isinstance(value, str) else None for value in values]
        if isinstance(kinds[name].type, Uuid)
        else values
        for name, values in columns.items()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*whole, strict=True)]


def _carry_out(connection: Connection, form: "_Form", filled: Sequence[Sequence[object]]) -> None:
    start = 0
    while some := filled[start : start + _some(len(filled) - start)]:
        by_heart.run(connection, form.sql(len(some)), tuple(chain.from_iterable(some)))
        start += len(some)


def _some(left: int) -> int:
    """How many rows the next statement takes."""
    return _MANY if left >= _MANY else min(left, _MOST)


@dataclass(frozen=True, slots=True)
class _Form:
    """An INSERT as the driver takes it: what stands around the values, and the columns in the order of its SQL, as which
    `values` takes those of a row.
    """

    before: str
    after: str
    columns: tuple[tuple[str, _Convert | None], ...]
    values: Callable[[Row], tuple[object, ...]]
    # By what is asked: the driver finds a statement by its text, and the same one it need not read through.
    known: dict[tuple[int, frozenset[str]], str] = field(default_factory=dict)

    def sql(self, rows: int, shared: frozenset[str] = frozenset()) -> str:
        """`shared`: columns that have one value for all rows; these come first."""
        asked = rows, shared
        if asked not in self.known:
            self.known[asked] = self._written(rows, shared)
        return self.known[asked]

    def _written(self, rows: int, shared: frozenset[str]) -> str:
        own = f"({', '.join('?' * (len(self.columns) - len(shared)))})"
        values = ", ".join([own] * rows)
        if not shared:
            return f"{self.before}{values}{self.after}"
        # Not said again by its number (?1): Python 3.12 and 3.13 warn of each value that has one, which takes thirty times
        # as long as to store it.
        numbers = count(1)
        chosen = ", ".join("?" if name in shared else f"column{next(numbers)}" for name, _ in self.columns)
        return f"{self.before.removesuffix('VALUES ')}SELECT {chosen} FROM (VALUES {values}){self.after}"  # noqa: S608 - no word of it is a customer's

    def filled(self, rows: Sequence[Row]) -> Sequence[Sequence[object]]:
        filled = [list(self.values(row)) for row in rows]
        for index, (_, convert) in enumerate(self.columns):
            if convert is not None:
                _convert_all(filled, index, convert)
        return filled


def _convert_all(rows: Sequence[list[object]], index: int, convert: _Convert) -> None:
    """One column of all rows. Half of the columns are the same in all rows of a batch, and are written once."""
    first = rows[0][index]
    written = convert(first)
    for row in rows:
        value = row[index]
        row[index] = written if value is first else convert(value)


def _converted(values: Sequence[object], convert: _Convert | None) -> Sequence[object]:
    if convert is None:
        return values
    # Half of the columns are the same in all rows of a batch, and are written once.
    if len(set(map(id, values))) == 1:
        return [convert(values[0])] * len(values)
    return list(map(convert, values))


# One for each table and each set of columns it is filled with.
@lru_cache(maxsize=128)
def _form(statement: Insert, names: frozenset[str], dialect: Dialect) -> _Form:
    # Inline: no key is asked back.
    compiled = statement.inline().compile(dialect=dialect, column_keys=sorted(names))
    columns, order = statement.table.columns, compiled.positiontup or ()
    before, values, after = compiled.string.partition(f"({', '.join('?' * len(order))})")
    if not values:
        raise AssertionError(f"an INSERT of another shape: {compiled.string}")
    converted = tuple((name, _conversion(columns[name].type, dialect)) for name in order)
    return _Form(before, after, converted, _in_order(order))


def _in_order(names: Sequence[str]) -> Callable[[Row], tuple[object, ...]]:
    if len(names) == 1:
        # Of a single one `itemgetter` makes no tuple.
        return lambda row: (row[names[0]],)
    return itemgetter(*names)


def _conversion(kind: TypeEngine[object], dialect: Dialect) -> _Convert | None:
    if quick := next((convert for known, convert in _QUICK if isinstance(kind, known)), None):
        return quick
    if isinstance(kind, LargeBinary):
        return None  # bytes are what the driver takes
    convert = by_heart.conversion(kind, dialect)
    return lru_cache(maxsize=_TIMES)(convert) if convert and isinstance(kind, UtcDateTime) else convert


def _hex(value: Any) -> object:
    # Three times as fast as to format it.
    return None if value is None else value.int.to_bytes(16).hex()


def _word(value: Any) -> object:
    return None if value is None else str.__str__(value)


# `value` is what the column holds: a UUID, an enum's member.
_QUICK: tuple[tuple[type[TypeEngine[Any]], _Convert], ...] = ((Uuid, _hex), (Word, _word), (JSON, jsonable.text))
