"""The running number of tickets: the `#42` people say. PostgreSQL has a sequence for it, SQLite a row."""

from sqlalchemy import Connection, text

from core.storage import by_heart


def offered(connection: Connection, most: int) -> list[int] | None:
    """The next `most` numbers, for whoever holds SQLite's write lock and `keep`s what was used of them: no gaps.

    None where others take numbers in the same moment: there they must be taken, once it is known how many.
    """
    if connection.dialect.name != "sqlite":
        return None
    ((last,),) = by_heart.run(connection, _LAST)
    return list(range(last + 1, last + 1 + most))


def keep(connection: Connection, last: int) -> None:
    """The numbers that were offered are used up to `last`."""
    by_heart.run(connection, _KEEP, (last,))


def take(connection: Connection, count: int) -> list[int]:
    """The next `count` numbers, for this transaction alone. What is rolled back may leave a gap, never a repetition."""
    if (found := offered(connection, count)) is None:
        return [int(number) for number in connection.execute(_TAKEN, {"n": count}).scalars()] if count else []
    if found:
        keep(connection, found[-1])
    return found


_LAST = "SELECT value FROM counters WHERE name = 'ticket'"
_KEEP = "UPDATE counters SET value = ? WHERE name = 'ticket'"
_TAKEN = text("SELECT nextval('ticket_numbers') FROM generate_series(1, :n)")
