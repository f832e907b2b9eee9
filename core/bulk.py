"""Writing many rows at once.

SQLAlchemy looks at each value of each row anew, which on SQLite costs more than storing it. Here the statement, and
what has to be done with the values of each column, is worked out once; SQLAlchemy's types decide as everywhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from core.tables import UtcDateTime

Row = Mapping[str, object]
_Convert = Callable[[object], object]

# The rows of a batch bear nearly all the same time, and writing it as text is the dearest conversion.
_TIMES = 16


def insert(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert `rows`, of which there is at least one, and which all name the same columns."""
    if connection.dialect.name != "sqlite":
        connection.execute(statement, list(rows))
        return
    form = _form(statement, frozenset(rows[0]), connection.dialect)
    connection.exec_driver_sql(form.sql, form.filled(rows))


@dataclass(frozen=True, slots=True)
class _Form:
    """An INSERT as the driver takes it: the columns in the order of its SQL, each with its conversion if it has one."""

    sql: str
    columns: tuple[tuple[str, _Convert | None], ...]

    def filled(self, rows: Sequence[Row]) -> list[tuple[object, ...]]:
        return list(zip(*(_column(rows, name, convert) for name, convert in self.columns), strict=True))


def _column(rows: Sequence[Row], name: str, convert: _Convert | None) -> list[object]:
    return [convert(row[name]) for row in rows] if convert else [row[name] for row in rows]


# One for each table, each set of columns it is filled with, and each database that is open.
@lru_cache(maxsize=128)
def _form(statement: Insert, names: frozenset[str], dialect: Dialect) -> _Form:
    # Inline: no key is asked back.
    compiled = statement.inline().compile(dialect=dialect, column_keys=sorted(names))
    columns, order = statement.table.columns, compiled.positiontup or ()
    return _Form(compiled.string, tuple((name, _conversion(columns[name].type, dialect)) for name in order))


def _conversion(kind: TypeEngine[object], dialect: Dialect) -> _Convert | None:
    convert: _Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=_TIMES)(convert) if convert and isinstance(kind, UtcDateTime) else convert
