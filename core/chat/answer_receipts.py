"""What an agent reads in their chat of an answer that they gave there: that it is queued, then what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.chat.telegram_tables import telegram_receipts
from core.storage import dialects
from core.vocabulary import Channel, DeliveryState

_r, _d, _t, _p = telegram_receipts.c, tables.deliveries.c, tables.tickets.c, tables.people.c
_m, _n = tables.messages.c, tables.user_numbers.c
# What may still become something else (what failed, when an admin has it tried again), and what is told.
_OPEN = (DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.FAILED, DeliveryState.UNCERTAIN)
_TOLD = (DeliveryState.SENT, DeliveryState.RETRYING, DeliveryState.FAILED, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Behind:
    """A receipt that says less than is known by now. `name` is the customer's, `agent` the number of who
    answered."""

    message_id: UUID
    chat: str
    remote_id: str
    language: str
    state: DeliveryState
    reason: str
    channel: Channel
    number: int
    name: str
    agent: int


async def promise(connection: AsyncConnection, message_id: UUID, chat: str, language: str, now: datetime) -> None:
    """What is about to be said in `chat` will follow this answer."""
    row = {
        "message_id": message_id, "chat": chat, "language": language, "state": DeliveryState.QUEUED, "created_at": now,
    }  # fmt: skip
    await connection.execute(dialects.unless_there(connection.dialect.name, telegram_receipts), row)


async def shown(connection: AsyncConnection, message_id: UUID, chat: str, remote_id: str) -> None:
    """It is message `remote_id` of the chat."""
    await connection.execute(
        update(telegram_receipts).where(_r.message_id == message_id).values(chat=chat, remote_id=remote_id)
    )


async def behind(connection: AsyncConnection, limit: int) -> list[Behind]:
    """Receipts of answers of which more is known than they say: by the delivery to the requester."""
    found = await connection.execute(
        select(
            _r.message_id, _r.chat, _r.remote_id, _r.language, _d.state, _d.reason, _d.channel,
            _t.number.label("ticket_number"), _p.name, _n.number.label("agent"),
        )
        .join_from(telegram_receipts, tables.deliveries, _d.message_id == _r.message_id)
        .join(tables.tickets, _t.id == _d.ticket_id)
        .join(tables.people, _p.id == _t.requester_id)
        .join(tables.messages, _m.id == _r.message_id)
        .join(tables.user_numbers, _n.user_id == _m.user_id)
        .where(_r.state.in_(_OPEN), _r.remote_id != "", _d.participant_seq == 1)
        .where(_d.state.in_(_TOLD), _d.state != _r.state)
        .limit(limit)
    )  # fmt: skip
    return [
        Behind(
            row.message_id, row.chat, row.remote_id, row.language, DeliveryState(row.state), row.reason,
            Channel(row.channel), row.ticket_number, row.name, row.agent,
        )
        for row in found.all()
    ]  # fmt: skip


async def say(connection: AsyncConnection, told: Sequence[Behind]) -> None:
    """They say so from now on."""
    for one in told:
        await connection.execute(
            update(telegram_receipts).where(_r.message_id == one.message_id).values(state=one.state)
        )


async def tidy(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(delete(telegram_receipts).where(_r.created_at < before))
