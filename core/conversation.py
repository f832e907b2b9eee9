"""What was said on a ticket, by whom, and whether it arrived: messages, notes, and an agent's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, addresses, events, history, kept, tables, tokens
from core.access import Actor
from core.accounts.secrets import Keys
from core.chat.refusals import worded
from core.config import Settings
from core.errors import Invalid, NotFound, Problem
from core.events import Happened
from core.history import FieldChange
from core.storage import paging
from core.storage.paging import Span
from core.tables import new_id
from core.text import TEXT_LENGTH, clean_text
from core.tickets import Ticket
from core.vocabulary import Channel, DeliveryKind, DeliveryState, Direction, EventType, Status


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far an answer has come. `reason` says why it has not arrived, in words."""

    id: UUID
    channel: Channel
    address: str
    state: DeliveryState
    reason: str
    attempts: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attachment:
    id: UUID
    message_id: UUID | None
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    uploaded_by: str
    created_at: datetime
    # Whose account put it there; None: it came with a message.
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One comment of the conversation. `new_text` is the new part of an answer, None when all of it is new."""

    id: UUID
    direction: Direction
    channel: Channel
    author: str
    body: str
    new_text: str | None
    automatic: str
    created_at: datetime
    edited_at: datetime | None
    deliveries: tuple[Delivery, ...] = ()
    attachments: tuple[Attachment, ...] = ()


_Row = tuple[object, ...]

_m, _d, _a = tables.messages.c, tables.deliveries.c, tables.attachments.c
# The columns of an Attachment, in the order of its fields.
ATTACHMENT = (
    _a.id, _a.message_id, _a.filename, _a.content_type, _a.size, _a.sha256, _a.inline, _a.uploaded_by, _a.created_at,
    _a.user_id,
)  # fmt: skip


async def of_ticket(
    connection: AsyncConnection, ticket: Ticket, actor: Actor, *, only: UUID | None = None, span: Span | None = None
) -> list[Message]:
    """The conversation (`only` one message of it, or a part), oldest first. Nobody but staff learns of notes."""
    shown: Select[*_Row] = select(
        _m.id, _m.direction, _m.channel, _m.author, _m.body, _m.new_text, _m.automatic, _m.created_at, _m.edited_at
    ).where(_shown(ticket, actor))
    if only:
        shown = shown.where(_m.id == only)
    if span:
        shown = _part(shown, span)
    rows = (await connection.execute(shown.order_by(_m.created_at, _m.id))).all()
    ids = [row.id for row in rows]
    deliveries = await _deliveries(connection, ids) if actor.is_staff else {}
    files = await _attachments(connection, ids)
    return [
        Message(
            id=row.id,
            direction=Direction(row.direction),
            channel=Channel(row.channel),
            author=row.author,
            body=row.body,
            new_text=row.new_text,
            automatic=row.automatic,
            created_at=row.created_at,
            edited_at=row.edited_at,
            deliveries=tuple(deliveries.get(row.id, ())),
            attachments=tuple(files.get(row.id, ())),
        )
        for row in rows
    ]


async def one(connection: AsyncConnection, ticket: Ticket, message_id: UUID, actor: Actor) -> Message:
    """One message of the conversation. Raises NotFound."""
    found = await of_ticket(connection, ticket, actor, only=message_id)
    if not found:
        raise NotFound("Comment")
    return found[0]


async def length(connection: AsyncConnection, ticket: Ticket, actor: Actor) -> int:
    """How many messages of the conversation `actor` may see."""
    return await paging.count(connection, select(_m.id).where(_shown(ticket, actor)))


def _shown(ticket: Ticket, actor: Actor) -> ColumnElement[bool]:
    shown = and_(_m.ticket_id == ticket.id, _m.deleted_at.is_(None))
    return shown if actor.is_staff else and_(shown, _m.direction != Direction.NOTE)


def _part(shown: Select[*_Row], span: Span) -> Select[*_Row]:
    """Ordered by time, which imported messages have of their own; the id settles what happened at once."""
    if span.after is not None:
        seen = tables.messages.alias("seen")
        at = select(seen.c.created_at).where(seen.c.id == span.after).scalar_subquery()
        shown = shown.where(or_(_m.created_at > at, and_(_m.created_at == at, _m.id > span.after)))
    return shown.limit(span.limit).offset(span.skip)


async def _deliveries(connection: AsyncConnection, message_ids: Sequence[UUID]) -> dict[UUID, list[Delivery]]:
    found = await connection.execute(
        select(_d.message_id, _d.id, _d.channel, _d.address, _d.state, _d.reason, _d.attempts, _d.sent_at)
        .where(_d.message_id.in_(message_ids))
        .order_by(_d.id)
    )
    by_message: dict[UUID, list[Delivery]] = {}
    for row in found.all():
        delivery = Delivery(
            row.id, Channel(row.channel), row.address, DeliveryState(row.state), row.reason, row.attempts, row.sent_at
        )
        by_message.setdefault(row.message_id, []).append(delivery)
    return by_message


async def _attachments(connection: AsyncConnection, message_ids: Sequence[UUID]) -> dict[UUID, list[Attachment]]:
    found = await connection.execute(
        select(*ATTACHMENT).where(_a.message_id.in_(message_ids), _a.deleted_at.is_(None)).order_by(_a.id)
    )
    by_message: dict[UUID, list[Attachment]] = {}
    for row in found.all():
        by_message.setdefault(row.message_id, []).append(Attachment(**row._mapping))
    return by_message


async def note(connection: AsyncConnection, ticket: Ticket, body: str, *, by: Actor, now: datetime) -> UUID:
    """An internal comment: seen by staff, sent to nobody. Raises Invalid, Forbidden."""
    access.require_staff(by)
    return await _say(connection, ticket, Direction.NOTE, required(body), by, now)


async def reply(
    connection: AsyncConnection, ticket: Ticket, body: str, *, by: Actor, now: datetime, settings: Settings, keys: Keys
) -> UUID:
    """An answer to all participants: the message and its deliveries, in the caller's transaction. Raises Invalid, Forbidden.

    Where somebody cannot be written to (a form without an address), the answer is kept and nothing is sent to them:
    they read it nowhere, and the missing delivery shows that. At a dead mailbox it has failed at once, with the reason.
    """
    access.require_staff(by)
    text = required(body)
    message_id = await _say(connection, ticket, Direction.OUTBOUND, text, by, now)
    for delivery in await _addressed(connection, ticket, message_id, now, settings, keys):
        await connection.execute(insert(tables.deliveries), delivery)
    if ticket.status in (Status.NEW, Status.REVIEWED):
        await _take_up(connection, ticket, by, now)
    return message_id


async def _take_up(connection: AsyncConnection, ticket: Ticket, by: Actor, now: datetime) -> None:
    """Who answers a ticket is at work on it, unless somebody has given it another status since it was read."""
    t = tables.tickets.c
    taken = await connection.execute(
        update(tables.tickets).where(t.id == ticket.id, t.status == ticket.status).values(status=Status.IN_PROGRESS)
    )
    if taken.rowcount:
        changed = FieldChange("status", ticket.status, Status.IN_PROGRESS)
        await history.record(connection, ticket.id, [changed], by=by, now=now)


def required(body: str) -> str:
    text = clean_text(body, most=TEXT_LENGTH).strip()
    if not text:
        raise Invalid([Problem("body", worded("body_empty"))])
    return text


async def _say(
    connection: AsyncConnection, ticket: Ticket, direction: Direction, body: str, by: Actor, now: datetime
) -> UUID:
    t = tables.tickets.c
    said = await connection.execute(
        update(tables.tickets)
        .where(t.id == ticket.id, t.deleted_at.is_(None))
        .values(updated_at=now, version=t.version + 1, unread=0)
    )
    if not said.rowcount:
        # It was deleted since it was read: what nobody can see is not answered.
        raise NotFound("Ticket")
    message_id = new_id()
    row = {
        "id": message_id,
        "ticket_id": ticket.id,
        "direction": direction,
        "channel": ticket.channel,
        "user_id": by.user_id,
        "author": by.signature,
        "body": body,
        "created_at": now,
    }
    await connection.execute(insert(tables.messages), row)
    await connection.run_sync(kept.spoken, [ticket.number])
    said_so = Happened(EventType.COMMENTED, ticket.id, message_id=message_id)
    await connection.run_sync(events.announce, [said_so], now)
    return message_id


# Chats in which somebody is answered where they wrote; everybody else is answered by mail.
CHATS = (Channel.TELEGRAM, Channel.CONSOLE)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an answer goes to one participant. `missed` is the chat or mailbox that cannot be reached any more, and why;
    then `address` is empty, or a mailbox that was proved to be theirs, and `offered` one that nobody has proved.
    `dead` is that mailbox, where it is the only way."""

    seq: int
    person_id: UUID
    token_version: int
    channel: Channel
    address: str
    missed: str = ""
    offered: str = ""
    dead: str = ""


