"""How many tickets have a word, roughly: where several filters are asked at once, the rarest word is where to begin.

SQLite knows how many tickets a word has on average. Of a million it went through all that were closed to count the
urgent among them, which took most of a second; the urgent are a fortieth of those.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, case, false, func, literal, or_, select, true

from core import tables, tallies

# What more tickets have is no place to begin.
MOST = 50_000
# After so many uses it is counted again.
USES = 500
# As many as there are words, and agents: more are forgotten.
MOST_KEPT = 1_000

_t = tables.tickets.c
_KEPT = "census"


class _Counted(NamedTuple):
    tickets: int
    uses: int


def rarest(connection: Connection, asked: Mapping[str, Sequence[object]]) -> str | None:
    """The column of `tickets` whose words, any of them, the fewest have; None: it makes no difference."""
    if len(asked) < 2:
        return None
    return min(asked, key=lambda name: _how_many(connection, name, tuple(asked[name])))


def are_more(connection: Connection, rows: FromClause, conditions: Sequence[ColumnElement[bool]], most: int) -> bool:
    return _counted(connection, rows, conditions, most + 1) > most


def aside(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What stands within a CASE is looked up in no index: it is asked of each ticket in turn."""
    return case((condition, true()), else_=false())


def _how_many(connection: Connection, name: str, words: tuple[object, ...]) -> int:
    """What the database does not keep is kept with the connection: counting anew each time would cost what it saves."""
    if (told := tallies.count(connection, {name: words})) is not None:
        return told
    kept: dict[tuple[str, tuple[object, ...]], _Counted] = connection.info.setdefault(_KEPT, {})
    known = kept.get((name, words))
    if len(kept) > MOST_KEPT:
        kept.clear()
    if known is None or known.uses >= USES:
        known = _Counted(_count(connection, name, words), 0)
    kept[name, words] = known._replace(uses=known.uses + 1)
    return known.tickets


def _count(connection: Connection, name: str, words: Sequence[object]) -> int:
    has = or_(*(_t[name].is_(None) if word is None else _t[name] == word for word in words))
    return _counted(connection, tables.tickets, [_t.deleted_at.is_(None), has], MOST)


def _counted(connection: Connection, rows: FromClause, conditions: Sequence[ColumnElement[bool]], most: int) -> int:
    some = select(literal(1)).select_from(rows).where(*conditions).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
