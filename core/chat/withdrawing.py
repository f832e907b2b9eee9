"""Customers take back what they wrote in a chat: Telegram tells nobody of what is deleted there, so they tell the bot.

The message goes as a comment does that is taken back (core/corrections.py): softly, until `purge`. Its copies go too:
the customer's own, and those that agents were shown; what else stood in the same post is posted again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import conversation, history, tables, tickets
from core.chat import sayings, topics
from core.chat.refusals import worded
from core.chat.sayings import NewSaying
from core.errors import Conflict
from core.history import FieldChange
from core.tickets import Ticket
from core.vocabulary import Channel, Direction

# Telegram lets nobody delete what is older (Bot API, deleteMessage).
FOR = timedelta(hours=48)

_m, _a, _pairs = tables.messages.c, tables.attachments.c, tables.message_pairs.c


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`copies` are the names of the message in the customer's own chat."""

    number: int
    copies: tuple[str, ...]


async def withdraw(
    connection: AsyncConnection, person_id: UUID | None, channel: Channel, chat: str, name: str, now: datetime
) -> Withdrawn | None:
    """Take back the message that `name` is in the chat; None: it is none of theirs. Raises Conflict."""
    row = await _meant(connection, person_id, channel, chat, name)
    ticket = await tickets.by_id(connection, row.ticket_id) if row else None
    if row is None or ticket is None or person_id is None:
        return None
    if now - row.created_at > FOR:
        raise Conflict(worded("withdraw_late", hours=int(FOR.total_seconds() // 3600)))
    if (await connection.execute(select(conversation.opener(ticket.id)))).scalar_one() == row.id:
        raise Conflict(worded("withdraw_first"))
    await connection.execute(update(tables.messages).where(_m.id == row.id).values(deleted_at=now))
    await connection.execute(update(tables.attachments).where(_a.message_id == row.id).values(deleted_at=now))
    await _record(connection, ticket, person_id, now)
    return Withdrawn(ticket.number, await _gone(connection, row.id, channel, chat, now))


async def _meant(
    connection: AsyncConnection, person_id: UUID | None, channel: Channel, chat: str, name: str
) -> Row[*tuple[object, ...]] | None:
    found = await connection.execute(
        select(_m.id, _m.ticket_id, _m.created_at)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .where(_pairs.channel == channel, _pairs.place == chat, _pairs.remote_id == name)
        .where(_m.person_id == person_id, _m.direction == Direction.INBOUND, _m.deleted_at.is_(None))
        .limit(1)
    )
    return found.first()


async def _record(connection: AsyncConnection, ticket: Ticket, person_id: UUID, now: datetime) -> None:
    await tickets.touch(connection, ticket, now, unread=0)
    change = FieldChange("comment", None, "withdrawn")
    await history.record_of_person(
        connection, ticket.id, change, person_id=person_id, name=ticket.requester.name, now=now
    )


async def _gone(
    connection: AsyncConnection, message_id: UUID, channel: Channel, chat: str, now: datetime
) -> tuple[str, ...]:
    """Forget its copies; those that agents were shown are deleted."""
    found = await connection.execute(
        select(_pairs.place, _pairs.remote_id).where(_pairs.channel == channel, _pairs.message_id == message_id)
    )
    copies = [(row.place, row.remote_id) for row in found.all()]
    await connection.execute(
        delete(tables.message_pairs).where(_pairs.channel == channel, _pairs.message_id == message_id)
    )
    said: list[NewSaying] = []
    for place, name in copies:
        if place == chat or await topics.of_card(connection, channel, place, name):
            # A card follows its ticket by itself.
            continue
        said.append(NewSaying(f"withdrawn:{message_id.hex}", len(said), place, {"chat": place, "withdraws": [name]}))
        # What else stood in the same post is not shown there now.
        same = (_pairs.channel == channel) & (_pairs.place == place) & (_pairs.remote_id == name)
        await connection.execute(delete(tables.message_pairs).where(same))
    if channel is Channel.TELEGRAM:
        await connection.run_sync(sayings.add, said, now)
    return tuple(name for place, name in copies if place == chat)