async def reach(connection: AsyncConnection, ticket: Ticket) -> list[Reach]:
    """Where each participant is answered: in the chat they wrote in last, else by mail. Who is reached nowhere is not
    in it."""
    p, i = tables.participants.c, tables.identities.c
    found = await connection.execute(
        select(
            p.seq, p.person_id, p.token_version, i.channel, i.address, i.verified_at, i.unreachable_at,
            i.unreachable_reason,
        )
        .join_from(tables.participants, tables.identities, i.person_id == p.person_id)
        .where(p.ticket_id == ticket.id)
        .order_by(p.seq, i.created_at, i.id)
    )  # fmt: skip
    chats = await _chats(connection, ticket)
    by_seq: dict[int, list[Row[*tuple[object, ...]]]] = {}
    for row in found.all():
        by_seq.setdefault(row.seq, []).append(row)
    chosen = [_chosen(rows, chats.get(rows[0].person_id)) for rows in by_seq.values()]
    return [one for one in chosen if one]


def _chosen(rows: Sequence[Row[*tuple[object, ...]]], chat: str | None) -> Reach | None:
    whose = (rows[0].seq, rows[0].person_id, rows[0].token_version)
    here = [row for row in rows if row.channel == chat]
    mails = [row.address for row in rows if row.channel == Channel.EMAIL and row.unreachable_at is None]
    if reached := [row for row in here if row.unreachable_at is None]:
        return Reach(*whose, Channel(reached[0].channel), reached[0].address)
    if not here:
        return Reach(*whose, Channel.EMAIL, mails[0]) if mails else _dead(whose, rows)
    # A chat is left for a mailbox only where the two were proved to be one person's.
    proved = [row.address for row in rows if row.address in mails and row.verified_at]
    missed = f"{here[0].channel}: {here[0].unreachable_reason}"
    if proved:
        return Reach(*whose, Channel.EMAIL, proved[0], missed)
    return Reach(*whose, Channel(here[0].channel), "", missed, *mails[:1])


