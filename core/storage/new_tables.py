"""The tables of a new SQLite file, kept as SQL: to have SQLAlchemy put it together was a tenth of a first start.

A test holds that it says what our tables say. After a change of theirs `make tables` writes it anew.
"""

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, create_engine

from core.storage import by_heart

FILE = Path(__file__).with_name("new_tables.sql")
_HEAD = "-- Written by `make tables`.\n\n"
# A trigger has semicolons of its own.
_END = ";\n\n"


def create(connection: Connection) -> None:
    """Make all tables, indexes and triggers in an empty SQLite file."""
    for statement in FILE.read_text("utf-8").split(_END)[:-1]:
        by_heart.run(connection, statement)


def written(make: Callable[[Connection], None]) -> str:
    """What the file has to say: SQLite's own words for what `make` makes."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        make(connection)
        found = by_heart.run(connection, _MADE)
    engine.dispose()
    return _HEAD + "".join(re.sub(r" +$", "", sql, flags=re.MULTILINE) + _END for (sql,) in found)


# Without what comes by itself: the indexes of keys, and the tables that FTS5 makes for its own. Triggers need the tables.
_MADE = """SELECT sql FROM sqlite_master
WHERE sql IS NOT NULL AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
ORDER BY instr('table, index, trigger', type), name"""


if __name__ == "__main__":
    from core.storage import schema

    FILE.write_text(written(schema.make_tables), "utf-8")
