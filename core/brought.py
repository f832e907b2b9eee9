"""Tickets that another system has had and judged: filed as a set, where there is nothing left to decide.

A row of an import answers nothing, goes to nobody else, spends no budget and is acknowledged to no one. Either it is
here already, or it opens a ticket: to ask all that core.intake asks costs more than the rows of the ticket. Where one
of a set is not as plain as that, the ordinary way takes them all, and a test compares what the two have written.

What is written is put together column by column: most columns are the same in a whole set, and the others are one
loop each, where a row at a time costs three times as much.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import repeat
from uuid import UUID

import orjson
import uuid_utils
from sqlalchemy import (
    JSON,
    Connection,
    Insert,
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

from core import events, kept, numbers, tables, tallies
from core.bundles import Bundle
from core.events import Happened
from core.mail.mark_tables import marks
from core.storage import blobs, bulk
from core.storage.bulk import Columns, Same
from core.storage.columns import UtcDateTime
from core.vocabulary import SETTLED, Channel, Direction, Disposition, EventType, MarkKind, Outcome, Status


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of each; and the ids of the tickets that were opened, in their order."""

    outcomes: Sequence[Outcome]
    opened: Sequence[str]


def file(connection: Connection, bundle: Bundle, now: datetime, *, announced: bool) -> Filed | None:
    """Write its rows in the caller's transaction. `announced`: webhooks hear of each.

    None: nothing is written, because one of them is blocked.
    """
    people = _known_people(connection, bundle, now)
    if people is None:
        return None
    earlier = _seen_again(connection, bundle.keys, now)
    new = bundle.only([key not in earlier for key in bundle.keys]) if earlier else bundle
    if new.keys:
        _open(connection, new, people, now, announced=announced)
    return Filed([Outcome.DUPLICATE if key in earlier else Outcome.OPENED for key in bundle.keys], new.ids)


def _known_people(connection: Connection, bundle: Bundle, now: datetime) -> dict[tuple[bool, str], str] | None:
    """The ids of those who are here, by what they are named by. None: one of them is blocked."""
    named = {one for one in bundle.named if one[1]}
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
    connection: Connection, new: Bundle, people: dict[tuple[bool, str], str], now: datetime, *, announced: bool
) -> None:
    entered = _Entered(new, now, numbers.take(connection, len(new.keys)))
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
    kept.opened(connection, entered.kept(), entered.created, entered.numbers)
    if announced and events.is_anybody_listening(connection):
        events.announce(connection, entered.happened(), now)


