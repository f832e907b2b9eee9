"""Tickets that another system has had and judged: filed as a set, where there is nothing left to decide.

A row of an import answers nothing, goes to nobody else, spends no budget and is acknowledged to no one. Either it is
here already, or it opens a ticket: to ask all that core.intake asks costs more than the rows of the ticket. Where one
of a set is not as plain as that, the ordinary way takes them all, and a test compares what the two have written.

What is written is put together column by column: most columns are the same in a whole set, and the others are one
loop each, where a row at a time costs three times as much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

import orjson
import uuid_utils
from sqlalchemy import (
    JSON,
    Connection,
    Select,
    String,
    Table,
    TableValuedAlias,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    func,
    insert,
    or_,
    select,
    update,
)  # fmt: skip

from core import events, numbers, tables, tokens
from core.events import Happened
from core.mail.mark_tables import marks
from core.rows import TicketRow
from core.storage import blobs, bulk
from core.storage.bulk import Columns, Same
from core.storage.columns import UtcDateTime
from core.text import NAME_LENGTH
from core.vocabulary import SETTLED, Channel, Direction, Disposition, EventType, MarkKind, Outcome, Status


class Brought(NamedTuple):
    """A row as the ticket that it becomes. Category and priority are said, and nothing was said later.

    `named` is who it is from: whether by a mail address, and the address, empty where nothing names them. `key` is by
    which it is known again, `raw` what is kept of it, as core.archive writes it.
    """

    row: TicketRow
    named: tuple[bool, str]
    name: str
    key: str
    raw: bytes
    envelope: Mapping[str, object]
    extra: Mapping[str, object]
    external_id: str
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of each; and the ids of the tickets that were opened, in their order."""

    outcomes: Sequence[Outcome]
    opened: Sequence[str]


def file(connection: Connection, brought: Sequence[Brought], now: datetime, *, announced: bool) -> Filed | None:
    """Write them, of which none is there twice, in the caller's transaction. `announced`: webhooks hear of each.

    None: nothing is written, because one of them is blocked.
    """
    people = _known_people(connection, brought, now)
    if people is None:
        return None
    earlier = _seen_again(connection, [one.key for one in brought], now)
    new = [one for one in brought if one.key not in earlier] if earlier else brought
    opened = _open(connection, new, people, now, announced=announced) if new else ()
    return Filed([Outcome.DUPLICATE if one.key in earlier else Outcome.OPENED for one in brought], opened)


def _known_people(
    connection: Connection, brought: Sequence[Brought], now: datetime
) -> dict[tuple[bool, str], str] | None:
    """The ids of those who are here, by what they are named by. None: one of them is blocked."""
    named = {one.named for one in brought if one.named[1]}
    asked = {
        "channels": [
            Channel.EMAIL if by_mail else Channel.IMPORT for by_mail in sorted({by_mail for by_mail, _ in named})
        ],
        "addresses": _as_json(sorted({address for _, address in named})),
        "now": now,
    }
    known = {}
    for channel, address, person_id, blocked in connection.execute(_people(connection.dialect.name), asked).all():
        # One by this address and by another channel's: who is not named by it is not meant.
        if (by_whom := (channel == Channel.EMAIL, address)) in named:
            if blocked:
                return None
            known[by_whom] = person_id
    return known


def _seen_again(connection: Connection, keys: Sequence[str], now: datetime) -> set[str]:
    """Which of these are here already; noted with each."""
    asked = {"listed": _as_json(keys)}
    found = set(connection.execute(_earlier(connection.dialect.name), asked).scalars())
    if found:
        connection.execute(_again(connection.dialect.name), {"listed": _as_json(sorted(found)), "now": now})
    return found


