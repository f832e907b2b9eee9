"""What the bot has asked for by a message of its own: whoever answers that message answers the question."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.chat.talk_tables import prompts
from core.storage import dialects
from core.vocabulary import Channel

# Nobody answers a question of yesterday.
LIFE = timedelta(days=1)

_p = prompts.c


async def keep(
    connection: AsyncConnection, channel: Channel, chat: str, message: str, asks: str, now: datetime
) -> None:
    """Message `message` of the chat asks for `asks`, such as `tag:42`."""
    await connection.execute(delete(prompts).where(_p.created_at < now - LIFE))
    row = {"channel": channel, "chat": chat, "message": message, "asks": asks, "created_at": now}
    kept = dialects.insert(connection.dialect.name, prompts).values(row)
    await connection.execute(kept.on_conflict_do_update(index_elements=[_p.channel, _p.chat, _p.message], set_=row))


async def at(connection: AsyncConnection, channel: Channel, chat: str, message: str, now: datetime) -> str:
    """What that message asks for; empty: nothing, or nothing any more."""
    found = select(_p.asks).where(
        _p.channel == channel, _p.chat == chat, _p.message == message, _p.created_at > now - LIFE
    )
    return (await connection.execute(found)).scalar_one_or_none() or ""