class _Entered:
    """The columns of tickets that are opened."""

    def __init__(self, new: Bundle, now: datetime, taken: Sequence[int]) -> None:
        self.new, self.now, self.numbers = new, now, taken
        self.customer_ids: list[str] = []
        self.created = [at or now for at in new.created_at]

    def customers(self, known: dict[tuple[bool, str], str]) -> Sequence[tuple[Table, Columns]]:
        """Those who are new here; whom nothing names is somebody else each time. `known` learns them."""
        names, ids, named = [], [], []
        for by_whom, name in zip(self.new.named, self.new.names, strict=True):
            person_id = known.get(by_whom)
            if person_id is None:
                person_id = uuid_utils.uuid7().hex
                ids.append(person_id)
                names.append(name)
                if by_whom[1]:
                    known[by_whom] = person_id
                    named.append((person_id, by_whom))
            self.customer_ids.append(person_id)
        at = Same(self.now)
        return (
            (tables.people, {"id": ids, "name": names, "language": Same(""), "created_at": at}),
            (
                tables.identities,
                {
                    "id": [uuid_utils.uuid7().hex for _ in named],
                    "person_id": [person_id for person_id, _ in named],
                    "channel": [Channel.EMAIL if by_mail else Channel.IMPORT for _, (by_mail, _) in named],
                    "address": [address for _, (_, address) in named],
                    "created_at": at,
                },
            ),
        )

    def kept(self) -> Iterable[tallies.Kept]:
        new = self.new
        free = [one is None for one in new.assignee_ids]
        return zip(new.statuses, new.priorities, new.categories, repeat(Channel.IMPORT), new.types, free)

    def tickets(self) -> Columns:
        new, statuses = self.new, self.new.statuses
        updated = [at or self.now for at in new.updated_at]
        resolved = [
            (at or changed) if word in SETTLED else None
            for at, word, changed in zip(new.resolved_at, statuses, updated, strict=True)
        ]
        return {
            "id": new.ids,
            "number": self.numbers,
            "type": new.types,
            "subject": new.subjects,
            "description": new.descriptions,
            "status": statuses,
            "priority": new.priorities,
            "category": new.categories,
            "channel": Same(Channel.IMPORT),
            "requester_id": self.customer_ids,
            "assignee_id": new.assignee_ids,
            "embed_token": new.embed_tokens,
            "external_id": new.external_ids,
            "version": Same(1),
            "created_at": self.created,
            "updated_at": updated,
            "resolved_at": resolved,
            "closed_at": [at if word == Status.CLOSED else None for word, at in zip(statuses, resolved, strict=True)],
            "classification_keywords": Same(()),
            "needs_review": Same(False),
            "unread": new.unread,
            "extra": new.extras,
        }

    def tags(self) -> Columns:
        tagged = [
            (ticket_id, tag, number)
            for ticket_id, number, tags in zip(self.new.ids, self.numbers, self.new.tags, strict=True)
            for tag in tags
        ]
        # Of none `zip` makes no columns.
        ticket_ids, tags, of_tickets = zip(*tagged, strict=True) if tagged else ((), (), ())
        return {"ticket_id": ticket_ids, "tag": tags, "number": of_tickets}

    def participants(self) -> Columns:
        return {
            "ticket_id": self.new.ids,
            "seq": Same(1),
            "person_id": self.customer_ids,
            "token_version": Same(1),
            "created_at": Same(self.now),
        }

    def messages(self) -> Columns:
        return {
            "id": self.new.message_ids,
            "ticket_id": self.new.ids,
            "direction": Same(Direction.INBOUND),
            "channel": Same(Channel.IMPORT),
            "person_id": self.customer_ids,
            "author": self.new.authors,
            "body": self.new.descriptions,
            "automatic": Same(""),
            "created_at": self.created,
        }

    def changes(self) -> Columns:
        return {
            "ticket_id": self.new.ids,
            # What a message changes is one act, and the message its name.
            "act_id": self.new.message_ids,
            "person_id": self.customer_ids,
            "actor": self.new.actors,
            "field": Same("ticket"),
            "new": Same("opened"),
            "reason": Same(""),
            "at": Same(self.now),
        }

    def arrivals(self) -> Columns:
        """Of the ledger, where their bytes lie."""
        return {
            "id": self.new.arrival_ids,
            "dedupe_key": self.new.keys,
            "channel": Same(Channel.IMPORT),
            "sender": [address for _, address in self.new.named],
            "subject": self.new.subjects,
            "envelope": self.new.envelopes,
            "raw_sha256": Same(blobs.NOTHING.sha256),
            "raw": self.new.raws,
            "size": [len(raw) for raw in self.new.raws],
            "disposition": Same(Disposition.TICKET),
            "reason": Same(""),
            "error": Same(""),
            "ticket_id": self.new.ids,
            "ticket_number": self.numbers,
            "message_id": self.new.message_ids,
            "received_at": Same(self.now),
            "last_seen_at": Same(self.now),
        }

    def happened(self) -> list[Happened]:
        return [
            Happened(EventType.CREATED, UUID(ticket_id), (), UUID(message_id))
            for ticket_id, message_id in zip(self.new.ids, self.new.message_ids, strict=True)
        ]


def _as_json(texts: Sequence[str]) -> str:
    return orjson.dumps(texts).decode()


def _listed(dialect: str, name: str) -> TableValuedAlias:
    """The texts of a JSON array: one value to hand over, and one statement however many there are."""
    if dialect == "sqlite":
        return func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return func.json_array_elements_text(cast(bindparam(name, type_=Text), JSON)).table_valued("value")


@cache
def _into(table: Table) -> Insert:
    """Who fails loses the whole transaction. SQLite need not keep each page as it was before each statement, to undo that
    one alone, where it is told so: a tenth of an import.
    """
    return insert(table).prefix_with("OR FAIL", dialect="sqlite")


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
