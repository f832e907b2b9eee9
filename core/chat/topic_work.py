"""What the topics of the agents' group still lack: topics for tickets, and what customers wrote since they were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.chat import postings, topics
from core.chat.talk_tables import telegram_topics
from core.tables import new_id
from core.vocabulary import SETTLED, Channel, Direction, Status

# What has lain untouched for longer gets its topic when somebody writes on it: a desk that begins with Telegram does
# not make a thousand at once.
LIVELY = timedelta(days=1)
# What came before a topic was made stands on its card, but for the last of it.
BEFORE = timedelta(minutes=10)
# Messages of one ticket that are posted together.
TOGETHER = 10
MOST_LOOKED_AT = 200
ENDED = (*SETTLED, Status.DELETED)

_t, _o, _m, _pairs = tables.tickets.c, telegram_topics.c, tables.messages.c, tables.message_pairs.c
_before = tables.messages.alias("before")


@dataclass(frozen=True, slots=True)
class Unposted:
    """What a customer wrote that is not in the topic yet. `files` are names."""

    message_id: UUID
    ticket_id: UUID
    topic: str
    author: str
    body: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A topic that is to be closed, or opened again."""

    ticket_id: UUID
    topic: str


async def without_topic(connection: AsyncConnection, now: datetime) -> UUID | None:
    """The open ticket that has waited longest for a topic."""
    has = select(_o.ticket_id).where(_o.ticket_id == _t.id).exists()
    found = await connection.execute(
        select(_t.id)
        .where(_t.updated_at > now - LIVELY, _t.deleted_at.is_(None), _t.status.not_in(ENDED), ~has)
        # Ten thousand tickets out of a file are no news until something happens on them.
        .where(or_(_t.channel != Channel.IMPORT, _t.version > 1))
        .order_by(_t.number)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def outdated(connection: AsyncConnection, chat: str) -> UUID | None:
    """The ticket whose card is behind it, the one that was changed last: that is where people are."""
    found = await connection.execute(
        select(_o.ticket_id)
        .join_from(telegram_topics, tables.tickets, _t.id == _o.ticket_id)
        .where(_o.chat == chat, _o.closed_at.is_(None), _o.shown_version < _t.version)
        .order_by(_t.updated_at.desc(), _t.id)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def to_close(connection: AsyncConnection, chat: str) -> Turn | None:
    """The topic of a settled ticket, once its card says so."""
    return await _turn(connection, chat, _o.closed_at.is_(None), _t.status.in_(ENDED), _o.shown_version >= _t.version)


async def to_reopen(connection: AsyncConnection, chat: str) -> Turn | None:
    """The closed topic of a ticket that is open again."""
    return await _turn(connection, chat, _o.closed_at.is_not(None), _t.status.not_in(ENDED))


async def _turn(connection: AsyncConnection, chat: str, *which: ColumnElement[bool]) -> Turn | None:
    found = await connection.execute(
        select(_o.ticket_id, _o.topic)
        .join_from(telegram_topics, tables.tickets, _t.id == _o.ticket_id)
        .where(_o.chat == chat, *which)
        .order_by(_t.updated_at, _t.id)
        .limit(1)
    )
    row = found.first()
    return Turn(row.ticket_id, row.topic) if row else None


async def unposted(connection: AsyncConnection, chat: str, now: datetime) -> list[Unposted]:
    """What customers wrote on one ticket and is not in its topic, the oldest first. A ticket's first is its card."""
    posted = select(_pairs.id).where(_pairs.message_id == _m.id, _pairs.place == chat).exists()
    follows = select(_before.c.id).where(
        _before.c.ticket_id == _m.ticket_id, _before.c.direction == Direction.INBOUND, _before.c.id < _m.id
    )
    found = await connection.execute(
        select(_m.id, _m.ticket_id, _o.topic, _m.author, _m.body, _m.created_at, _o.created_at.label("made_at"))
        .join_from(telegram_topics, tables.messages, _m.ticket_id == _o.ticket_id)
        .where(_o.chat == chat, _o.card != "", _m.direction == Direction.INBOUND, _m.deleted_at.is_(None))
        .where(_m.created_at > now - LIVELY, ~posted, ~postings.is_spent(chat), follows.exists())
        .order_by(_m.id)
        .limit(MOST_LOOKED_AT)
    )
    rows = [row for row in found.all() if row.created_at > row.made_at - BEFORE]
    first = [row for row in rows if row.ticket_id == rows[0].ticket_id][:TOGETHER]
    return [Unposted(*row[:5], await files(connection, row.id)) for row in first]


async def files(connection: AsyncConnection, message_id: UUID) -> tuple[str, ...]:
    """The names of the files that came with a message."""
    a = tables.attachments.c
    found = await connection.execute(
        select(a.filename).where(a.message_id == message_id, a.deleted_at.is_(None)).order_by(a.id)
    )
    return tuple(found.scalars())


async def posted(connection: AsyncConnection, messages: Sequence[UUID], chat: str, remote_id: str) -> None:
    """Message `remote_id` of the group shows these: who answers it answers them."""
    if not messages:
        return
    rows = [
        {"id": new_id(), "message_id": one, "channel": Channel.TELEGRAM, "place": chat, "remote_id": remote_id, "part": 0}
        for one in messages
    ]  # fmt: skip
    await connection.execute(insert(tables.message_pairs), rows)
    await postings.known(connection, messages, chat)


async def card_shown(
    connection: AsyncConnection, chat: str, remote_id: str, ticket_id: UUID, version: int, now: datetime
) -> None:
    """Message `remote_id` of the chat is the card of this ticket as of `version`, if that is still there."""
    in_topic = await topics.is_top(connection, chat, remote_id)
    there = (await connection.execute(select(_t.id).where(_t.id == ticket_id))).scalar_one_or_none()
    if there and not in_topic:
        await topics.keep_card(connection, Channel.TELEGRAM, chat, remote_id, ticket_id, version, now)
