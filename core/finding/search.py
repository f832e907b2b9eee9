"""Finding tickets by their words: the index, what keeps it, and what is asked of it.

Filing a message only notes the ticket's number (`core.kept` for new ones on SQLite, triggers on `tickets` and `messages`
for all the rest); the index is brought up to date a moment later, in rounds (core/finding/indexer.py). Each ticket is one document:
its subject, its description and every message. The words of notes are marked, and customers do not find by them.

SQLite has an FTS5 table, whose `rowid` is the ticket's number, so that the newest come first without sorting;
PostgreSQL a `tsvector` for each ticket with a GIN index. Both hold words as `core.finding.words` cuts them: letters and digits
only, so nothing that anybody asks can be read as an operator.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    column,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Join

from core import tables
from core.finding import words
from core.finding.search_tables import search_queue
from core.storage import by_heart
from core.vocabulary import Direction

# Of each message that much is looked at, and of each ticket so many of them, the newest.
TEXT_LENGTH = 20_000
MESSAGES = 200
# A beginning stands for so many words at most.
ENDINGS = 64
# Of several words, one that so few tickets have is looked up alone, and each of those asked for the others: to find which
# tickets of a long list of numbers are also on a short one costs FTS5 50 us for each, ten times as much.
RARE = 500
# So many spellings are looked for in a document.
SPELLINGS = 8
# In front of a word that only notes have: a character of no alphabet, so no text contains such a word by itself.
NOTED = "\ue000"

_LAST = "\U0010ffff"
_ticket_words = table("ticket_words", column("number", BigInteger), column("rowid", BigInteger), column("words"))
_s, _t, _m, _q = _ticket_words.c, tables.tickets.c, tables.messages.c, search_queue.c


@dataclass(frozen=True, slots=True)
class Asked:
    """Each inner tuple: words of which a ticket must have one. A `*` at the end of one stands for any ending.

    `terms` are looked up in the index; each ticket that is found there is asked for the `others`.
    """

    terms: tuple[tuple[str, ...], ...]
    others: tuple[tuple[str, ...], ...] = ()


class Driving(Join):
    """A join whose left side leads: SQLite guesses how many rows match, and would rather look up each ticket."""

    inherit_cache = True


@compiles(Driving, "sqlite")
def _leading(element: Driving, compiler: SQLCompiler, **options: object) -> str:
    joined: str = compiler.visit_join(element, **options)  # type: ignore[no-untyped-call]  # SQLAlchemy's own has none
    return joined.replace(" JOIN ", " CROSS JOIN ", 1)


def understood(connection: Connection, wanted: str, *, notes: bool) -> Asked | None:
    """What `wanted` asks for; None when there is no word in it, and nothing can be found. `notes`: look there too."""
    found = words.asked(wanted)
    if not found:
        return None
    terms = [_spellings(word, notes=notes) for word in found[:-1]]
    beginnings = _spellings(found[-1], notes=notes)
    if connection.dialect.name != "sqlite":
        return Asked((*terms, tuple(f"{word}*" for word in beginnings)))
    endings = [word for beginning in beginnings for word in _endings(connection, beginning)]
    return _led(connection, (*terms, (*beginnings, *endings)))


def _led(connection: Connection, terms: tuple[tuple[str, ...], ...]) -> Asked:
    """With a rare one of several in front."""
    for term in terms if len(terms) > 1 else ():
        others = tuple(other for other in terms if other is not term)
        if all(len(other) <= SPELLINGS for other in others) and _is_rare(connection, term):
            return Asked((term,), others)
    return Asked(terms)


def _is_rare(connection: Connection, term: tuple[str, ...]) -> bool:
    return len(by_heart.run(connection, _FEW, (_query(Asked((term,))), RARE + 1))) <= RARE


_FEW = "SELECT rowid FROM ticket_words WHERE ticket_words MATCH ? LIMIT ?"


def _spellings(word: str, *, notes: bool) -> tuple[str, ...]:
    return (word, NOTED + word) if notes else (word,)


def _endings(connection: Connection, beginning: str) -> Sequence[str]:
    """Words of the index that go on like this. FTS5's own `*` collects all that match before it gives the first."""
    # The next word after it begins with the first digit: the word itself would be counted, however often it occurs.
    between = (beginning + "0", beginning + _LAST, ENDINGS)
    return [str(term) for (term,) in by_heart.run(connection, _VOCABULARY, between)]


_VOCABULARY = "SELECT term FROM ticket_vocabulary WHERE term >= ? AND term < ? LIMIT ?"


