"""Answers that did not leave: their relay refused them, they were given up, or nobody knows.

Whoever wrote one has long gone on to the next ticket, and shall hear of it as of a mail that comes back.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import amendments, events, kept, tables
from core.events import Happened
from core.mail import effects
from core.vocabulary import Channel, DeliveryKind, DeliveryState, EventType

_d, _t = tables.deliveries.c, tables.tickets.c
_SENTENCES = {
    DeliveryState.FAILED: "Our answer to {address} was not delivered: {reason}.",
    DeliveryState.UNCERTAIN: "Our answer to {address} was sent, and may have been lost: {reason}.",
}


async def tell(connection: AsyncConnection, delivery_ids: Sequence[UUID], now: datetime) -> None:
    """A note on the ticket of each of these deliveries that is an answer by mail and ended badly."""
    found = await connection.execute(
        select(_d.ticket_id, _t.number, _d.address, _d.state, _d.reason)
        .join_from(tables.deliveries, tables.tickets, _t.id == _d.ticket_id)
        .where(_d.id.in_(delivery_ids), _d.state.in_(_SENTENCES))
        .where(_d.channel == Channel.EMAIL, _d.kind == DeliveryKind.ANSWER)
        .order_by(_d.id)
    )
    for ticket_id, number, address, state, reason in found.all():
        # Not by str.format: the reason is a stranger's words.
        said = _SENTENCES[state].replace("{address}", address).replace("{reason}", reason.rstrip("."))
        table, row = effects.note(ticket_id, said, now)
        await connection.execute(insert(table), row)
        await connection.execute(amendments.TOUCH, {"ticket": ticket_id, "at": now, "more": 1})
        await connection.run_sync(kept.spoken, [number])
        said_so = Happened(EventType.COMMENTED, ticket_id, message_id=UUID(str(row["id"])))
        await connection.run_sync(events.announce, [said_so], now)
