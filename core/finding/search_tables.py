"""What the search consists of in the database: its queue, and things that SQLAlchemy has no words for.

These are made with the tables of an empty database; the script of the migration says the same once more, as scripts must.
A later script that makes `tickets` or `messages` anew (a batch on SQLite does) has to make the triggers anew too:
a test compares them.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, insert

from core.storage import bulk
from core.tables import metadata

# Tickets whose words the search does not know yet: one row for each time that some were written (core/finding/search.py).
search_queue = Table(
    "search_queue",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# The tables that FTS5 keeps its own things in come and go with the first; nobody else touches them.
SQLITE_TABLES = frozenset(
    {
        "ticket_words",
        "ticket_words_config",
        "ticket_words_content",
        "ticket_words_data",
        "ticket_words_idx",
        "ticket_vocabulary",
    }
)

_OF_TICKET = "INSERT INTO search_queue (number) VALUES ({row}.number)"
_OF_MESSAGE = "INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = {row}.ticket_id"


def _trigger(name: str, when: str, table: str, statement: str, row: str = "NEW") -> str:
    return f"CREATE TRIGGER {name} AFTER {when} ON {table} BEGIN {statement.format(row=row)}; END"


_SQLITE = (
    # Words only: no positions (nobody asks for phrases), no lengths (nobody ranks).
    "CREATE VIRTUAL TABLE ticket_words USING fts5(words, detail=none, columnsize=0, tokenize='ascii')",
    "CREATE VIRTUAL TABLE ticket_vocabulary USING fts5vocab(ticket_words, 'row')",
    # None for a new ticket: it comes with a message, and one notice is enough.
    _trigger("search_changed_ticket", "UPDATE OF subject, description, deleted_at", "tickets", _OF_TICKET),
    _trigger("search_purged_ticket", "DELETE", "tickets", _OF_TICKET, "OLD"),
    _trigger("search_changed_message", "UPDATE OF body, direction, deleted_at", "messages", _OF_MESSAGE),
    _trigger("search_purged_message", "DELETE", "messages", _OF_MESSAGE, "OLD"),
)


def _function(name: str, statement: str) -> str:
    body = (
        f"IF TG_OP = 'DELETE' THEN {statement.format(row='OLD')}; ELSE {statement.format(row='NEW')}; END IF; "
        "RETURN NULL;"
    )
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


_TRIGGER = "CREATE TRIGGER {name} AFTER {when} OR UPDATE OF {columns} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
_POSTGRESQL = (
    "CREATE TABLE ticket_words (number BIGINT CONSTRAINT pk_ticket_words PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_ticket_words_words ON ticket_words USING gin (words)",
    _function("search_ticket", _OF_TICKET),
    _function("search_message", _OF_MESSAGE),
    _TRIGGER.format(name="search_ticket", when="DELETE", columns="subject, description, deleted_at", table="tickets"),
    _TRIGGER.format(
        name="search_message", when="INSERT OR DELETE", columns="body, direction, deleted_at", table="messages"
    ),
)

STATEMENTS: Mapping[str, Sequence[str]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
_NOTE = insert(search_queue)


def create(connection: Connection) -> None:
    for statement in STATEMENTS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def note(connection: Connection, numbers: Collection[int]) -> None:
    """Tickets of these numbers are to be indexed anew."""
    if numbers:
        bulk.insert_columns(connection, _NOTE, {"number": list(numbers)})
