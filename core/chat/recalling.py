"""What was said in a chat can be changed there, and taken back: unlike a mail, its copies follow the comment."""

import html
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.chat import sayings
from core.chat.sayings import NewSaying
from core.vocabulary import Channel, DeliveryState

# What a chat takes as one message (Bot API, sendMessage), in UTF-16 units. What is longer went in parts, and a part
# cannot become two.
_ONE_MESSAGE = 4096

_d, _pairs = tables.deliveries.c, tables.message_pairs.c


def is_recallable(channel: str, state: str) -> bool:
    """Whether a delivery that may have arrived can be changed all the same. One that is being sent can not: its copy has
    no name yet."""
    return channel == Channel.TELEGRAM and state == DeliveryState.SENT


def fits(text: str) -> bool:
    return len(text.encode("utf-16-le")) // 2 <= _ONE_MESSAGE


async def is_in_a_chat(connection: AsyncConnection, message_id: UUID) -> bool:
    """Whether somebody has a copy that follows."""
    return bool(await _copies(connection, message_id))


async def reword(connection: AsyncConnection, message_id: UUID, text: str, version: int, now: datetime) -> None:
    """Its first part, which is all of its words, says this from now on."""
    first = [(chat, remote_id) for chat, remote_id, part in await _copies(connection, message_id) if part == 0]
    said: list[dict[str, object]] = [
        {"chat": chat, "html": html.escape(text, quote=False), "instead_of": remote_id} for chat, remote_id in first
    ]
    await _say(connection, f"reword:{message_id.hex}:{version}", said, now)


async def withdraw(connection: AsyncConnection, message_id: UUID, now: datetime) -> None:
    """Its copies go, files and all."""
    by_chat: dict[str, list[str]] = {}
    for chat, remote_id, _ in await _copies(connection, message_id):
        by_chat.setdefault(chat, []).append(remote_id)
    said: list[dict[str, object]] = [{"chat": chat, "withdraws": names} for chat, names in by_chat.items()]
    await _say(connection, f"withdraw:{message_id.hex}", said, now)


async def _copies(connection: AsyncConnection, message_id: UUID) -> Sequence[tuple[str, str, int]]:
    """Chat, name and part of each copy in the chats that it was delivered to."""
    found = await connection.execute(
        select(_pairs.place, _pairs.remote_id, _pairs.part)
        .join_from(
            tables.message_pairs, tables.deliveries,
            (_d.message_id == _pairs.message_id) & (_d.address == _pairs.place) & (_d.channel == _pairs.channel),
        )
        .where(_pairs.message_id == message_id, _d.channel == Channel.TELEGRAM, _d.state == DeliveryState.SENT)
        .order_by(_pairs.part, _pairs.id)
    )  # fmt: skip
    return [(row.place, row.remote_id, row.part) for row in found.all()]


async def _say(connection: AsyncConnection, key: str, said: Sequence[dict[str, object]], now: datetime) -> None:
    new = [NewSaying(key, n, str(one["chat"]), one) for n, one in enumerate(said)]
    await connection.run_sync(sayings.add, new, now)
