"""Where a ticket is shown in chats: its topic in the staff group, and its cards elsewhere.

A topic is a copy of the ticket and never the store: it may be lost, and is then made again.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.chat.talk_tables import cards, telegram_topics
from core.chat.telegram_tables import telegram_postings
from core.storage import dialects
from core.vocabulary import Channel, Direction

_o, _c, _t = telegram_topics.c, cards.c, tables.tickets.c


@dataclass(frozen=True, slots=True)
class Topic:
    """`card` is the message at its top (empty: not sent yet), `shown_version` the ticket's version that it shows."""

    ticket_id: UUID
    chat: str
    topic: str
    card: str
    shown_version: int
    created_at: datetime
    closed_at: datetime | None


_SELECT: Select[*tuple[object, ...]] = select(
    _o.ticket_id, _o.chat, _o.topic, _o.card, _o.shown_version, _o.created_at, _o.closed_at
)


async def of_ticket(connection: AsyncConnection, ticket_id: UUID) -> Topic | None:
    return _topic((await connection.execute(_SELECT.where(_o.ticket_id == ticket_id))).first())


async def at(connection: AsyncConnection, chat: str, topic: str) -> Topic | None:
    """Whose topic that is."""
    return _topic((await connection.execute(_SELECT.where(_o.chat == chat, _o.topic == topic))).first())


async def make(connection: AsyncConnection, ticket_id: UUID, chat: str, topic: str, now: datetime) -> None:
    """The ticket's topic is this from now on, in place of one that it had."""
    await lose(connection, ticket_id)
    row = {"ticket_id": ticket_id, "chat": chat, "topic": topic, "created_at": now}
    await connection.execute(insert(telegram_topics), row)


async def lose(connection: AsyncConnection, ticket_id: UUID) -> None:
    """Somebody deleted the topic."""
    await connection.execute(delete(telegram_topics).where(_o.ticket_id == ticket_id))


async def shown(connection: AsyncConnection, ticket_id: UUID, card: str, version: int) -> None:
    """The message `card` of the topic shows the ticket as of `version`."""
    await connection.execute(
        update(telegram_topics).where(_o.ticket_id == ticket_id).values(card=card, shown_version=version)
    )


async def close(connection: AsyncConnection, ticket_id: UUID, now: datetime | None) -> None:
    """Nobody needs the topic any more; None: they do again."""
    await connection.execute(update(telegram_topics).where(_o.ticket_id == ticket_id).values(closed_at=now))


async def moved(connection: AsyncConnection, old_chat: str, new_chat: str) -> None:
    """A group became a supergroup, and has another id (migrate_to_chat_id)."""
    await connection.execute(update(telegram_topics).where(_o.chat == old_chat).values(chat=new_chat))
    await connection.execute(
        update(cards).where(_c.channel == Channel.TELEGRAM, _c.chat == old_chat).values(chat=new_chat)
    )
    p, posting = tables.message_pairs.c, telegram_postings.c
    await connection.execute(
        update(tables.message_pairs).where(p.channel == Channel.TELEGRAM, p.place == old_chat).values(place=new_chat)
    )
    await connection.execute(update(telegram_postings).where(posting.chat == old_chat).values(chat=new_chat))


async def keep_card(
    connection: AsyncConnection, channel: Channel, chat: str, message: str, ticket_id: UUID, version: int, now: datetime
) -> None:
    """The message of a chat (outside topics) that shows the ticket as of `version`."""
    row = {
        "channel": channel,
        "chat": chat,
        "message": message,
        "ticket_id": ticket_id,
        "shown_version": version,
        "created_at": now,
    }
    kept = dialects.insert(connection.dialect.name, cards).values(row)
    await connection.execute(kept.on_conflict_do_update(index_elements=[_c.channel, _c.chat, _c.message], set_=row))


async def lose_card(connection: AsyncConnection, channel: Channel, chat: str, message: str) -> None:
    """Somebody deleted it."""
    await connection.execute(delete(cards).where(_c.channel == channel, _c.chat == chat, _c.message == message))


async def of_card(connection: AsyncConnection, channel: Channel, chat: str, message: str) -> UUID | None:
    """The ticket that a message of a chat is the card of, in a topic or elsewhere."""
    found = select(_c.ticket_id).where(_c.channel == channel, _c.chat == chat, _c.message == message)
    if (ticket_id := (await connection.execute(found)).scalar_one_or_none()) or channel is not Channel.TELEGRAM:
        return ticket_id
    in_topic = select(_o.ticket_id).where(_o.chat == chat, _o.card == message)
    return (await connection.execute(in_topic)).scalar_one_or_none()


async def message_at(connection: AsyncConnection, channel: Channel, chat: str, name: str) -> UUID | None:
    """The customer's message that message `name` of a chat shows: of several in one post the newest."""
    p, m = tables.message_pairs.c, tables.messages.c
    found = await connection.execute(
        select(m.id)
        .join_from(tables.message_pairs, tables.messages, m.id == p.message_id)
        .where(p.channel == channel, p.place == chat, p.remote_id == name)
        .where(m.direction == Direction.INBOUND, m.deleted_at.is_(None))
        .order_by(m.created_at.desc(), m.id.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def is_top(connection: AsyncConnection, chat: str, message: str) -> bool:
    """Whether it is the card at the top of a topic, which bot/topics.py looks after."""
    return (
        await connection.execute(select(_o.ticket_id).where(_o.chat == chat, _o.card == message))
    ).first() is not None


def _topic(row: Row[*tuple[object, ...]] | None) -> Topic | None:
    if row is None:
        return None
    return Topic(row.ticket_id, row.chat, row.topic, row.card, row.shown_version, row.created_at, row.closed_at)
