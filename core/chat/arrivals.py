"""What Telegram told us, kept before anything is done with it, until it has been handled.

Telegram forgets an update once a later one is asked for, and offers it again until then. So each batch lies here with
the next offset in one commit, and only then is the next one asked for; what comes twice is known by two keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.chat import answer_receipts, sayings
from core.chat.sayings import NewSaying
from core.chat.telegram_tables import telegram_offsets, telegram_updates
from core.storage import dialects

_u, _o = telegram_updates.c, telegram_offsets.c


@dataclass(frozen=True, slots=True)
class Arrival:
    """One update, and what of it orders and recognises it. `chat` is empty where it belongs to none."""

    update_id: int
    key: str
    chat: str
    raw: bytes
    message: str = ""
    album: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    id: int
    key: str
    chat: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Handled:
    """An update that is done with, what is to be said about it, and why it could not be handled (empty: it was)."""

    id: int
    sayings: tuple[NewSaying, ...] = ()
    error: str = ""


async def keep(
    connection: AsyncConnection, bot: int, arrivals: Sequence[Arrival], now: datetime, *, next_id: int | None = None
) -> int:
    """Store what is not there yet, and up to where all is stored (None: nothing asks by number). Answers how many are new."""
    dialect, new = connection.dialect.name, 0
    if arrivals:
        rows = [
            {
                "bot": bot, "update_id": one.update_id, "key": one.key[:128], "chat": one.chat[:32],
                "message": one.message[:32], "album": one.album[:64], "raw": one.raw, "received_at": now,
            }
            for one in arrivals
        ]  # fmt: skip
        before = await _newest(connection)
        await connection.execute(dialects.unless_there(dialect, telegram_updates), rows)
        new = await _newest(connection) - before
    if next_id is not None:
        moved = {"next_id": next_id, "moved_at": now}
        await connection.execute(
            dialects.insert(dialect, telegram_offsets)
            .values(bot=bot, **moved)
            .on_conflict_do_update(index_elements=[_o.bot], set_=moved)
        )
    return new


async def _newest(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(func.coalesce(func.max(_u.id), 0)))).scalar_one())


async def offset(connection: AsyncConnection, bot: int) -> tuple[int, datetime] | None:
    """The number to ask for next and when it moved; None for a bot that was never asked."""
    found = (await connection.execute(select(_o.next_id, _o.moved_at).where(_o.bot == bot))).first()
    return (found.next_id, found.moved_at) if found else None


async def waiting(connection: AsyncConnection, limit: int, *, but_not: Sequence[str] = ()) -> list[Waiting]:
    """What is still to be handled, in the order of its arrival; nothing of the chats `but_not`."""
    found = await connection.execute(
        select(_u.id, _u.key, _u.chat, _u.raw)
        .where(_u.handled_at.is_(None), _u.chat.not_in(but_not))
        .order_by(_u.id)
        .limit(limit)
    )
    return [Waiting(*row) for row in found.all()]


async def backlog(connection: AsyncConnection, most: int) -> int:
    """How many wait, counted up to `most`."""
    some = select(_u.id).where(_u.handled_at.is_(None)).limit(most).subquery()
    return int((await connection.execute(select(func.count()).select_from(some))).scalar_one())


_DONE = (
    update(telegram_updates)
    .where(_u.id == bindparam("row"))
    .values(handled_at=bindparam("at"), error=bindparam("because"))
)


def finish(connection: Connection, done: Sequence[Handled], now: datetime) -> None:
    """Mark them as handled, and write down what is to be said, so that it is said once and not forgotten."""
    connection.execute(_DONE, [{"row": one.id, "at": now, "because": one.error[:2000]} for one in done])
    sayings.add(connection, [said for one in done for said in one.sayings], now)


async def unhandled(connection: AsyncConnection) -> int:
    """How many could not be handled and lie here for somebody to look at."""
    found = await connection.execute(select(func.count()).where(_u.error != "", _u.handled_at.is_not(None)))
    return int(found.scalar_one())


async def tidy(connection: AsyncConnection, before: datetime) -> None:
    """Remove what was handled before `before`. Telegram offers nothing again after a day."""
    await connection.execute(delete(telegram_updates).where(_u.handled_at < before, _u.error == ""))
    await sayings.tidy(connection, before)
    await answer_receipts.tidy(connection, before)
