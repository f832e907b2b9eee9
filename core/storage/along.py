"""The tickets in the order of their numbers, by the index of those that are not deleted.

SQLite does not see that this index of a part of the tickets has all that such a list wants, and looks up each ticket that
a page far down skips. PostgreSQL sees it.
"""

from sqlalchemy import FromClause
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import FromGrouping

from core import tables


class _ByNumber(FromGrouping):
    inherit_cache = True

    @property
    def _from_objects(self) -> list[FromClause]:
        return [self]

    @property
    def _hide_froms(self) -> list[FromClause]:
        return [self.element]


@compiles(_ByNumber)
def _table(element: _ByNumber, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.element, **options)


@compiles(_ByNumber, "sqlite")
def _indexed(element: _ByNumber, compiler: SQLCompiler, **options: object) -> str:
    return f"{compiler.process(element.element, **options)} INDEXED BY ix_tickets_number"


# Only where nothing but `deleted_at IS NULL` is asked: SQLite takes no other index then.
BY_NUMBER = _ByNumber(tables.tickets)