def _dead(whose: tuple[int, UUID, int], rows: Sequence[Row[*tuple[object, ...]]]) -> Reach | None:
    """A mailbox at which nothing arrives, where somebody has no other. None: they have none at all."""
    for row in rows:
        if row.channel == Channel.EMAIL:
            return Reach(*whose, Channel.EMAIL, "", f"{row.address}: {row.unreachable_reason}", dead=row.address)
    return None


async def _chats(connection: AsyncConnection, ticket: Ticket) -> dict[UUID, str]:
    """The chat in which each participant wrote last on the ticket, if they did not write elsewhere since."""
    came = await connection.execute(
        select(_m.person_id, _m.channel)
        .where(_m.ticket_id == ticket.id, _m.direction == Direction.INBOUND, _m.person_id.is_not(None))
        .order_by(_m.created_at, _m.id)
    )
    last = {ticket.requester_id: str(ticket.channel)} | {row.person_id: row.channel for row in came.all()}
    return {person_id: channel for person_id, channel in last.items() if channel in CHATS}


async def _addressed(
    connection: AsyncConnection, ticket: Ticket, message_id: UUID, now: datetime, settings: Settings, keys: Keys
) -> list[dict[str, object]]:
    """One delivery to each participant who has an address; where nothing arrives there, it has failed already."""
    host = addresses.domain(settings.from_address)
    return [
        _delivery(ticket, message_id, to, now, _tag(keys, ticket, to.seq, to.person_id, to.token_version), host)
        for to in await reach(connection, ticket)
        if to.address or to.dead
    ]


def _tag(keys: Keys, ticket: Ticket, seq: int, person_id: UUID, version: int) -> str:
    return tokens.reply_tag(keys.replies, ticket.number, seq, ticket_id=ticket.id, person_id=person_id, version=version)


def _delivery(ticket: Ticket, message_id: UUID, to: Reach, now: datetime, tag: str, host: str) -> dict[str, object]:
    delivery_id = new_id()
    # A chat gives its messages names of its own.
    remote_id = tokens.message_id(tag, delivery_id, host) if to.channel is Channel.EMAIL else str(delivery_id)
    return {
        "id": delivery_id,
        "ticket_id": ticket.id,
        "message_id": message_id,
        "participant_seq": to.seq,
        "channel": to.channel,
        "kind": DeliveryKind.ANSWER,
        "address": to.address or to.dead,
        "remote_id": remote_id,
        "state": DeliveryState.QUEUED if to.address else DeliveryState.FAILED,
        "reason": "" if to.address else f"not tried, because nothing arrives at {to.missed}"[:1000],
        "due_at": now,
        "created_at": now,
    }


def opener(ticket_id: UUID) -> ScalarSelect[UUID]:
    """The message that opened the ticket."""
    said = select(_m.id).where(_m.ticket_id == ticket_id)
    return said.order_by(_m.created_at, _m.id).limit(1).scalar_subquery()