def matches(asked: Asked, dialect: str) -> ColumnElement[bool]:
    """The condition on `ticket_words`."""
    if dialect == "sqlite":
        return literal_column("ticket_words").op("MATCH")(_query(asked))
    query = " & ".join(f"({' | '.join(map(_lexeme, any_of))})" for any_of in asked.terms)
    return _s.words.op("@@")(text("CAST(CAST(:query AS TEXT) AS tsquery)").bindparams(query=query))


def _query(asked: Asked) -> str:
    return " AND ".join(f"({' OR '.join(map(_quoted, any_of))})" for any_of in asked.terms)


def has_others(asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions on what `matches` has found, on SQLite: a document is its words with a space between."""
    document = literal(" ") + _s.words + " "
    return [or_(*(func.instr(document, f" {word} ") > 0 for word in any_of)) for any_of in asked.others]


def _quoted(word: str) -> str:
    return f'"{word}"'


def _lexeme(word: str) -> str:
    return f"'{word.removesuffix('*')}'" + (":*" if word.endswith("*") else "")


def number(dialect: str) -> ColumnElement[int]:
    """The ticket's number in the index."""
    return _s.rowid if dialect == "sqlite" else _s.number


def words_first(dialect: str) -> Join:
    """The index, and for each match its ticket."""
    return Driving(_ticket_words, tables.tickets, _t.number == number(dialect))


def tickets_first(dialect: str) -> Join:
    """For each ticket its words: where few tickets come into question."""
    return Driving(tables.tickets, _ticket_words, _t.number == number(dialect))


def is_behind(connection: Connection) -> bool:
    return connection.execute(_PENDING).first() is not None


_PENDING = select(_q.id).limit(1)


def index(connection: Connection, most: int) -> int:
    """Bring the index up to date for up to `most` notices, in the caller's transaction; how many there were."""
    if connection.dialect.name == "postgresql":
        # Of two that index one ticket, the one that read earlier could write later.
        connection.execute(text("SELECT pg_advisory_xact_lock(4242002)"))
    queued = connection.execute(select(_q.id, _q.number).order_by(_q.id).limit(most)).all()
    if not queued:
        return 0
    numbers = sorted({row.number for row in queued})
    connection.execute(delete(search_queue).where(_q.id.in_([row.id for row in queued])))
    _write(connection, numbers, _documents(connection, numbers))
    return len(queued)


def _documents(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """What each ticket is found by; a deleted one has nothing."""
    ours = (_t.number.in_(numbers), _t.deleted_at.is_(None))
    heads = connection.execute(select(_t.number, _t.subject, _beginning(_t.description)).where(*ours)).all()
    said = {number: [subject, description] for number, subject, description in heads}
    noted: dict[int, list[str]] = {number: [] for number in said}
    messages = (
        select(_t.number, _m.direction, _beginning(_m.body))
        .join_from(tables.messages, tables.tickets, _t.id == _m.ticket_id)
        .where(*ours, _m.deleted_at.is_(None))
        .order_by(_m.created_at.desc(), _m.id.desc())
    )
    for number, direction, body in connection.execute(messages):
        texts = (noted if direction == Direction.NOTE else said)[number]
        # What opened the ticket is its description once more.
        if len(texts) < MESSAGES and body not in texts[:2]:
            texts.append(body)
    return {number: _document(said[number], noted[number]) for number in said}


def _beginning(column: "Column[str]") -> ColumnElement[str]:
    return func.substr(column, 1, TEXT_LENGTH)


def _document(said: Iterable[str], noted: Iterable[str]) -> str:
    public = words.of(said)
    return " ".join([*sorted(public), *(NOTED + word for word in sorted(words.of(noted) - public))])


def _write(connection: Connection, numbers: Sequence[int], documents: Mapping[int, str]) -> None:
    dialect = connection.dialect.name
    connection.execute(_REMOVE[dialect], [{"number": number} for number in numbers])
    if documents:
        connection.execute(_ADD[dialect], [{"number": n, "words": found} for n, found in documents.items()])


_REMOVE = {
    "sqlite": text("DELETE FROM ticket_words WHERE rowid = :number"),
    "postgresql": text("DELETE FROM ticket_words WHERE number = :number"),
}
_ADD = {
    "sqlite": text("INSERT INTO ticket_words (rowid, words) VALUES (:number, :words)"),
    "postgresql": text(
        "INSERT INTO ticket_words (number, words) VALUES (:number, CAST(CAST(:words AS TEXT) AS tsvector))"
    ),
}
