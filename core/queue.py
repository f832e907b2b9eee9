"""The queue: which tickets an actor sees, filtered, in order, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables, tickets
from core.access import Actor
from core.config import Settings
from core.text import clean_line
from core.tickets import Ticket
from core.vocabulary import Category, Channel, Priority, Status, TicketType

# A page asked for by its number reads all before it; further down the cursor costs the same everywhere.
DEEPEST = 100_000

_t = tables.tickets.c


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show. None: whatever. `assigned_to`: a user's id; `unassigned` only those that are nobody's.

    `statuses`: those that a contract sees as one. `extra`: of a contract, a field of its own, and what it must be;
    `numbers`: the same for fields that are whole numbers, all of which must be so.
    """

    status: Status | None = None
    priority: Priority | None = None
    category: Category | None = None
    channel: Channel | None = None
    tag: str | None = None
    assigned_to: UUID | None = None
    unassigned: bool = False
    requester_id: UUID | None = None
    words: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    statuses: tuple[Status, ...] = ()
    extra: tuple[str, str, str] | None = None
    type: TicketType | None = None
    numbers: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`number` counts from 1; `after` is the ticket number behind which to go on instead, newest first.

    `skip` leaves out so many in front of the first page. `order`: the words of the column that is sorted by, in the
    order of a contract's own.
    """

    number: int = 1
    limit: int = 20
    after: int | None = None
    sort: str = "-created_at"
    skip: int = 0
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    tickets: tuple[Ticket, ...]
    total: int
    page: Page


def _ranked(column: ColumnElement[str], words: Iterable[str]) -> ColumnElement[object]:
    """Sorted by what the words mean: by their letters, `urgent` would come after `medium`."""
    return case({word: rank for rank, word in enumerate(words)}, value=column)


SORTS: dict[str, ColumnElement[object]] = {
    "created_at": _t.number,
    "updated_at": _t.updated_at,
    "number": _t.number,
    "subject": _t.subject,
    "status": _ranked(_t.status, Status),
    "priority": _ranked(_t.priority, reversed(Priority)),
}


async def listing(
    connection: AsyncConnection, actor: Actor, settings: Settings, filters: Filters, page: Page
) -> Listing:
    conditions = [access.visible(actor, settings), *_conditions(filters)]
    total = await connection.execute(select(func.count()).select_from(tables.tickets).where(*conditions))
    found = await tickets.read(connection, _paged(tickets.LISTED.where(*conditions), page))
    return Listing(tuple(found.values()), int(total.scalar_one()), page)


async def onward(
    connection: AsyncConnection, actor: Actor, settings: Settings, *, after: int, limit: int
) -> tuple[Ticket, ...]:
    """The tickets behind number `after`, the oldest first and each with its whole description."""
    ahead = tickets.SELECT.where(access.visible(actor, settings), _t.number > after).order_by(_t.number).limit(limit)
    return tuple((await tickets.read(connection, ahead)).values())


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    equal = {
        "status": filters.status,
        "type": filters.type,
        "priority": filters.priority,
        "category": filters.category,
        "channel": filters.channel,
        "assignee_id": filters.assigned_to,
        "requester_id": filters.requester_id,
    }
    found: list[ColumnElement[bool]] = [_t[name] == value for name, value in equal.items() if value is not None]
    if filters.statuses:
        found.append(_t.status.in_(filters.statuses))
    if filters.extra:
        contract, name, value = filters.extra
        found.append(_t.extra[contract][name].as_string() == value)
    found += [_t.extra[contract][name].as_integer() == value for contract, name, value in filters.numbers]
    if filters.unassigned:
        found.append(_t.assignee_id.is_(None))
    if filters.created_from:
        found.append(_t.created_at >= filters.created_from)
    if filters.created_to:
        found.append(_t.created_at < filters.created_to)
    if filters.tag:
        tagged = select(tables.ticket_tags.c.ticket_id).where(tables.ticket_tags.c.tag == clean_line(filters.tag))
        found.append(_t.id.in_(tagged))
    # A NUL or a lone surrogate would be an error of the database, and is in no ticket.
    return found + [_mentions(word) for word in clean_line(filters.words or "").split()[:8]]


def _mentions(word: str) -> ColumnElement[bool]:
    # SQLite knows the two cases of ASCII only; the spellings people use find the rest there too.
    spellings = [word] if word.isascii() else list(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())))
    return or_(*(c.icontains(one, autoescape=True) for c in (_t.subject, _t.description) for one in spellings))


def _paged(statement: Select[*tuple[object, ...]], page: Page) -> Select[*tuple[object, ...]]:
    if page.after is not None:
        return statement.where(_t.number < page.after).order_by(_t.number.desc()).limit(page.limit)
    name = page.sort.removeprefix("-")
    column = _ranked(_t[name], page.order) if page.order else SORTS[name]
    descending = page.sort.startswith("-")
    # The number settles every tie, so that no page repeats or skips a ticket.
    order = (column.desc(), _t.number.desc()) if descending else (column.asc(), _t.number.asc())
    before = page.skip + (page.number - 1) * page.limit
    return statement.order_by(*order).limit(page.limit if before <= DEEPEST else 0).offset(min(before, DEEPEST))
