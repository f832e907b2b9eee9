"""What happened to a ticket, for the webhooks that want to hear of it.

Each event becomes a delivery for each such webhook, in the transaction in which it happened, with its body as it will
be sent: an event that is told again, however late, is told in the same words. Where nobody listens, it costs one look.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, Table, insert, select

from core import tables, webhook_tables
from core.storage import by_heart
from core.storage.jsonable import plain
from core.tables import new_id
from core.vocabulary import Channel, DeliveryKind, DeliveryState, Direction, EventType

# Of a text that much is told; who needs the rest asks the API.
TEXT_LENGTH = 10_000

Json = dict[str, object]
_t, _p, _u, _m, _w = tables.tickets.c, tables.people.c, tables.users.c, tables.messages.c, webhook_tables.webhooks.c
_ANY = select(_w.id).where(_w.active).limit(1)


@dataclass(frozen=True, slots=True)
class Happened:
    """`changes`: field, old and new. `message_id`: what was said."""

    type: EventType
    ticket_id: UUID
    changes: tuple[tuple[str, str | None, str | None], ...] = ()
    message_id: UUID | None = None


def filed(rows: Mapping[Table, Sequence[Mapping[str, Any]]], silent: Set[UUID] = frozenset()) -> list[Happened]:
    """What happened by the rows of a batch of received messages. Of `silent` tickets nothing is told."""
    opened = {row["id"] for row in rows[tables.tickets]}
    # The first message opens a ticket; what was said after it elsewhere is no news.
    first: dict[UUID, UUID] = {}
    for row in rows[tables.messages]:
        first.setdefault(row["ticket_id"], row["id"])
    said = [
        Happened(
            EventType.CREATED if row["ticket_id"] in opened else EventType.COMMENTED, row["ticket_id"], (), row["id"]
        )
        for row in rows[tables.messages]
        # What the desk notes on a ticket that it opens is no second opening.
        if row["ticket_id"] not in silent and not (row["ticket_id"] in opened and first[row["ticket_id"]] != row["id"])
    ]
    reopened = [row for row in rows[tables.changes] if row["field"] == "status"]
    return said + [
        Happened(EventType.UPDATED, row["ticket_id"], ((row["field"], str(row["old"]), str(row["new"])),))
        for row in reopened
    ]


def is_anybody_listening(connection: Connection) -> bool:
    """Most desks have no webhook, and then nothing that happens need be put together."""
    return bool(by_heart.rows(connection, _ANY, {}))


def announce(connection: Connection, happened: Sequence[Happened], now: datetime) -> None:
    """Queue `happened` for every webhook that wants it; the caller's transaction has written it already."""
    if not happened or not is_anybody_listening(connection):
        return
    hooks = connection.execute(select(_w.id, _w.url, _w.events).where(_w.active)).all()
    wanted = [one for one in happened if any(one.type in hook.events for hook in hooks)]
    if not wanted:
        return
    tickets = _tickets(connection, {one.ticket_id for one in wanted})
    said = _said(connection, {one.message_id for one in wanted if one.message_id})
    rows = [row for one in wanted if one.ticket_id in tickets for row in _rows(one, hooks, tickets, said, now)]
    if rows:
        connection.execute(insert(tables.deliveries), rows)


def _rows(
    one: Happened,
    hooks: Sequence[Row[*tuple[object, ...]]],
    tickets: Mapping[UUID, Json],
    said: Mapping[UUID, Json],
    now: datetime,
) -> list[Json]:
    event_id = new_id()
    event: Json = {"id": event_id, "type": one.type, "created_at": now, "ticket": tickets[one.ticket_id]}
    if one.changes:
        event["changes"] = [{"field": name, "old": old, "new": new} for name, old, new in one.changes]
    if one.message_id and one.message_id in said:
        event["comment"] = said[one.message_id]
    body = orjson.dumps(event, default=plain, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS).decode()
    return [
        {
            "id": new_id(),
            "ticket_id": one.ticket_id,
            "channel": Channel.WEBHOOK,
            "kind": DeliveryKind.EVENT,
            "address": hook.url[:254],
            "webhook_id": hook.id,
            "remote_id": str(event_id),
            "details": {"type": one.type, "body": body},
            "state": DeliveryState.QUEUED,
            "due_at": now,
            "created_at": now,
        }
        for hook in hooks
        if one.type in hook.events
    ]


def _tickets(connection: Connection, ids: set[UUID]) -> dict[UUID, Json]:
    i, tags = tables.identities.c, tables.ticket_tags.c
    email = (
        select(i.address)
        .where(i.person_id == _t.requester_id, i.channel == Channel.EMAIL)
        .order_by(i.created_at, i.id)
        .limit(1)
        .correlate(tables.tickets)
        .scalar_subquery()
    )
    found = connection.execute(
        select(
            _t.id, _t.number, _t.subject, _t.description, _t.status, _t.priority, _t.category, _t.channel,
            _u.username.label("assigned_to"), _t.requester_id, _p.name, email.label("email"), _t.created_at,
            _t.updated_at,
        )
        .join_from(tables.tickets, tables.people, _p.id == _t.requester_id)
        .join(tables.users, _u.id == _t.assignee_id, isouter=True)
        .where(_t.id.in_(ids))
    )  # fmt: skip
    tagged: dict[UUID, list[str]] = {}
    for ticket_id, tag in connection.execute(select(tags.ticket_id, tags.tag).where(tags.ticket_id.in_(ids))):
        tagged.setdefault(ticket_id, []).append(tag)
    return {row.id: _ticket(row, sorted(tagged.get(row.id, ()))) for row in found}


def _ticket(row: Row[*tuple[object, ...]], tags: Sequence[str]) -> Json:
    return {
        "id": row.id,
        "number": row.number,
        "subject": row.subject,
        "description": row.description[:TEXT_LENGTH],
        "status": row.status,
        "priority": row.priority,
        "category": row.category,
        "channel": row.channel,
        "assigned_to": row.assigned_to,
        "client": {"id": row.requester_id, "name": row.name, "email": row.email or ""},
        "tags": tags,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _said(connection: Connection, ids: set[UUID]) -> dict[UUID, Json]:
    if not ids:
        return {}
    found = connection.execute(
        select(_m.id, _m.direction, _m.author, _m.body, _m.new_text, _m.created_at).where(_m.id.in_(ids))
    )
    return {
        row.id: {
            "id": row.id,
            "author": row.author,
            "body": (row.new_text or row.body)[:TEXT_LENGTH],
            "internal": row.direction == Direction.NOTE,
            "direction": row.direction,
            "created_at": row.created_at,
        }
        for row in found
    }