def _open(
    connection: Connection,
    new: Sequence[Brought],
    people: dict[tuple[bool, str], str],
    now: datetime,
    *,
    announced: bool,
) -> Sequence[str]:
    entered = _Entered(new, now, numbers.take(connection, len(new)))
    customers = entered.customers(people)
    for table, columns in (
        *customers,
        (tables.tickets, entered.tickets()),
        (tables.ticket_tags, entered.tags()),
        (tables.participants, entered.participants()),
        (tables.messages, entered.messages()),
        (tables.changes, entered.changes()),
        (tables.ledger, entered.arrivals()),
    ):
        bulk.insert_columns(connection, _into(table), columns)
    if announced and events.is_anybody_listening(connection):
        events.announce(connection, entered.happened(), now)
    return entered.ids


class _Entered:
    """The columns of tickets that are opened."""

    def __init__(self, new: Sequence[Brought], now: datetime, taken: Sequence[int]) -> None:
        self.new, self.now, self.numbers = new, now, taken
        self.rows = [one.row for one in new]
        self.ids, self.message_ids = _new_ids(len(new)), _new_ids(len(new))
        self.customer_ids: list[str] = []
        self.created = [row.created_at or now for row in self.rows]

    def customers(self, known: dict[tuple[bool, str], str]) -> Sequence[tuple[Table, Columns]]:
        """Those who are new here; whom nothing names is somebody else each time. `known` learns them."""
        names, ids, named = [], [], []
        for one in self.new:
            person_id = known.get(one.named)
            if person_id is None:
                person_id = uuid_utils.uuid7().hex
                ids.append(person_id)
                names.append(one.name or one.named[1].partition("@")[0][:NAME_LENGTH])
                if one.named[1]:
                    known[one.named] = person_id
                    named.append((person_id, one.named))
            self.customer_ids.append(person_id)
        at = Same(self.now)
        return (
            (tables.people, {"id": ids, "name": names, "language": Same(""), "created_at": at}),
            (
                tables.identities,
                {
                    "id": _new_ids(len(named)),
                    "person_id": [person_id for person_id, _ in named],
                    "channel": [Channel.EMAIL if by_mail else Channel.IMPORT for _, (by_mail, _) in named],
                    "address": [address for _, (_, address) in named],
                    "created_at": at,
                },
            ),
        )

    def tickets(self) -> Columns:
        rows = self.rows
        status = [row.status or Status.NEW for row in rows]
        updated = [row.updated_at or row.resolved_at or made for row, made in zip(rows, self.created, strict=True)]
        resolved = [
            (row.resolved_at or changed) if word in SETTLED else None
            for row, word, changed in zip(rows, status, updated, strict=True)
        ]
        return {
            "id": self.ids,
            "number": self.numbers,
            "type": [row.type for row in rows],
            "subject": [row.subject for row in rows],
            "description": [row.description for row in rows],
            "status": status,
            "priority": [row.priority for row in rows],
            "category": [row.category for row in rows],
            "channel": Same(Channel.IMPORT),
            "requester_id": self.customer_ids,
            "assignee_id": [one.assignee_id.hex if one.assignee_id else None for one in self.new],
            "embed_token": [tokens.new_embed_token() for _ in rows],
            "external_id": [one.external_id or None for one in self.new],
            "version": Same(1),
            "created_at": self.created,
            "updated_at": updated,
            "resolved_at": resolved,
            "closed_at": [at if word is Status.CLOSED else None for word, at in zip(status, resolved, strict=True)],
            "classification_keywords": Same(()),
            "needs_review": Same(False),
            # What is being worked on already has been read.
            "unread": [1 if word is Status.NEW else 0 for word in status],
            "extra": [one.extra for one in self.new],
        }

    def tags(self) -> Columns:
        tagged = [
            (ticket_id, tag, number)
            for ticket_id, number, row in zip(self.ids, self.numbers, self.rows, strict=True)
            for tag in sorted({*row.tags})
        ]
        # Of none `zip` makes no columns.
        ticket_ids, tags, of_tickets = zip(*tagged, strict=True) if tagged else ((), (), ())
        return {"ticket_id": ticket_ids, "tag": tags, "number": of_tickets}

    def participants(self) -> Columns:
        return {
            "ticket_id": self.ids,
            "seq": Same(1),
            "person_id": self.customer_ids,
            "token_version": Same(1),
            "created_at": Same(self.now),
        }

    def messages(self) -> Columns:
        return {
            "id": self.message_ids,
            "ticket_id": self.ids,
            "direction": Same(Direction.INBOUND),
            "channel": Same(Channel.IMPORT),
            "person_id": self.customer_ids,
            "author": [one.name or one.named[1][:NAME_LENGTH] for one in self.new],
            "body": [row.description for row in self.rows],
            "automatic": Same(""),
            "created_at": self.created,
        }

    def changes(self) -> Columns:
        return {
            "ticket_id": self.ids,
            # What a message changes is one act, and the message its name.
            "act_id": self.message_ids,
            "person_id": self.customer_ids,
            "actor": [one.name or one.named[1][:NAME_LENGTH].strip() or "somebody" for one in self.new],
            "field": Same("ticket"),
            "new": Same("opened"),
            "reason": Same(""),
            "at": Same(self.now),
        }

    def arrivals(self) -> Columns:
        """Of the ledger, where their bytes lie."""
        return {
            "id": _new_ids(len(self.new)),
            "dedupe_key": [one.key for one in self.new],
            "channel": Same(Channel.IMPORT),
            "sender": [one.named[1] for one in self.new],
            "subject": [row.subject for row in self.rows],
            "envelope": [one.envelope for one in self.new],
            "raw_sha256": Same(blobs.NOTHING.sha256),
            "raw": [one.raw for one in self.new],
            "size": [len(one.raw) for one in self.new],
            "disposition": Same(Disposition.TICKET),
            "reason": Same(""),
            "error": Same(""),
            "ticket_id": self.ids,
            "ticket_number": self.numbers,
            "message_id": self.message_ids,
            "received_at": Same(self.now),
            "last_seen_at": Same(self.now),
        }

    def happened(self) -> list[Happened]:
        return [
            Happened(EventType.CREATED, UUID(ticket_id), (), UUID(message_id))
            for ticket_id, message_id in zip(self.ids, self.message_ids, strict=True)
        ]


