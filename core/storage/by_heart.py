"""Statements that are asked a hundred times a second, known by heart.

What SQLAlchemy does around a statement (finding its text, looking at each parameter, a result with names) costs several
times what SQLite takes for the few rows that are wanted. Here that is worked out once for each number of values, with
SQLAlchemy's own text and types, and the driver is asked directly. PostgreSQL is asked as ever: most is its own time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

_Asked = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
_Convert = Callable[[Any], Any]
_Row = Sequence[Any]

_FIRST: dict[type[Dialect], Dialect] = {}


def rows(connection: Connection, statement: _Asked, asked: Mapping[str, object]) -> Sequence[_Row]:
    """What `statement` finds, which is one of a module and not made for the occasion; its columns have no names.

    `asked` are its parameters; a list is for one that expands.
    """
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, asked).all()
    lists = {name: _padded(value) for name, value in asked.items() if isinstance(value, list)}
    sizes = tuple((name, len(values)) for name, values in lists.items())
    form = _form(statement, sizes, alike(connection.dialect))
    return form.converted(run(connection, form.sql, form.filled({**asked, **lists})))


def run(connection: Connection, sql: str, values: Sequence[object] = ()) -> Sequence[_Row]:
    """What SQLite answers within the transaction of `connection`. Raises what SQLAlchemy raises."""
    if not connection.in_transaction():
        # The first statement begins one.
        connection.begin()
    return carried_out(connection, sql, values)


def carried_out(connection: Connection, sql: str, values: Sequence[object] = ()) -> Sequence[_Row]:
    """The same, whether a transaction has begun or not."""
    # Past the pool's own connection and cursor, which cost as much as a small statement.
    driver: Any = connection.connection.dbapi_connection
    try:
        found: Sequence[_Row] = driver.execute(sql, values).fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        dialect = connection.dialect
        # Without the values: they are customers' words.
        raise DBAPIError.instance(sql, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error
    return found


def alike(dialect: Dialect) -> Dialect:
    """The first of the same kind: all engines are made alike (core/storage/database.py), and what one learned all know."""
    return _FIRST.setdefault(type(dialect), dialect)


def conversion(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """What makes a value of this type one that the driver takes."""
    convert: _Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _padded(values: list[Any]) -> list[Any]:
    """The same values, the last several times: there are fewer statements to know."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values))


@dataclass(frozen=True, slots=True)
class _Form:
    """A SELECT as the driver takes it: its values in the order of its SQL, and which of its columns are to be converted."""

    sql: str
    constants: Mapping[str, object]
    values: tuple[tuple[str, _Convert | None], ...]
    columns: tuple[tuple[int, _Convert], ...]

    def filled(self, asked: Mapping[str, Any]) -> list[object]:
        filled: list[object] = []
        for name, convert in self.values:
            value = asked[name] if name in asked else self.constants[name]
            several = value if isinstance(value, list) else (value,)
            filled += map(convert, several) if convert else several
        return filled

    def converted(self, found: Sequence[_Row]) -> Sequence[_Row]:
        if not self.columns:
            return found
        rows: list[list[Any]] = list(map(list, found))
        for index, convert in self.columns:
            for row in rows:
                row[index] = convert(row[index])
        return rows


# One for each statement and each number of values.
@lru_cache(maxsize=256)
def _form(statement: _Asked, sizes: tuple[tuple[str, int], ...], dialect: Dialect) -> _Form:
    compiled = statement.compile(dialect=dialect)
    asked = {name: None for name, bind in compiled.binds.items() if bind.required}
    lists = {name: [None] * size for name, size in sizes}
    kinds = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    converts = [kind.result_processor(dialect, None) for kind in kinds]
    return _Form(
        compiled.construct_expanded_state({**asked, **lists}).statement,
        {name: bind.value for name, bind in compiled.binds.items()},
        tuple((name, conversion(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()),
        tuple((index, convert) for index, convert in enumerate(converts) if convert),
    )
