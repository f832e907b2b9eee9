"""The queue: which tickets an actor sees, filtered, in order, a page at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    UnaryExpression,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, census, filtering, tables, tallies, tickets
from core.access import Actor
from core.config import Settings
from core.filtering import Conditions, Filters
from core.finding import search
from core.finding.search import Asked, Driving
from core.storage.along import BY_NUMBER
from core.tickets import Ticket
from core.vocabulary import Priority, Status

# A page asked for by its number reads all before it; further down the cursor costs the same everywhere.
DEEPEST = 100_000
# Nobody reads ten thousand tickets, but everybody waits while they are counted. With words or a tag each one is looked at.
MOST_COUNTED = 10_000
MOST_FOUND_COUNTED = 1_000
# Of so many is asked whether they have the rest of what is wanted: where the index that they are looked up in tells it, and
# where they must be read; and of those that words or a tag have found.
MOST_TOLD, MOST_READ = 5_000, 1_500
MOST_FOUND_TOLD, MOST_FOUND_READ = 1_000, 500
# Of several words that are all common, one that has all of them can cost as much as twenty that have one.
MOST_TOGETHER = 50
# What more tickets have, a tag or another filter, is asked of each ticket in the order of the list: soon there are enough
# for a page. Of fewer all are sorted.
COMMON = 3_000
# Of the tickets of some days so many are looked through for where they lie among all.
DATED = 20_000

_t, _tagged = tables.tickets.c, tables.ticket_tags.c
# By the number: then the index of tags alone tells which tickets there are.
_TAGS_FIRST = Driving(tables.ticket_tags, tables.tickets, _t.number == _tagged.number)


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
    """`total` ends somewhere: unless it `is_counted`, there may be more than that."""

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
    visible, sees_all = access.visible(actor, settings), access.sees_all(actor, settings)
    if filters.words is not None and filters.words.strip():
        asked = search.understood(connection, filters.words, notes=actor.is_staff)
        if asked is None:
            return Listing((), 0, page)
        found = _found(connection.dialect.name, actor, filters, visible, asked)
        return _listed(connection, found, found, page)
    # Nearly all are awake: those that sleep are counted by themselves, and taken from all.
    awake, asleep = filtering.awake(filters), _asleep(connection, filters, visible)
    filters = replace(filters, awake_at=None)
    is_few = sees_all and _leaves_few(connection, filters)
    first = _first(connection, filters, is_few=is_few) if sees_all else None
    wanted = filtering.conditions(filters, connection.dialect.name, first)
    source = _plain(filters, visible, wanted, first, sees_all=sees_all and not is_few)
    if sees_all and (only := filters.only_words) is not None:
        source = replace(source, kept=tallies.count(connection, only))
    counted = _by_day(connection, source, filters)
    if source.is_whole:
        source = _narrowed(connection, source, filters, page)
    if len(filters.statuses) > 1 and not filters.status and source.is_whole and first in (None, "status"):
        source = replace(source, any_of=filters.statuses)
    shown = replace(source, asked=(*source.asked, *awake))
    ordered = _in_order(connection, shown, filters, page, sees_all=sees_all)
    return _listed(connection, counted or source, ordered, page, asleep)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the tickets of a list come from. `number` is what the newest come first by without sorting."""

    rows: FromClause
    number: ColumnElement[int]
    # The first: what may be seen at all.
    looked_up: tuple[ColumnElement[bool], ...]
    asked: tuple[ColumnElement[bool], ...]
    # How many are gone through to count them.
    most: int
    # Whether it may be all tickets that there are.
    is_whole: bool = False
    # Statuses, each of which is looked up by itself.
    any_of: tuple[Status, ...] = ()
    # How many there are, where that is kept.
    kept: int | None = None

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        return (*self.looked_up, *self.asked)


