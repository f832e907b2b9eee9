"""How many tickets have each combination of the words that lists are filtered by: kept on SQLite, by triggers and `opened`.

To count the closed among a million took 3 ms for the first ten thousand, and nobody learned how many there are. The sums
of a few hundred rows tell it in a tenth of one. PostgreSQL keeps none: writers of one combination would wait for each other.
Whoever writes new tickets tells how many of each, as a trigger for new rows has SQLite copy all of them before they are
stored. A later script that makes `tickets` anew has to make the two triggers anew too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from core.storage import by_heart

TABLE = "ticket_tallies"
WORDS = ("type", "status", "priority", "category", "channel")

_TABLE = """CREATE TABLE ticket_tallies (
    type VARCHAR NOT NULL, status VARCHAR NOT NULL, priority VARCHAR NOT NULL, category VARCHAR NOT NULL,
    channel VARCHAR NOT NULL, is_free BOOLEAN NOT NULL, tickets INTEGER NOT NULL,
    CONSTRAINT pk_ticket_tallies PRIMARY KEY (status, priority, category, channel, type, is_free)
) WITHOUT ROWID"""
_MORE = """INSERT INTO ticket_tallies (status, priority, category, channel, type, is_free, tickets)
    SELECT NEW.status, NEW.priority, NEW.category, NEW.channel, NEW.type, NEW.assignee_id IS NULL, 1
    WHERE NEW.deleted_at IS NULL
    ON CONFLICT (status, priority, category, channel, type, is_free) DO UPDATE SET tickets = tickets + 1"""
_LESS = """UPDATE ticket_tallies SET tickets = tickets - 1
    WHERE OLD.deleted_at IS NULL AND status = OLD.status AND priority = OLD.priority AND category = OLD.category
    AND channel = OLD.channel AND type = OLD.type AND is_free = (OLD.assignee_id IS NULL)"""
_OPENED = "INSERT INTO ticket_tallies (status, priority, category, channel, type, is_free, tickets) VALUES"
_AS_MANY_MORE = """ON CONFLICT (status, priority, category, channel, type, is_free)
    DO UPDATE SET tickets = tickets + excluded.tickets"""
_CHANGED = "UPDATE OF status, priority, category, channel, type, assignee_id, deleted_at"
STATEMENTS = (
    _TABLE,
    f"CREATE TRIGGER tally_changed_ticket AFTER {_CHANGED} ON tickets BEGIN {_LESS}; {_MORE}; END",
    f"CREATE TRIGGER tally_purged_ticket AFTER DELETE ON tickets BEGIN {_LESS}; END",
)


def create(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for statement in STATEMENTS:
            connection.exec_driver_sql(statement)


# Of one ticket: status, priority, category, channel and type, and whether it is nobody's.
Kept = tuple[object, object, object, object, object, bool]


def of(row: Mapping[str, object]) -> Kept:
    """Of a new row of `tickets`."""
    return row["status"], row["priority"], row["category"], row["channel"], row["type"], row["assignee_id"] is None


def opened(connection: Connection, tickets: Iterable[Kept]) -> None:
    """These were written in the same transaction."""
    if connection.dialect.name != "sqlite":
        return
    found = Counter(tickets)
    asked = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(found))
    values = [value for kept, times in found.items() for value in (*map(str, kept[:5]), kept[5], times)]
    if values:
        by_heart.run(connection, f"{_OPENED} {asked} {_AS_MANY_MORE}", values)


def count(connection: Connection, asked: Mapping[str, Sequence[object]]) -> int | None:
    """How many tickets that are not deleted have of each column of `asked` one of its words; None where it is not kept.

    Of `assignee_id` it is kept only whether there is none, which is the word None.
    """
    if connection.dialect.name != "sqlite" or not all(map(_is_kept, asked.items())):
        return None
    having = [
        f"{name} IN ({', '.join('?' * len(words))})" if name in WORDS else "is_free" for name, words in asked.items()
    ]
    where = f" WHERE {' AND '.join(having)}" if having else ""
    values = [str(word) for name, words in asked.items() if name in WORDS for word in words]
    # The names are the program's own.
    found = by_heart.run(connection, f"SELECT total(tickets) FROM ticket_tallies{where}", values)  # noqa: S608
    return int(found[0][0])


def _is_kept(asked: tuple[str, Sequence[object]]) -> bool:
    name, words = asked
    return name in WORDS or (name == "assignee_id" and tuple(words) == (None,))
