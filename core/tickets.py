"""Tickets: reading one, reading many, and changing one. Reads go through core.access; changes leave their trace."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, tables
from core.access import Actor
from core.accounts.users import User
from core.chat.refusals import worded
from core.config import Settings
from core.errors import Conflict, Invalid, NotFound, Problem
from core.history import FieldChange
from core.learning import review
from core.storage import by_heart
from core.vocabulary import FOLLOWS, SETTLED, Category, Channel, Priority, Status, TicketType


@dataclass(frozen=True, slots=True)
class Requester:
    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a reader knows that a ticket is as it was: its version, and what may change without a new one."""

    version: int
    unread: int
    requester: Requester
    assigned_to: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is read: its own row, who it is from, whose it is, and its tags."""

    id: UUID
    number: int
    type: TicketType
    subject: str
    description: str
    status: Status
    priority: Priority
    category: Category
    channel: Channel
    requester: Requester
    assignee_id: UUID | None
    assigned_to: str | None
    embed_token: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    classification_confidence: float | None
    classification_reasoning: str | None
    classification_keywords: tuple[str, ...]
    classified_at: datetime | None
    manual_override: bool
    needs_review: bool
    possible_duplicate_of: int | None
    unread: int
    extra: Mapping[str, object]
    tags: tuple[str, ...] = ()
    # Who else takes part, beside the requester.
    others: tuple[Requester, ...] = ()

    @property
    def requester_id(self) -> UUID:
        return self.requester.id

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.version, self.unread, self.requester, self.assigned_to)

    @property
    def participants(self) -> tuple[Requester, ...]:
        return (self.requester, *self.others)


@dataclass(frozen=True, slots=True)
class Revision:
    """What shall become different. None: stays as it is.

    `extra`: for each contract the fields of its own that become different; the others stay.
    """

    subject: str | None = None
    status: Status | None = None
    priority: Priority | None = None
    category: Category | None = None
    tags: tuple[str, ...] | None = None
    description: str | None = None
    extra: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    type: TicketType | None = None
    channel: Channel | None = None
    # Somebody has looked, and the category is right.
    reviewed: bool = False
    # It is no duplicate of the one that it was taken for.
    no_duplicate: bool = False


_t, _p, _u = tables.tickets.c, tables.people.c, tables.users.c
# Its COLUMNS, one after the other.
_TicketRow = Sequence[Any]


def email_of(person: ColumnElement[UUID]) -> ColumnElement[str]:
    """One address for each person that a query speaks of: the oldest one mail can reach."""
    identities = tables.identities.alias()
    c = identities.c
    return (
        select(c.address)
        .where(c.person_id == person, c.channel == Channel.EMAIL)
        .order_by(c.created_at, c.id)
        .limit(1)
        .correlate_except(identities)
        .scalar_subquery()
    )


_EMAIL = email_of(_t.requester_id).label("requester_email")
COLUMNS = (
    _t.id, _t.number, _t.type, _t.subject, _t.description, _t.status, _t.priority, _t.category, _t.channel,
    _t.requester_id, _p.name.label("requester_name"), _EMAIL, _t.assignee_id, _u.username.label("assigned_to"),
    _t.embed_token, _t.version, _t.created_at, _t.updated_at, _t.resolved_at, _t.classification_confidence,
    _t.classification_reasoning, _t.classification_keywords, _t.classified_at, _t.manual_override, _t.needs_review,
    _t.possible_duplicate_of, _t.unread, _t.extra,
)  # fmt: skip
# A list shows the beginning of each description: a page of a hundred must not be as large as strangers like.
LISTED_LENGTH = 2_000
_BEGINNING = func.substr(_t.description, 1, LISTED_LENGTH).label("description")
SELECT = (
    select(*COLUMNS)
    .join_from(tables.tickets, tables.people, _p.id == _t.requester_id)
    .join(tables.users, _u.id == _t.assignee_id, isouter=True)
)
LISTED = SELECT.with_only_columns(*(_BEGINNING if column is _t.description else column for column in COLUMNS))

# What is asked a thousand times a second is put together once.
_NUMBERS: BindParameter[object] = bindparam("numbers", expanding=True)
_OF_A_LIST = LISTED.where(_t.number.in_(_NUMBERS), _t.deleted_at.is_(None))
_IDS: BindParameter[object] = bindparam("ids", expanding=True)
_STAMPS = (
    select(_t.id, _t.version, _t.unread, _t.requester_id, _p.name, _EMAIL, _u.username)
    .join_from(tables.tickets, tables.people, _p.id == _t.requester_id)
    .join(tables.users, _u.id == _t.assignee_id, isouter=True)
    .where(_t.id.in_(_IDS), _t.deleted_at.is_(None))
)
_TAGGED = tables.ticket_tags
_tags_c, _others_c = _TAGGED.c, tables.participants.c
_TAGS = select(_tags_c.ticket_id, _tags_c.tag).where(_tags_c.ticket_id.in_(_IDS)).order_by(_tags_c.tag)
_OTHERS = (
    select(_others_c.ticket_id, _p.id, _p.name, email_of(_others_c.person_id).label("email"))
    .join_from(tables.participants, tables.people, _p.id == _others_c.person_id)
    .where(_others_c.ticket_id.in_(_IDS), _others_c.seq > 1)
    .order_by(_others_c.seq)
)


def by_ids(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Ticket]:
    """Those of `ids` that exist and are not deleted. For the caller to ask `access` about each."""
    return found_by(connection, SELECT.where(_t.id.in_(ids), _t.deleted_at.is_(None)))


async def by_id(connection: AsyncConnection, ticket_id: UUID) -> Ticket | None:
    return (await connection.run_sync(by_ids, [ticket_id])).get(ticket_id)


async def by_numbers(connection: AsyncConnection, numbers: Iterable[int]) -> dict[int, Ticket]:
    found = await read(connection, SELECT.where(_t.number.in_(list(numbers)), _t.deleted_at.is_(None)))
    return {ticket.number: ticket for ticket in found.values()}


async def by_external_id(connection: AsyncConnection, external_id: str) -> Ticket | None:
    """The ticket that bears this number of another system's, for the caller to ask `access` about."""
    found = await read(connection, SELECT.where(_t.external_id == external_id, _t.deleted_at.is_(None)))
    return next(iter(found.values()), None)


