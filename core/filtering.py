"""What a list of tickets is narrowed by, and how the database is asked for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, String, false, func, literal_column, or_, select

from core import census, contract_numbers, days, tables, tallies
from core.text import clean_line
from core.vocabulary import Category, Channel, Priority, Status, TicketType

_t, _tagged = tables.tickets.c, tables.ticket_tags.c


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

    @property
    def in_words(self) -> Mapping[str, Sequence[object]]:
        """What is asked of columns that hold one of few words: any of these. None: nobody's."""
        asked: dict[str, Sequence[object]] = {
            "status": (self.status,) if self.status else self.statuses,
            "priority": (self.priority,) if self.priority else (),
            "category": (self.category,) if self.category else (),
            "channel": (self.channel,) if self.channel else (),
            "assignee_id": (self.assigned_to,) if self.assigned_to else (None,) if self.unassigned else (),
        }
        return {name: words for name, words in asked.items() if words}

    @property
    def is_in_indexes(self) -> bool:
        """Whether each index of tickets tells what is asked of those that a search or a tag has found."""
        usual = replace(self, status=None, statuses=(), priority=None, category=None, words=None, tag=None)
        return usual == _ANY and not (self.words and self.tag)

    @property
    def only_words(self) -> Mapping[str, Sequence[object]] | None:
        """The same with the type, where nothing else is asked."""
        bare = replace(
            self, status=None, statuses=(), priority=None, category=None, channel=None, assigned_to=None,
            unassigned=False, type=None,
        )  # fmt: skip
        if bare != _ANY:
            return None
        return {**self.in_words, **({"type": (self.type,)} if self.type else {})}


_ANY = Filters()


@dataclass(frozen=True, slots=True)
class Conditions:
    """`looked_up` says which tickets come into question, out of an index; of each of them is `asked` the rest."""

    looked_up: tuple[ColumnElement[bool], ...]
    asked: tuple[ColumnElement[bool], ...] = ()

    @property
    def all(self) -> tuple[ColumnElement[bool], ...]:
        return (*self.looked_up, *self.asked)


def conditions(filters: Filters, dialect: str, first: str | None = None) -> Conditions:
    """`first`: of the columns that have an index, the only one that is looked up in it."""
    worded = [
        (name, _is_one_of(name, words) if first in (None, name) else census.aside(_is_one_of(name, words)))
        for name, words in filters.in_words.items()
    ]
    looked_up = _of_few(filters, dialect)
    if not looked_up and (first or len(worded) == 1):
        looked_up = [condition for name, condition in worded if first in (None, name)]
        worded = [(name, condition) for name, condition in worded if first not in (None, name)]
    asked = [condition for _, condition in worded] + _of_each(filters)
    if looked_up or worded:
        return Conditions(tuple(looked_up), (*asked, *typed(filters)))
    return Conditions(tuple(typed(filters)), tuple(asked))


def _of_few(filters: Filters, dialect: str) -> list[ColumnElement[bool]]:
    """What an index of its own tells, and few tickets have."""
    found = [_t.requester_id == filters.requester_id] if filters.requester_id else []
    if filters.extra:
        contract, name, value = filters.extra
        found.append(contract_numbers.same(contract, name, value, dialect))
    found += [contract_numbers.equal(contract, name, value, dialect) for contract, name, value in filters.numbers]
    if filters.needs_review:
        # As the index says it (core/storage/list_indexes.py), or it would not be read: as a boolean it is compared with 1.
        found.append(literal_column("tickets.needs_review"))
    return found


def _of_each(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    found += awake(filters)
    if filters.asleep_at:
        found.append(asleep(filters.asleep_at))
    if filters.needs_review is False:
        found.append(_t.needs_review == false())
    return [*found, *dated(filters)]


def awake(filters: Filters) -> list[ColumnElement[bool]]:
    now = filters.awake_at
    return [or_(_t.snoozed_until.is_(None), _t.snoozed_until <= now)] if now else []


def asleep(now: datetime) -> ColumnElement[bool]:
    return _t.snoozed_until > now


def _is_one_of(name: str, words: Sequence[object]) -> ColumnElement[bool]:
    if tuple(words) == (None,):
        return _t[name].is_(None)
    return _t[name] == words[0] if len(words) == 1 else _t[name].in_(words)


def dated(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.created_from:
        found.append(_t.created_at >= filters.created_from)
    if filters.created_to:
        found.append(_t.created_at < filters.created_to)
    return found


def are_told_by_days(connection: Connection, filters: Filters, few: int) -> bool:
    """Whether the index of days is where to count them: unless another one has but a `few`."""
    if not dated(filters) or filters.needs_review or filters.extra or filters.numbers:
        return False
    asked = filters.in_words or {"type": (filters.type,) if filters.type else ()}
    kept = [tallies.count(connection, {name: words}) for name, words in asked.items() if words]
    return not any(many is not None and many <= few for many in kept)


def ends_of_days(
    connection: Connection, visible: ColumnElement[bool], filters: Filters, *, is_rising: bool, few: int
) -> list[ColumnElement[bool]]:
    """Where the list begins among all tickets in the order of their numbers, when the days begin later: half of a million
    took half a second to be passed over. Where it is not kept, a fifth of that to be found in the index of days; a `few`
    are passed over sooner.
    """
    day = filters.created_from if is_rising else filters.created_to
    if day is None:
        return []
    if within := days.numbers(connection, filters.created_from, filters.created_to):
        least, most = within
        return [_t.number >= least if is_rising else _t.number <= most]
    before = _t.created_at < day if is_rising else _t.created_at >= day
    if not census.are_more(connection, tables.tickets, (visible, before), few):
        return []
    # By the bare number SQLite would go through the tickets in the order of their numbers, until it meets one.
    nearest = func.min(_t.number + 0) if is_rising else func.max(_t.number + 0)
    end = connection.execute(select(nearest).where(visible, *dated(filters))).scalar_one()
    return [_t.number >= end if is_rising else _t.number <= end]


def typed(filters: Filters) -> list[ColumnElement[bool]]:
    if filters.type is None:
        return []
    # As the index of the rarer one says it (core/storage/list_indexes.py).
    return [literal_column("tickets.type", String) == literal_column(f"'{filters.type.value}'", String)]


def has_tag(tag: str) -> ColumnElement[bool]:
    has = _tagged.ticket_id == _t.id, is_tag(tag)
    return select(_tagged.tag).where(*has).correlate(tables.tickets).exists()


def is_tag(tag: str) -> ColumnElement[bool]:
    # A NUL or a lone surrogate would be an error of the database, and is in no tag.
    return _tagged.tag == clean_line(tag)
