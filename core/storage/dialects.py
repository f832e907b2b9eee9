"""What SQLAlchemy can say in one dialect only. What belongs to the other database is not loaded: PostgreSQL's part is
2 MB of an idle desk.
"""

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import Insert

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say what happens where a row is there already."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


@cache
def unless_there(dialect: str, table: Table) -> Insert:
    """An INSERT that leaves alone what is there already."""
    return insert(dialect, table).on_conflict_do_nothing()
