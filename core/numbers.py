"""The running number of tickets: the `#42` people say. PostgreSQL has a sequence for it, SQLite a row."""

from sqlalchemy import Connection, text


def take(connection: Connection, count: int) -> list[int]:
    """The next `count` numbers, for this transaction alone. What is rolled back may leave a gap, never a repetition."""
    if not count:
        return []
    if connection.dialect.name == "postgresql":
        found = connection.execute(text("SELECT nextval('ticket_numbers') FROM generate_series(1, :n)"), {"n": count})
        return [int(number) for number in found.scalars()]
    taken = connection.execute(
        text("UPDATE counters SET value = value + :n WHERE name = 'ticket' RETURNING value"), {"n": count}
    )
    last = int(taken.scalar_one())
    return list(range(last - count + 1, last + 1))