def _plain(
    filters: Filters, visible: ColumnElement[bool], wanted: Conditions, first: str | None = None, *, sees_all: bool
) -> _Source:
    """One person has few tickets, whatever their tags; of all tickets those of a tag are found by the tag."""
    is_somebodys = filters.requester_id or filters.assigned_to or not sees_all
    if filters.tag and not is_somebodys:
        by_tag, most = (visible, filtering.is_tag(filters.tag)), _most_found(filters, wanted.all)
        return _Source(_TAGS_FIRST, _tagged.number, by_tag, wanted.all, most)
    asked = (*wanted.asked, filtering.has_tag(filters.tag)) if filters.tag else wanted.asked
    # The index of whose they are tells their status.
    is_told = first == "assignee_id" and filters.only_words is not None and filters.in_words.keys() == {first, "status"}
    most = (MOST_TOLD if is_told else MOST_READ) if asked else MOST_COUNTED
    by = (visible, *wanted.looked_up)
    return _Source(tables.tickets, _t.number, by, asked, most, is_whole=not is_somebodys)


def _by_day(connection: Connection, source: _Source, filters: Filters) -> _Source | None:
    """Those of some days as they are counted: in any other order the first tickets may all be of other days."""
    if not source.is_whole or not filtering.are_told_by_days(connection, filters, MOST_READ):
        return None
    by = (source.looked_up[0], *filtering.dated(filters))
    rest = filtering.conditions(replace(filters, created_from=None, created_to=None), connection.dialect.name).all
    return replace(source, looked_up=by, asked=rest, most=MOST_READ if rest else MOST_COUNTED)


def _asleep(connection: Connection, filters: Filters, visible: ColumnElement[bool]) -> _Source | None:
    """Those that a list leaves out because they sleep, by the index of those."""
    if filters.awake_at is None:
        return None
    asked = filtering.conditions(replace(filters, awake_at=None), connection.dialect.name).all
    if filters.tag:
        asked = (*asked, filtering.has_tag(filters.tag))
    sleeping = filtering.asleep(filters.awake_at)
    return _Source(tables.tickets, _t.number, (visible, sleeping), asked, MOST_READ)


def _found(dialect: str, actor: Actor, filters: Filters, visible: ColumnElement[bool], words: Asked) -> _Source:
    wanted, matching = filtering.conditions(filters, dialect), search.matches(words, dialect)
    asked = (*wanted.asked, filtering.has_tag(filters.tag)) if filters.tag else wanted.asked
    if not actor.is_staff or filters.requester_id:
        # One person has few tickets, however many have these words.
        by, asked = (visible, *wanted.looked_up, matching), (*search.has_others(words), *asked)
        return _Source(search.tickets_first(dialect), _t.number, by, asked, MOST_FOUND_COUNTED)
    asked = (*wanted.looked_up, *asked)
    most = _most_found(filters, asked) if len(words.terms) == 1 else MOST_TOGETHER
    asked = (*search.has_others(words), *asked)
    return _Source(search.words_first(dialect), search.number(dialect), (visible, matching), asked, most)


def _most_found(filters: Filters, asked: tuple[ColumnElement[bool], ...]) -> int:
    if not asked:
        return MOST_FOUND_COUNTED
    return MOST_FOUND_TOLD if filters.is_in_indexes else MOST_FOUND_READ


def _narrowed(connection: Connection, source: _Source, filters: Filters, page: Page) -> _Source:
    """With where its tickets lie among all, or which these are, where few may match or such as lie anywhere in the order
    of the list: at a million tickets it took 5 to 28 seconds to go through all of them for a page of last year's, or for
    a type that nobody uses.
    """
    narrow = filtering.dated(filters) or filtering.typed(filters)
    if not narrow or _is_common(connection, filters):
        return source
    some = select(_t.number).where(source.looked_up[0], *narrow).limit(DATED + 1).subquery()
    bounds = select(func.count(), func.min(some.c.number), func.max(some.c.number))
    many, least, most = connection.execute(bounds).one()
    if many > DATED:
        return _from_its_end(connection, source, filters, page)
    if many > COMMON:
        return replace(source, looked_up=(*source.looked_up, _t.number.between(least, most)))
    few = select(_t.number).where(source.looked_up[0], *narrow).limit(COMMON)
    return replace(source, looked_up=(*source.looked_up, _t.number.in_(few)), is_whole=False)


