"""Making two tickets of one: a message about another matter opens a ticket of its own, by the door that all take.

First the same words are received as a new ticket of the same customer, once for each message; then what hung on the
message (its files, and its names in chats and mails) moves there, and it goes from the first ticket.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, archive, conversation, history, tables, tickets
from core.access import Actor
from core.chat.refusals import worded
from core.errors import Invalid, NotFound, Problem
from core.finding import search_tables
from core.history import FieldChange
from core.messages import InboundMessage, Receipt, Sender, Wishes
from core.tickets import Ticket
from core.vocabulary import Channel, Direction

_m, _a, _pairs = tables.messages.c, tables.attachments.c, tables.message_pairs.c


@dataclass(frozen=True, slots=True)
class Part:
    """A message of a ticket's customer that may become a ticket of its own."""

    message_id: UUID
    ticket: Ticket
    channel: Channel
    author: str
    body: str


async def parts(connection: AsyncConnection, ticket: Ticket, most: int) -> Sequence[Part]:
    """What the customer wrote on a ticket after what opened it, the newest first."""
    found = await connection.execute(
        select(_m.id, _m.channel, _m.author, _m.body)
        .where(_m.ticket_id == ticket.id, _m.direction == Direction.INBOUND, _m.deleted_at.is_(None))
        .where(_m.person_id == ticket.requester_id, _m.id != conversation.opener(ticket.id))
        .order_by(_m.created_at.desc(), _m.id.desc())
        .limit(most)
    )
    return [Part(row.id, ticket, Channel(row.channel), row.author, row.body) for row in found.all()]


async def part(connection: AsyncConnection, ticket: Ticket, message_id: UUID, *, by: Actor) -> Part:
    """Raises Forbidden; Invalid for what opened the ticket; NotFound."""
    access.require_staff(by)
    found = await connection.execute(
        select(_m.id, _m.channel, _m.author, _m.body, (_m.id == conversation.opener(ticket.id)).label("opened"))
        .where(_m.id == message_id, _m.ticket_id == ticket.id, _m.deleted_at.is_(None))
        .where(_m.direction == Direction.INBOUND, _m.person_id == ticket.requester_id)
    )
    row = found.first()
    if row is None:
        raise NotFound("Comment")
    if row.opened:
        raise Invalid([Problem("comment", worded("split_first"))])
    return Part(row.id, ticket, Channel(row.channel), row.author, row.body)


def message(one: Part) -> InboundMessage:
    """What opens the new ticket: the same words of the same person, judged anew."""
    return archive.built(
        Sender(Channel.EMAIL, one.ticket.requester.email, one.author, one.ticket.requester_id),
        Wishes(channel=one.ticket.channel),
        channel=Channel.API,
        subject="",
        text=one.body,
        dedupe_key=f"split:{one.message_id.hex}",
        acknowledge=False,
    )


async def move(connection: AsyncConnection, one: Part, into: Receipt, *, by: Actor, now: datetime) -> int:
    """What hung on the message hangs on the new ticket's from now on; answers its number. Raises Conflict, NotFound."""
    if into.ticket_id is None or into.ticket_number is None or into.message_id is None:
        raise NotFound("Ticket")
    to = {"ticket_id": into.ticket_id, "message_id": into.message_id}
    await connection.execute(update(tables.attachments).where(_a.message_id == one.message_id).values(to))
    names = update(tables.message_pairs).where(_pairs.message_id == one.message_id)
    await connection.execute(names.values(message_id=into.message_id))
    await connection.execute(update(tables.messages).where(_m.id == into.message_id).values(channel=one.channel))
    await connection.execute(update(tables.messages).where(_m.id == one.message_id).values(deleted_at=now))
    await tickets.touch(connection, one.ticket, now, unread=0)
    for ticket_id, change in (
        (one.ticket.id, FieldChange("split", None, str(into.ticket_number))),
        (into.ticket_id, FieldChange("split_from", None, str(one.ticket.number))),
    ):
        await history.record(connection, ticket_id, [change], by=by, now=now)
    # Moving fires no trigger of the search.
    await connection.run_sync(search_tables.note, [one.ticket.number, into.ticket_number])
    return into.ticket_number
