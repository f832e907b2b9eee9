"""The queue: which tickets an actor sees, filtered, in order, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    String,
    UnaryExpression,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, census, contract_numbers, tables, tickets
from core.access import Actor
from core.config import Settings
from core.finding import search
from core.finding.search import Asked, Driving
from core.text import clean_line
from core.tickets import Ticket
from core.vocabulary import Category, Channel, Priority, Status, TicketType

# A page asked for by its number reads all before it; further down the cursor costs the same everywhere.
DEEPEST = 100_000
# Nobody reads ten thousand tickets, but everybody waits while they are counted. With words each one is looked at; with
# words and something else, many for each that counts.
MOST_COUNTED = 10_000
MOST_FOUND_COUNTED = 1_000
MOST_FILTERED_COUNTED = 100
# What more tickets have, a tag or another filter, is asked of each ticket in the order of the list: soon there are enough
# for a page. Of fewer all are sorted.
COMMON = 3_000
# Of the tickets of some days so many are looked through for where they lie among all.
DATED = 50_000

_t, _tagged = tables.tickets.c, tables.ticket_tags.c
# By the number: then the index of tags alone tells which tickets there are.
_TAGS_FIRST = Driving(tables.ticket_tags, tables.tickets, _t.number == _tagged.number)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show. None: whatever. `assigned_to`: a user's id; `unassigned` only those that are nobody's.

    `statuses`: those that a contract sees as one, where `status` is not said. `extra`: of a contract, a field of its own,
    and what it must be; `numbers`: the same for fields that are whole numbers, all of which must be so; contract and
    field are the program's own words.
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
    needs_review: bool | None = None
    numbers: tuple[tuple[str, str, int], ...] = ()
    # Only those that do not sleep at this time, and only those that do.
    awake_at: datetime | None = None
    asleep_at: datetime | None = None


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
    """`total` ends somewhere: unless it `is_counted`, there are more than that."""

    tickets: tuple[Ticket, ...]
    total: int
    page: Page
    is_counted: bool = True


# Columns of which each word has an index that begins with it, and what comes after what.
_WORDS: Mapping[str, tuple[str, ...]] = {"status": tuple(Status), "priority": tuple(reversed(Priority))}


# Columns in whose order there is an index of all tickets, with the usual filters in it.
_IN_ORDER = ("subject", "updated_at")


def _ranked(column: ColumnElement[str], words: Iterable[str]) -> ColumnElement[object]:
    """Sorted by what the words mean: by their letters, `urgent` would come after `medium`."""
    return case({word: rank for rank, word in enumerate(words)}, value=column)


SORTS: dict[str, ColumnElement[object]] = {
    "created_at": _t.number,
    "updated_at": _t.updated_at,
    "number": _t.number,
    "subject": _t.subject,
    **{name: _ranked(_t[name], words) for name, words in _WORDS.items()},
}


def listed(connection: Connection, actor: Actor, settings: Settings, filters: Filters, page: Page) -> Listing:
    """A page. On a plain connection (`Database.browse`), where its queries cost one trip together."""
    first = _first(connection, filters) if access.sees_all(actor, settings) else None
    conditions = [access.visible(actor, settings), *_conditions(filters, connection.dialect.name, first)]
    if filters.words is None or not filters.words.strip():
        source = _plain(actor, settings, filters, conditions)
        if source.is_whole and (narrow := _narrow(filters)):
            source = _narrowed(connection, source, [access.visible(actor, settings), *narrow])
        if filters.tag and source.rows is _TAGS_FIRST and _is_by_ticket(connection, filters.tag, page):
            by_ticket = _Source(tables.tickets, _t.number, [*conditions, _has(filters.tag)], 0, is_whole=True)
            return _listed(connection, source, page, by_ticket)
        if len(filters.statuses) > 1 and source.is_whole and first in (None, "status"):
            source = replace(source, any_of=filters.statuses)
        if _is_in_order(connection, actor, settings, filters, source, page):
            return _listed(connection, source, page, replace(source, conditions=_each_asked(source.conditions)))
        return _listed(connection, source, page)
    if filters.tag:
        conditions.append(_has(filters.tag))
    asked = search.understood(connection, filters.words, notes=actor.is_staff)
    if asked is None:
        return Listing((), 0, page)
    return _listed(connection, _found(asked, actor, filters, conditions, connection.dialect.name), page)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the tickets of a list come from. `number` is what the newest come first by without sorting."""

    rows: FromClause
    number: ColumnElement[int]
    conditions: Sequence[ColumnElement[bool]]
    most_counted: int
    # Whether it may be all tickets that there are.
    is_whole: bool = False
    # Statuses, each of which is looked up by itself.
    any_of: tuple[Status, ...] = ()