def _new_ids(count: int) -> list[str]:
    """As `tables.new_id`, in digits."""
    return [uuid_utils.uuid7().hex for _ in range(count)]


def _as_json(texts: Sequence[str]) -> str:
    return orjson.dumps(texts).decode()


def _listed(dialect: str, name: str) -> TableValuedAlias:
    """The texts of a JSON array: one value to hand over, and one statement however many there are."""
    if dialect == "sqlite":
        return func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return func.json_array_elements_text(cast(bindparam(name, type_=Text), JSON)).table_valued("value")


# Put together once for each table.
_into = cache(insert)
_i, _m, _l = tables.identities.c, marks.c, tables.ledger.c


@cache
def _people(dialect: str) -> Select[str, str, str, bool]:
    blocked = and_(
        _m.subject == _i.address,
        _m.kind == MarkKind.BLOCKED,
        or_(_m.until.is_(None), _m.until > bindparam("now")),
    )
    return (
        select(_i.channel, _i.address, cast(_i.person_id, String), _m.id.is_not(None))
        .join_from(tables.identities, marks, blocked, isouter=True)
        .where(
            # Both, because the index begins with the channel.
            _i.channel.in_(bindparam("channels", expanding=True)),
            _i.address.in_(select(_listed(dialect, "addresses").c.value)),
        )
    )


@cache
def _earlier(dialect: str) -> Select[str]:
    return select(_l.dedupe_key).where(_l.dedupe_key.in_(select(_listed(dialect, "listed").c.value)))


@cache
def _again(dialect: str) -> Update:
    listed = select(_listed(dialect, "listed").c.value)
    return (
        update(tables.ledger)
        .where(_l.dedupe_key.in_(listed))
        .values(times_seen=_l.times_seen + 1, last_seen_at=bindparam("now", type_=UtcDateTime))
    )