def _from_its_end(connection: Connection, source: _Source, filters: Filters, page: Page) -> _Source:
    if page.after is not None or SORTS[page.sort.removeprefix("-")] is not _t.number:
        return source
    is_rising = not page.sort.startswith("-")
    ends = filtering.ends_of_days(connection, source.looked_up[0], filters, is_rising=is_rising, few=DATED)
    return replace(source, looked_up=(*source.looked_up, *ends))


def _is_common(connection: Connection, filters: Filters) -> bool:
    """Whether nearly all tickets are of the type that is asked for, which need not be looked through."""
    if not filters.type or filtering.dated(filters):
        return False
    kept = tallies.count(connection, {"type": (filters.type,)})
    return kept is not None and kept > DATED


def _in_order(connection: Connection, source: _Source, filters: Filters, page: Page, *, sees_all: bool) -> _Source:
    """The same tickets from where a page of them is found soonest; they are counted in `source`."""
    if source.rows is _TAGS_FIRST and filters.tag and _is_by_ticket(connection, filters.tag, page):
        asked = (*source.asked, filtering.has_tag(filters.tag))
        return _Source(tables.tickets, _t.number, source.looked_up[:1], asked, source.most, is_whole=True)
    if sees_all and not filters.requester_id and _is_sorted(connection, source, filters, page):
        return _each_asked(source)
    return source


def _is_sorted(connection: Connection, source: _Source, filters: Filters, page: Page) -> bool:
    """Whether so many match that a page is found sooner in its order. SQLite keeps no figures of it, and would sort all
    that match: of a million tickets it took 5 to 7 seconds to show the first page of the closed ones by subject.
    """
    is_ordered = page.after is None and page.sort.removeprefix("-") in _IN_ORDER
    if not is_ordered or connection.dialect.name != "sqlite" or filters.tag or len(source.conditions) == 1:
        return False
    if source.kept is not None:
        return source.kept > COMMON
    return census.are_more(connection, source.rows, source.conditions, COMMON)


def _each_asked(source: _Source) -> _Source:
    """The same of each ticket in turn. The first, what may be seen at all, is what the index of the order was made by."""
    visible, *others = source.conditions
    return replace(source, looked_up=(visible,), asked=(census.aside(and_(*others)),))


def _is_by_ticket(connection: Connection, tag: str, page: Page) -> bool:
    """Whether a page of the tickets of `tag` is found sooner among all tickets than among those."""
    if page.after is not None or SORTS[page.sort.removeprefix("-")] is _t.number:
        return False  # in which the tickets of a tag lie by themselves
    return census.are_more(connection, tables.ticket_tags, [filtering.is_tag(tag)], COMMON)


def _listed(
    connection: Connection, source: _Source, ordered: _Source, page: Page, asleep: _Source | None = None
) -> Listing:
    """`ordered`: the same tickets from where they come in the order of the page, without those that are `asleep`. They
    are counted in `source`.
    """
    numbers = connection.execute(_numbers(ordered, page)).scalars().all()
    shown = tickets.listed(connection, numbers[: page.limit])
    # Behind the end nobody has seen anything.
    seen = _before(page) + len(numbers) if numbers and page.after is None else len(numbers)
    is_end = page.after is None and len(numbers) <= page.limit and (numbers or not _before(page))
    if is_end and (source.kept is None or asleep):
        return Listing(shown, seen, page)
    total, is_counted = (source.kept, True) if source.kept is not None else _counted(connection, source)
    if asleep:
        sleeping, is_all = _counted(connection, asleep)
        # Where it is not known how many sleep, all that are not seen may.
        total, is_counted = max(total - sleeping, 0) if is_all else 0, is_counted and is_all
    # `numbers` has one more where there is another page: whoever goes on while there are pages comes to the end.
    return Listing(shown, total if is_counted else max(total, seen), page, is_counted)