def _narrow(filters: Filters) -> list[ColumnElement[bool]]:
    """What may leave nothing of all tickets, or such as lie anywhere in the order of the list."""
    return _dated(filters) or _typed(filters)


def _narrowed(connection: Connection, source: _Source, narrow: Sequence[ColumnElement[bool]]) -> _Source:
    """With where its tickets lie among all, or which these are: at a million tickets it took 5 to 28 seconds to go through
    all of them for a page of last year's, or for a type that nobody uses.
    """
    some = select(_t.number).where(*narrow).limit(DATED + 1).subquery()
    bounds = select(func.count(), func.min(some.c.number), func.max(some.c.number))
    many, least, most = connection.execute(bounds).one()
    if many > DATED:
        return source
    if many > COMMON:
        return replace(source, conditions=[*source.conditions, _t.number.between(least, most)])
    few = select(_t.number).where(*narrow).limit(COMMON)
    return replace(source, conditions=[*source.conditions, _t.number.in_(few)], is_whole=False)


def _is_in_order(
    connection: Connection, actor: Actor, settings: Settings, filters: Filters, source: _Source, page: Page
) -> bool:
    """Whether so many match that a page is found sooner in its order. SQLite keeps no figures of it, and would sort all
    that match: of a million tickets it took 5 to 7 seconds to show the first page of the closed ones by subject.
    """
    is_ordered = page.after is None and page.sort.removeprefix("-") in _IN_ORDER
    if not is_ordered or connection.dialect.name != "sqlite" or filters.tag or not access.sees_all(actor, settings):
        return False
    is_filtered = filters.requester_id is None and len(source.conditions) > 1
    return is_filtered and census.are_more(connection, source.rows, source.conditions, COMMON)


