"""Which numbers the tickets of each day have, from the least to the most: kept on SQLite by whoever writes new ones.

Numbers go up with the days, but for tickets of another system. So a list of old days begins where they lie, which took a tenth
of a second to be found among a million tickets. When a ticket was opened never changes; one that is gone leaves its day as
wide as it was. PostgreSQL keeps none: writers of one day would wait for each other.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection

from core.storage import by_heart

TABLE = "ticket_days"

_TABLE = """CREATE TABLE ticket_days (
    day VARCHAR NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL, CONSTRAINT pk_ticket_days PRIMARY KEY (day)
) WITHOUT ROWID"""
_OPENED = "INSERT INTO ticket_days (day, least, most) VALUES"
_WIDER = "ON CONFLICT (day) DO UPDATE SET least = min(least, excluded.least), most = max(most, excluded.most)"
_WITHIN = "SELECT min(least), max(most) FROM ticket_days WHERE day BETWEEN ? AND ?"
# SQLite before 3.32 takes 999 values in a statement.
_ROWS = 300


def create(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_TABLE)


def opened(connection: Connection, tickets: Iterable[tuple[datetime, int]]) -> None:
    """Tickets of these times and numbers were written in the same transaction."""
    if connection.dialect.name != "sqlite":
        return
    found: dict[str, tuple[int, int]] = {}
    for at, number in tickets:
        day = _day(at)
        least, most = found.get(day, (number, number))
        found[day] = min(least, number), max(most, number)
    rows = [(day, *numbers) for day, numbers in found.items()]
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        values = [value for row in some for value in row]
        by_heart.run(connection, f"{_OPENED} {', '.join(['(?, ?, ?)'] * len(some))} {_WIDER}", values)


def numbers(connection: Connection, since: datetime | None, until: datetime | None) -> tuple[int, int] | None:
    """Between which numbers all tickets from `since` to `until` lie; None where it is not kept, or there are none."""
    if connection.dialect.name != "sqlite":
        return None
    days = [_day(since) if since else "", _day(until) if until else "9999-12-31"]
    [(least, most)] = by_heart.run(connection, _WITHIN, days)
    return None if least is None else (least, most)


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
