"""What people decide about classifications, and what follows from it: the lessons that a desk learns from.

A lesson is written in the commit that decides: an override, a confirmation, or a ticket settled as it was classified.
Nothing else teaches; a ticket's last lesson counts, and one that was undone counts no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, insert, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import subjects
from core.access import Actor
from core.classify.inference import read
from core.classify.learning import Lesson
from core.classify.library import Library
from core.errors import Conflict, NotFound
from core.learning.classification_tables import lessons
from core.vocabulary import Category, Priority

if TYPE_CHECKING:
    from core.tickets import Ticket

# So many of the newest are learned from: what a desk did long ago fades, and starting costs the same at any age.
WINDOW = 2_000
# So many are reported of.
REPORTED = 100 * WINDOW

_l = lessons.c
_WITHOUT_WORDS = (
    *[c for c in lessons.c if c.name not in ("terms", "scores")],
    null().label("terms"),
    null().label("scores"),
)
_WRITTEN, _LIBRARY = "deskbell_lesson", "deskbell_library"


class Kind(StrEnum):
    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    KEPT = "kept"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class State:
    """What tells whether there is anything new to learn."""

    newest: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Taught:
    """One row, as it is read. `ticket_id` None: of an undoing."""

    number: int
    ticket_id: UUID | None
    kind: Kind
    category: Category | None
    was_category: Category | None
    priority: Priority | None
    was_priority: Priority | None
    confidence: float | None
    actor: str
    at: datetime
    undoes: int | None
    terms: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    @property
    def lesson(self) -> Lesson | None:
        if self.category is None or len(self.scores) != len(Category):
            return None
        return Lesson(self.number, self.terms, self.scores, self.category)


def read_with(connection: AsyncConnection, library: Library | None) -> None:
    """From now on lessons are read here with the phrases that tickets of this desk are judged by."""
    connection.info[_LIBRARY] = library


async def note(
    connection: AsyncConnection,
    ticket: "Ticket",
    kind: Kind,
    *,
    by: Actor,
    now: datetime,
    category: Category | None = None,
    priority: Priority | None = None,
) -> None:
    """Write down what `by` decided of a ticket that the desk had classified; of any other there is nothing to learn."""
    if ticket.classified_at is None:
        return
    reading = read(subjects.own(ticket), ticket.description, library=connection.info.get(_LIBRARY))
    row = {
        "ticket_id": ticket.id,
        "kind": kind,
        "category": category or ticket.category,
        "was_category": ticket.category,
        "priority": priority or ticket.priority,
        "was_priority": ticket.priority,
        "confidence": ticket.classification_confidence,
        "terms": list(reading.terms),
        "scores": [round(score, 4) for score in reading.scores],
        "user_id": by.user_id,
        "actor": by.username,
        "at": now,
    }
    await _write(connection, row)


async def undo(connection: AsyncConnection, number: int, *, by: str, now: datetime) -> None:
    """From now on that row teaches nothing; it stays, and so does who took it back. Raises NotFound, Conflict."""
    kind = (await connection.execute(select(_l.kind).where(_l.id == number))).scalar_one_or_none()
    if kind is None or kind == Kind.UNDONE:
        raise NotFound("Lesson")
    if (await connection.execute(select(_l.id).where(_l.undoes == number))).first():
        raise Conflict("this lesson has been undone already")
    row = {"kind": Kind.UNDONE, "undoes": number, "actor": by, "at": now, "terms": [], "scores": []}
    await _write(connection, row)


async def undo_since(
    connection: AsyncConnection, ticket: "Ticket", since: datetime, *, by: Actor, now: datetime
) -> None:
    """The same of what `by` decided of the ticket from then on."""
    undone = select(_l.undoes).where(_l.undoes.is_not(None))
    decided = select(_l.id).where(
        _l.ticket_id == ticket.id, _l.user_id == by.user_id, _l.at >= since, _l.id.not_in(undone)
    )
    for number in (await connection.execute(decided)).scalars().all():
        await undo(connection, number, by=by.username, now=now)


async def _write(connection: AsyncConnection, row: Mapping[str, object]) -> None:
    await connection.execute(insert(lessons), row)
    connection.info[_WRITTEN] = True


def written(connection: AsyncConnection) -> bool:
    """Whether this transaction has written a lesson: then there is something to learn after its commit."""
    return bool(connection.info.pop(_WRITTEN, False))


def state(connection: Connection) -> State:
    newest, rows = connection.execute(select(func.coalesce(func.max(_l.id), 0), func.count())).one()
    return State(newest, rows)


def newest(connection: Connection, most: int = WINDOW) -> list[Taught]:
    """The last rows, the oldest first."""
    return _read(connection, most)


def decided(connection: Connection) -> list[Taught]:
    """The last rows of years without the words of their tickets, of which so many would take a gigabyte."""
    return _read(connection, REPORTED, columns=_WITHOUT_WORDS)


def since(connection: Connection, number: int) -> list[Taught]:
    """What came after row `number`, the oldest first."""
    return _read(connection, WINDOW, _l.id > number)


def _read(
    connection: Connection,
    most: int,
    *conditions: ColumnElement[bool],
    columns: Iterable[ColumnElement[Any]] = (*lessons.c,),
) -> list[Taught]:
    found = connection.execute(select(*columns).where(*conditions).order_by(_l.id.desc()).limit(most)).all()
    return [
        Taught(
            number=row.id,
            ticket_id=row.ticket_id,
            kind=Kind(row.kind),
            category=Category(row.category) if row.category else None,
            was_category=Category(row.was_category) if row.was_category else None,
            priority=Priority(row.priority) if row.priority else None,
            was_priority=Priority(row.was_priority) if row.was_priority else None,
            confidence=row.confidence,
            actor=row.actor,
            at=row.at,
            undoes=row.undoes,
            terms=tuple(row.terms or ()),
            scores=tuple(row.scores or ()),
        )
        for row in reversed(found)
    ]


def counting(rows: Iterable[Taught]) -> list[Taught]:
    """Those that teach: of each ticket the last one, and none that was undone."""
    kept = list(rows)
    undone = {row.undoes for row in kept if row.kind is Kind.UNDONE}
    last: dict[UUID, Taught] = {}
    for row in kept:
        if row.ticket_id is not None and row.number not in undone:
            last.pop(row.ticket_id, None)
            last[row.ticket_id] = row
    return list(last.values())


@dataclass(frozen=True, slots=True)
class Month:
    """`right` of the tickets that people decided about in that month had the category that they gave them."""

    month: str
    decided: int
    right: int
    corrected: int

    @property
    def accuracy(self) -> float:
        return round(self.right / self.decided, 4) if self.decided else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """How the desk's own decisions agree with the classifier. `confusion`: what people said, then what it had said."""

    decided: int
    right: int
    undone: int
    months: tuple[Month, ...]
    confusion: Mapping[str, Mapping[str, int]]
    priority_decided: int
    priority_right: int

    @property
    def accuracy(self) -> float:
        return round(self.right / self.decided, 4) if self.decided else 0.0


def report(rows: Sequence[Taught]) -> Report:
    """What the classifier said first of each ticket, against what people said last."""
    first: dict[UUID, Taught] = {}
    for row in rows:
        if row.ticket_id is not None:
            first.setdefault(row.ticket_id, row)
    pairs = [(first[row.ticket_id], row) for row in counting(rows) if row.ticket_id is not None]
    confusion: dict[str, dict[str, int]] = {}
    by_month: dict[str, list[bool]] = {}
    for before, after in pairs:
        said, true = str(before.was_category), str(after.category)
        confusion.setdefault(true, {})[said] = confusion.setdefault(true, {}).get(said, 0) + 1
        by_month.setdefault(after.at.strftime("%Y-%m"), []).append(said == true)
    right = sum(before.was_category == after.category for before, after in pairs)
    return Report(
        decided=len(pairs),
        right=right,
        undone=sum(row.kind is Kind.UNDONE for row in rows),
        months=tuple(
            Month(month, len(found), sum(found), len(found) - sum(found)) for month, found in sorted(by_month.items())
        ),
        confusion=confusion,
        priority_decided=len(pairs),
        priority_right=sum(before.was_priority == after.priority for before, after in pairs),
    )