def _counted(connection: Connection, source: _Source) -> tuple[int, bool]:
    looked_up, asked = source.looked_up, source.asked
    if connection.dialect.name != "sqlite":
        # It knows by itself where to begin.
        looked_up, asked = source.conditions, ()
    has_rest = case((and_(*asked), 1)) if asked else literal(1)
    some = (
        select(has_rest.label("has_rest")).select_from(source.rows).where(*looked_up).limit(source.most + 1).subquery()
    )
    total, gone_through = connection.execute(select(func.count(some.c.has_rest), func.count()).select_from(some)).one()
    return min(total, source.most), gone_through <= source.most


async def onward(
    connection: AsyncConnection, actor: Actor, settings: Settings, *, after: int, limit: int
) -> tuple[Ticket, ...]:
    """The tickets behind number `after`, the oldest first and each with its whole description."""
    ahead = tickets.SELECT.where(access.visible(actor, settings), _t.number > after).order_by(_t.number).limit(limit)
    return tuple((await tickets.read(connection, ahead)).values())


def _leaves_few(connection: Connection, filters: Filters) -> bool:
    """Whether there are fewer tickets with all the rest than are gone through for a page of those of a common tag."""
    if not filters.tag:
        return False
    rest = replace(filters, tag=None).only_words
    kept = tallies.count(connection, rest) if rest else None
    return kept is not None and kept <= COMMON


def _first(connection: Connection, filters: Filters, *, is_few: bool = False) -> str | None:
    """The column whose index is where to begin, where SQLite cannot know it. Of a tag's tickets it is that of the tag,
    unless the rest leaves but few.
    """
    is_by_tag = filters.tag and not is_few
    if connection.dialect.name != "sqlite" or is_by_tag or filters.words or filters.requester_id:
        return None
    if filters.extra or filters.numbers:
        return None  # of which few have any
    return census.rarest(connection, filters.in_words)


def _numbers(source: _Source, page: Page) -> Select[int]:
    """The numbers of a page, and of one ticket more. Only then are tickets read: what a page skips is never put together."""
    if source.any_of and (page.after is not None or SORTS[page.sort.removeprefix("-")] is _t.number):
        return _merged(source, page)
    statement = select(source.number).select_from(source.rows).where(*source.conditions)
    if page.after is not None:
        return statement.where(source.number < page.after).order_by(source.number.desc()).limit(page.limit + 1)
    if source.is_whole and page.sort.removeprefix("-") in _WORDS:
        return _cut(_word_by_word(source, page), page)
    if source.is_whole and len(source.conditions) == 1 and SORTS[page.sort.removeprefix("-")] is _t.number:
        statement = select(source.number).select_from(BY_NUMBER).where(*source.conditions)
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
    return _cut(ordered, page) if page.after is None else ordered.limit(page.limit + 1)


def _cut(statement: Select[int], page: Page) -> Select[int]:
    before = _before(page)
    return statement.limit(page.limit + 1 if before <= DEEPEST else 0).offset(min(before, DEEPEST))


def _before(page: Page) -> int:
    return page.skip + (page.number - 1) * page.limit


def _word_by_word(source: _Source, page: Page) -> Select[int]:
    """What a page can need of each word, out of its index: to sort by their meaning every ticket would be looked at."""
    name, descending = page.sort.removeprefix("-"), page.sort.startswith("-")
    most, number = min(_before(page), DEEPEST) + page.limit + 1, source.number
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
    name, descending = page.sort.removeprefix("-"), page.sort.startswith("-")
    column = _ranked(_t[name], page.order) if page.order else SORTS[name]
    # The number settles every tie, so that no page repeats or skips a ticket.
    by: list[ColumnElement[int] | ColumnElement[object]] = [number] if column is _t.number else [column, number]
    return [one.desc() if descending else one.asc() for one in by]