async def visible_to(connection: AsyncConnection, ticket_id: UUID, actor: Actor, settings: Settings) -> Ticket:
    """The ticket, if `actor` may see it. Raises NotFound: for whoever may not, it does not exist."""
    ticket = await by_id(connection, ticket_id)
    if ticket and access.may_see(actor, ticket, settings):
        return ticket
    raise NotFound("Ticket")


def stamps(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Stamp]:
    """Those of `ids` that exist, at a fraction of what reading them costs."""
    return {
        ticket_id: Stamp(version, unread, Requester(requester_id, name, email or ""), assigned_to)
        for ticket_id, version, unread, requester_id, name, email, assigned_to in by_heart.rows(
            connection, _STAMPS, {"ids": list(ids)}
        )
    }


async def read(connection: AsyncConnection, statement: Select[*tuple[object, ...]]) -> dict[UUID, Ticket]:
    """What a statement built on `SELECT` finds, in its order; tags and participants of all of it in one query each."""
    return await connection.run_sync(found_by, statement)


def listed(connection: Connection, numbers: Sequence[int]) -> tuple[Ticket, ...]:
    """As lists show them, in the order of `numbers`; without those that have been deleted meanwhile."""
    if not numbers:
        return ()
    rows = {row[1]: row for row in by_heart.rows(connection, _OF_A_LIST, {"numbers": list(numbers)})}
    return tuple(_put_together(connection, [rows[number] for number in numbers if number in rows]).values())


def found_by(connection: Connection, statement: Select[*tuple[object, ...]]) -> dict[UUID, Ticket]:
    """The same on a plain connection."""
    return _put_together(connection, connection.execute(statement).all())