def _each_asked(conditions: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """The same of each ticket in turn. The first, what may be seen at all, is what the index of the order was made by."""
    visible, *others = conditions
    return [visible, census.aside(and_(*others))]


def _is_by_ticket(connection: Connection, tag: str, page: Page) -> bool:
    """Whether a page of the tickets of `tag` is found sooner among all tickets than among those."""
    if page.after is not None or SORTS[page.sort.removeprefix("-")] is _t.number:
        return False  # in which the tickets of a tag lie by themselves
    return census.are_more(connection, tables.ticket_tags, [_is(tag)], COMMON)


def _plain(actor: Actor, settings: Settings, filters: Filters, conditions: Sequence[ColumnElement[bool]]) -> _Source:
    """One person has few tickets, whatever their tags; of all tickets those of a tag are found by the tag."""
    is_somebodys = filters.requester_id or filters.assigned_to or not access.sees_all(actor, settings)
    if not filters.tag:
        return _Source(tables.tickets, _t.number, conditions, MOST_COUNTED, is_whole=not is_somebodys)
    if is_somebodys:
        return _Source(tables.tickets, _t.number, [*conditions, _has(filters.tag)], MOST_COUNTED)
    return _Source(_TAGS_FIRST, _tagged.number, [*conditions, _is(filters.tag)], MOST_FOUND_COUNTED)


def _found(
    asked: Asked, actor: Actor, filters: Filters, conditions: Sequence[ColumnElement[bool]], dialect: str
) -> _Source:
    matching = [*conditions, search.matches(asked, dialect)]
    if not actor.is_staff or filters.requester_id:
        # One person has few tickets, however many have these words.
        return _Source(search.tickets_first(dialect), _t.number, matching, MOST_FOUND_COUNTED)
    most = MOST_FOUND_COUNTED if len(conditions) == 1 else MOST_FILTERED_COUNTED
    return _Source(search.words_first(dialect), search.number(dialect), matching, most)


def _listed(connection: Connection, source: _Source, page: Page, ordered: _Source | None = None) -> Listing:
    """`ordered`: the same tickets from where they come in the order of the page; they are counted in `source`."""
    shown = tickets.LISTED.where(_t.number.in_(_numbers(ordered or source, page)))
    found = tuple(tickets.found_by(connection, shown.order_by(*_order(_READ, page))).values())
    if page.after is None and page.skip == 0 and page.number == 1 and len(found) < page.limit:
        return Listing(found, len(found), page)
    counted = select(literal(1)).select_from(source.rows).where(*source.conditions).limit(source.most_counted + 1)
    total = int(connection.execute(select(func.count()).select_from(counted.subquery())).scalar_one())
    return Listing(found, min(total, source.most_counted), page, is_counted=total <= source.most_counted)


async def onward(
    connection: AsyncConnection, actor: Actor, settings: Settings, *, after: int, limit: int
) -> tuple[Ticket, ...]:
    """The tickets behind number `after`, the oldest first and each with its whole description."""
    ahead = tickets.SELECT.where(access.visible(actor, settings), _t.number > after).order_by(_t.number).limit(limit)
    return tuple((await tickets.read(connection, ahead)).values())


def _first(connection: Connection, filters: Filters) -> str | None:
    """The column whose index is where to begin, where SQLite cannot know it."""
    if connection.dialect.name != "sqlite" or filters.tag or filters.words or filters.requester_id:
        return None
    if filters.extra or filters.numbers:
        return None  # of which few have any
    return census.rarest(connection, {name: words for name, words in _listed_by(filters).items() if words})


def _listed_by(filters: Filters) -> dict[str, Sequence[object]]:
    """What is asked of columns that have an index: any of these words. None: nobody's."""
    return {
        "status": (filters.status,) if filters.status else filters.statuses,
        "priority": (filters.priority,) if filters.priority else (),
        "category": (filters.category,) if filters.category else (),
        "channel": (filters.channel,) if filters.channel else (),
        "assignee_id": (filters.assigned_to,) if filters.assigned_to else (None,) if filters.unassigned else (),
        "requester_id": (filters.requester_id,) if filters.requester_id else (),
    }


def _conditions(filters: Filters, dialect: str, first: str | None = None) -> list[ColumnElement[bool]]:
    """`first`: of the columns that have an index, the only one that is looked up in it."""
    found = [
        _is_one_of(name, words) if first in (None, name) else census.aside(_is_one_of(name, words))
        for name, words in _listed_by(filters).items()
        if words
    ]
    if filters.extra:
        contract, name, value = filters.extra
        found.append(contract_numbers.same(contract, name, value, dialect))
    found += [contract_numbers.equal(contract, name, value, dialect) for contract, name, value in filters.numbers]
    if filters.awake_at:
        found.append(or_(_t.snoozed_until.is_(None), _t.snoozed_until <= filters.awake_at))
    if filters.asleep_at:
        found.append(_t.snoozed_until > filters.asleep_at)
    found += [*_dated(filters), *_typed(filters)]
    if filters.needs_review is not None:
        # As the index says it (core/storage/list_indexes.py), or it would not be read.
        waits: ColumnElement[bool] = literal_column("tickets.needs_review", Boolean)
        found.append(waits if filters.needs_review else _t.needs_review == false())
    return found


def _is_one_of(name: str, words: Sequence[object]) -> ColumnElement[bool]:
    if words == (None,):
        return _t[name].is_(None)
    return _t[name] == words[0] if len(words) == 1 else _t[name].in_(words)


def _dated(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.created_from:
        found.append(_t.created_at >= filters.created_from)
    if filters.created_to:
        found.append(_t.created_at < filters.created_to)
    return found


def _typed(filters: Filters) -> list[ColumnElement[bool]]:
    if filters.type is None:
        return []
    # As the index of the rarer one says it (core/storage/list_indexes.py).
    return [literal_column("tickets.type", String) == literal_column(f"'{filters.type.value}'", String)]


def _has(tag: str) -> ColumnElement[bool]:
    has = _tagged.ticket_id == _t.id, _is(tag)
    return select(_tagged.tag).where(*has).correlate(tables.tickets).exists()


def _is(tag: str) -> ColumnElement[bool]:
    # A NUL or a lone surrogate would be an error of the database, and is in no tag.
    return _tagged.tag == clean_line(tag)


def _numbers(source: _Source, page: Page) -> Select[int]:
    """The numbers of a page. Only then are its tickets read: what a page skips is never put together."""
    if source.any_of and (page.after is not None or SORTS[page.sort.removeprefix("-")] is _t.number):
        return _merged(source, page)
    statement = select(source.number).select_from(source.rows).where(*source.conditions)
    if page.after is not None:
        return statement.where(source.number < page.after).order_by(source.number.desc()).limit(page.limit)
    if source.is_whole and page.sort.removeprefix("-") in _WORDS:
        return _cut(_word_by_word(source, page), page)
    return _cut(statement.order_by(*_order(source, page)), page)


def _merged(source: _Source, page: Page) -> Select[int]:
    """Each status out of its part of the index: SQLite would go through all tickets for some of two rare ones."""
    behind = [] if page.after is None else [source.number < page.after]
    of_each = [
        select(source.number.label("number")).where(*source.conditions, *behind, _t.status == status)
        for status in source.any_of
    ]
    number = union_all(*of_each).subquery().c.number
    is_rising = page.after is None and not page.sort.startswith("-")
    ordered = select(number).order_by(number.asc() if is_rising else number.desc())
    return _cut(ordered, page) if page.after is None else ordered.limit(page.limit)


def _cut(statement: Select[int], page: Page) -> Select[int]:
    before = _before(page)
    return statement.limit(page.limit if before <= DEEPEST else 0).offset(min(before, DEEPEST))


def _before(page: Page) -> int:
    return page.skip + (page.number - 1) * page.limit


def _word_by_word(source: _Source, page: Page) -> Select[int]:
    """What a page can need of each word, out of its index: to sort by their meaning every ticket would be looked at."""
    name, descending = page.sort.removeprefix("-"), page.sort.startswith("-")
    most, number = min(_before(page), DEEPEST) + page.limit, source.number
    of_words = [
        select(number.label("number"), literal(rank, Integer).label("rank"))
        .where(*source.conditions, _t[name] == word)
        .order_by(number.desc() if descending else number.asc())
        .limit(most)
        .subquery()
        for rank, word in enumerate(page.order or _WORDS[name])
    ]
    found = union_all(*(select(one.c.number, one.c.rank) for one in of_words)).subquery()
    by = (found.c.rank, found.c.number)
    return select(found.c.number).order_by(*(one.desc() if descending else one.asc() for one in by))


def _order(source: _Source, page: Page) -> list[UnaryExpression[int] | UnaryExpression[object]]:
    number = source.number
    if page.after is not None:
        return [number.desc()]
    name, descending = page.sort.removeprefix("-"), page.sort.startswith("-")
    column = _ranked(_t[name], page.order) if page.order else SORTS[name]
    # The number settles every tie, so that no page repeats or skips a ticket.
    by: list[ColumnElement[int] | ColumnElement[object]] = [number] if column is _t.number else [column, number]
    return [one.desc() if descending else one.asc() for one in by]


# The tickets of a page whose numbers are known.
_READ = _Source(tables.tickets, _t.number, (), 0)
