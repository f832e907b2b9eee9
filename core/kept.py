"""What is kept of tickets beside their own rows, told by whoever writes new ones: how many, of which days, words to index.

Everything else that changes these is noticed by triggers. Of new rows a trigger would have SQLite copy all before they are
stored, which costs an import a twentieth; so each place that writes messages (what comes in, what staff say, imports, notes
of a chat that is gone and of answers that did not leave) tells it here, in the transaction that writes them. PostgreSQL has
a trigger for new messages, and keeps no numbers.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from core import days, tallies
from core.finding import search_tables
from core.storage import by_heart
from core.tallies import Kept

Row = Mapping[str, Any]
_ID, _TICKET, _NUMBER, _CREATED = map(itemgetter, ("id", "ticket_id", "number", "created_at"))
_NUMBERS = "SELECT number FROM tickets WHERE id IN (SELECT value FROM json_each(?))"


def filed(connection: Connection, tickets: Sequence[Row], messages: Sequence[Row]) -> None:
    """These rows were written; a ticket that is opened comes with its messages."""
    if tickets:
        opened(connection, map(tallies.of, tickets), map(_CREATED, tickets), list(map(_NUMBER, tickets)))
    spoken_on(connection, set(map(_TICKET, messages)) - set(map(_ID, tickets)))


def opened(
    connection: Connection, tickets: Iterable[Kept], created: Iterable[datetime], numbers: Collection[int]
) -> None:
    """Tickets were written, each with a message."""
    tallies.opened(connection, tickets)
    days.opened(connection, zip(created, numbers, strict=True))
    spoken(connection, numbers)


def spoken(connection: Connection, numbers: Collection[int]) -> None:
    """Messages were written on the tickets of these numbers."""
    if connection.dialect.name == "sqlite":
        search_tables.note(connection, numbers)


def spoken_on(connection: Connection, tickets: Collection[UUID]) -> None:
    """The same by the ids of the tickets."""
    if tickets and connection.dialect.name == "sqlite":
        found = by_heart.run(connection, _NUMBERS, [orjson.dumps([one.hex for one in tickets]).decode()])
        search_tables.note(connection, [number for (number,) in found])