def _put_together(connection: Connection, rows: Sequence[_TicketRow]) -> dict[UUID, Ticket]:
    ids = [row[0] for row in rows]
    tags, others = _tags(connection, ids), _others(connection, ids)
    return {row[0]: _ticket(row, tags.get(row[0], ()), others.get(row[0], ())) for row in rows}


def _tags(connection: Connection, ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    if not ids:
        return {}
    found: dict[UUID, tuple[str, ...]] = {}
    for ticket_id, tag in by_heart.rows(connection, _TAGS, {"ids": ids}):
        found[ticket_id] = (*found.get(ticket_id, ()), tag)
    return found


def _others(connection: Connection, ids: list[UUID]) -> dict[UUID, tuple[Requester, ...]]:
    """All participants but the requester, who has number 1 and is known already. Nearly always there are none."""
    if not ids:
        return {}
    found: dict[UUID, tuple[Requester, ...]] = {}
    for ticket_id, person_id, name, email in by_heart.rows(connection, _OTHERS, {"ids": ids}):
        found[ticket_id] = (*found.get(ticket_id, ()), Requester(person_id, name, email or ""))
    return found


def _ticket(row: _TicketRow, tags: tuple[str, ...], others: tuple[Requester, ...]) -> Ticket:
    """`row` has the COLUMNS."""
    (
        ticket_id, number, kind, subject, description, status, priority, category, channel, requester_id, name, email,
        assignee_id, assigned_to, embed_token, version, created_at, updated_at, resolved_at, confidence, reasoning,
        keywords, classified_at, manual_override, needs_review, possible_duplicate_of, unread, extra,
    ) = row  # fmt: skip
    return Ticket(
        ticket_id, number, TicketType(kind), subject, description, Status(status), Priority(priority),
        Category(category), Channel(channel), Requester(requester_id, name, email or ""), assignee_id, assigned_to,
        embed_token, version, created_at, updated_at, resolved_at, confidence, reasoning, tuple(keywords),
        classified_at, manual_override, needs_review, possible_duplicate_of, unread, extra, tags, others,
    )  # fmt: skip


async def change(
    connection: AsyncConnection, ticket: Ticket, revision: Revision, *, by: Actor, now: datetime
) -> list[FieldChange]:
    """Make the ticket what `revision` says, and record what became different. Raises Invalid, Forbidden, Conflict."""
    access.require_staff(by)
    _require_follows(ticket.status, revision.status)
    values, changes = _differences(ticket, revision)
    tags = ticket.tags if revision.tags is None else tuple(sorted(set(revision.tags)))
    # As sets: each database sorts words in its own way.
    retagged = set(tags) != set(ticket.tags)
    if retagged:
        changes.append(FieldChange("tags", ", ".join(ticket.tags), ", ".join(tags)))
    if not changes:
        return []
    if revision.status and "status" in values:
        values |= _times(ticket, revision.status, now)
    values |= review.settled(ticket, values, reviewed=revision.reviewed)
    # First the row that tells who was faster, then what hangs on it.
    await write(connection, ticket, values, now)
    if retagged:
        await set_tags(connection, ticket, tags)
    await history.record(connection, ticket.id, changes, by=by, now=now)
    await review.note(connection, ticket, values, by=by, now=now, reviewed=revision.reviewed)
    return changes


async def assign(
    connection: AsyncConnection, ticket: Ticket, to: User | None, *, by: Actor, now: datetime, settings: Settings
) -> None:
    """Give the ticket to `to`, or back to the queue. Raises Forbidden, Invalid, Conflict."""
    wanted = to.id if to else None
    access.require_may_assign(by, ticket.assignee_id, wanted, settings)
    if to is not None and (not to.active or not to.actor.is_staff):
        raise Invalid([Problem("agent", worded("agent_inactive", name=to.username))])
    if ticket.assignee_id == wanted:
        return
    # Whoever takes it has read it; whoever gives it back may not have.
    await write(connection, ticket, {"assignee_id": wanted} | ({"unread": 0} if wanted else {}), now)
    moved = FieldChange("assigned_to", ticket.assigned_to, to.username if to else None)
    await history.record(connection, ticket.id, [moved], by=by, now=now)


async def remove(connection: AsyncConnection, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """Delete softly: gone from every list and every reader; `deskbell purge` removes for good."""
    access.require_admin(by)
    await write(connection, ticket, {"deleted_at": now, "status": Status.DELETED}, now)
    await history.record(connection, ticket.id, [FieldChange("status", ticket.status, Status.DELETED)], by=by, now=now)


async def touch(connection: AsyncConnection, ticket: Ticket, now: datetime, *, unread: int) -> None:
    """Something on the ticket is new, of which staff has not read `unread`. Raises NotFound when it is deleted by now."""
    touched = await connection.execute(
        update(tables.tickets)
        .where(_t.id == ticket.id, _t.deleted_at.is_(None))
        .values(updated_at=now, version=_t.version + 1, unread=_t.unread + unread)
    )
    if not touched.rowcount:
        raise NotFound("Ticket")


def _require_follows(now: Status, wanted: Status | None) -> None:
    if wanted and wanted is not now and wanted not in FOLLOWS[now]:
        raise Invalid([Problem("status", worded("status_cannot", wanted=wanted, now=now))])


def _differences(ticket: Ticket, revision: Revision) -> tuple[dict[str, object], list[FieldChange]]:
    values: dict[str, object] = {}
    changes: list[FieldChange] = []
    for name in ("subject", "description", "type", "status", "priority", "category", "channel"):
        old, new = getattr(ticket, name), getattr(revision, name)
        if new is not None and new != old:
            values[name] = new
            changes.append(FieldChange(name, str(old), str(new)))
    values |= review.wished(ticket, reviewed=revision.reviewed, no_duplicate=revision.no_duplicate)
    changes += review.changes(ticket, values)
    extra = dict(ticket.extra)
    for contract, wanted in revision.extra.items():
        own = extra_of(ticket, contract)
        different = {name: new for name, new in wanted.items() if new != own.get(name)}
        changes += [FieldChange(name, _told(own.get(name)), _told(new)) for name, new in different.items()]
        if different:
            values["extra"] = extra = extra | {contract: {**own, **different}}
    return values, changes


def extra_of(ticket: Ticket, contract: str) -> Mapping[str, object]:
    """What only one contract knows of the ticket; nothing for a ticket that came another way."""
    own = ticket.extra.get(contract)
    return own if isinstance(own, dict) else {}


def metadata_of(ticket: Ticket) -> Mapping[str, object]:
    """What is known of how it was written; null takes away what was said before."""
    return {name: value for name, value in extra_of(ticket, "metadata").items() if value is not None}


def _told(value: object) -> str | None:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return None if value is None else str(value)


def _times(ticket: Ticket, status: Status, now: datetime) -> dict[str, object]:
    """`resolved_at` tells when it was settled first, and is empty again once it is not (seed 002)."""
    return {
        "resolved_at": (ticket.resolved_at or now) if status in SETTLED else None,
        "closed_at": now if status is Status.CLOSED else None,
    }


async def write(connection: AsyncConnection, ticket: Ticket, values: dict[str, object], now: datetime) -> None:
    """For the modules that change a ticket: its row, unless somebody was faster. Raises Conflict."""
    written = await connection.execute(
        update(tables.tickets)
        .where(_t.id == ticket.id, _t.version == ticket.version, _t.deleted_at.is_(None))
        .values({"updated_at": now, "version": ticket.version + 1} | values)
    )
    if not written.rowcount:
        raise Conflict(worded("ticket_changed"))


async def set_tags(connection: AsyncConnection, ticket: Ticket, tags: Sequence[str]) -> None:
    await connection.execute(delete(_TAGGED).where(_TAGGED.c.ticket_id == ticket.id))
    if tags:
        rows = [{"ticket_id": ticket.id, "tag": tag, "number": ticket.number} for tag in tags]
        await connection.execute(insert(_TAGGED), rows)
