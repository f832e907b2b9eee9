"""Which part of a long list is read: by page number, or from behind a row that was seen, which costs the same anywhere."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

# A page asked for by its number reads all before it.
DEEPEST = 100_000
MOST_COUNTED = 10_000

_S = TypeVar("_S", bound=Select[*tuple[object, ...]])


@dataclass(frozen=True, slots=True)
class Span:
    """`limit` rows: after the first `skip`, or behind the one that `after` names."""

    limit: int
    skip: int = 0
    after: UUID | str | int | None = None


def within(statement: _S, column: ColumnElement[UUID] | ColumnElement[str] | ColumnElement[int], span: Span) -> _S:
    """The part of `statement` in the ascending order of `column`, which is unique."""
    if span.after is not None:
        statement = statement.where(column > span.after)
    return statement.order_by(column).limit(span.limit).offset(span.skip)


def newest_within(
    statement: _S, column: ColumnElement[UUID] | ColumnElement[str] | ColumnElement[int], span: Span
) -> _S:
    """The same from the other end."""
    if span.after is not None:
        statement = statement.where(column < span.after)
    return statement.order_by(column.desc()).limit(span.limit).offset(span.skip)


async def count(connection: AsyncConnection, statement: Select[*tuple[object, ...]]) -> int:
    """How many rows there are in all; MOST_COUNTED + 1 stands for more than can be counted while somebody waits."""
    rows = (
        statement.with_only_columns(literal(1), maintain_column_froms=True)
        .order_by(None)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    return int((await connection.execute(select(func.count()).select_from(rows))).scalar_one())
