"""Posts to agents whose outcome is not known yet: written before a byte is sent, gone in the commit that knows the post.

What a crash or a broken line leaves is in doubt: it may stand there already. It is posted once more, saying so; the
second time that nobody knows, it is not repeated: the card of the ticket and `deskbell doctor` tell of it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.chat.talk_tables import cards, telegram_topics
from core.chat.telegram_tables import telegram_postings
from core.storage import dialects

# As core.outbox and core.chat.sayings have it.
TRIES = 2

_p, _m = telegram_postings.c, tables.messages.c


async def begin(connection: AsyncConnection, messages: Sequence[UUID], chat: str, now: datetime) -> bool:
    """These are about to be posted in the chat. Whether any of them may stand there already."""
    which = _p.message_id.in_(messages) & (_p.chat == chat)
    again = bool((await connection.execute(select(_p.message_id).where(which).limit(1))).first())
    kept = dialects.insert(connection.dialect.name, telegram_postings)
    rows = [{"message_id": one, "chat": chat, "tries": 1, "tried_at": now} for one in messages]
    counted = {"tries": _p.tries + 1, "tried_at": now}
    await connection.execute(
        kept.on_conflict_do_update(index_elements=[_p.message_id, _p.chat], set_=counted), rows
    )  # fmt: skip
    if again:
        await _show(connection, messages)
    return again


async def not_sent(connection: AsyncConnection, messages: Sequence[UUID], chat: str) -> None:
    """It is known that this try posted nothing."""
    which = _p.message_id.in_(messages) & (_p.chat == chat)
    await connection.execute(update(telegram_postings).where(which).values(tries=_p.tries - 1))
    await connection.execute(delete(telegram_postings).where(which, _p.tries <= 0))


async def known(connection: AsyncConnection, messages: Sequence[UUID], chat: str) -> None:
    """They are posted there, and under which name is written down in the same commit."""
    which = _p.message_id.in_(messages) & (_p.chat == chat)
    doubted = (await connection.execute(select(_p.message_id).where(which, _p.tries >= TRIES).limit(1))).first()
    await connection.execute(delete(telegram_postings).where(which))
    if doubted:
        await _show(connection, messages)


def is_spent(chat: str) -> ColumnElement[bool]:
    """The condition on `messages` for what is not posted there any more."""
    return select(_p.message_id).where(_p.message_id == _m.id, _p.chat == chat, _p.tries >= TRIES).exists()


async def unsure(connection: AsyncConnection, ticket_id: UUID) -> int:
    """How many messages of the ticket agents may never have been shown."""
    counted = (
        select(func.count(_p.message_id.distinct()))
        .join_from(telegram_postings, tables.messages, _m.id == _p.message_id)
        .where(_m.ticket_id == ticket_id, _p.tries >= TRIES)
    )
    return int((await connection.execute(counted)).scalar_one())


async def count(connection: AsyncConnection) -> int:
    """The same of all tickets."""
    counted = select(func.count(_p.message_id.distinct())).where(_p.tries >= TRIES)
    return int((await connection.execute(counted)).scalar_one())


async def _show(connection: AsyncConnection, messages: Sequence[UUID]) -> None:
    """The cards of their tickets are behind: they tell what is in doubt."""
    theirs = select(_m.ticket_id).where(_m.id.in_(messages))
    for shown in (telegram_topics, cards):
        await connection.execute(update(shown).where(shown.c.ticket_id.in_(theirs)).values(shown_version=0))
