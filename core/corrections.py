"""Changing what was said: editing a comment and taking it back. Every earlier wording is kept.

A customer corrects their own words, an agent their own answers, for a short while; notes are all staff's. What a mail
has carried to somebody cannot be unsaid, and what a customer sent by mail stays as they wrote it. What was said in a
chat is changed there too (core/chat/recalling.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, conversation, history, tables, tickets
from core.access import Actor
from core.chat import recalling
from core.chat.refusals import worded
from core.errors import Conflict, Forbidden, NotFound
from core.history import FieldChange
from core.storage import paging
from core.storage.paging import Span
from core.tickets import Ticket
from core.vocabulary import Channel, DeliveryState, Direction, Role

# So long somebody may think better of it; afterwards others have read it, and answered.
EDITABLE = timedelta(minutes=15)

_m, _d = tables.messages.c, tables.deliveries.c
_MAY_HAVE_ARRIVED = (
    DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELAYED, DeliveryState.UNCERTAIN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    id: UUID
    direction: Direction
    channel: Channel
    person_id: UUID | None
    user_id: UUID | None
    body: str
    version: int
    created_at: datetime


async def edit(
    connection: AsyncConnection, ticket: Ticket, message_id: UUID, body: str, *, by: Actor, now: datetime
) -> None:
    """Give a comment another wording. Raises Invalid, NotFound, Forbidden, Conflict."""
    text, said = conversation.required(body), await _said(connection, ticket, message_id, by)
    _require_ones_own(said, by)
    if said.direction is not Direction.NOTE:
        _require_recent(said, now)
        await _require_unsent(connection, said)
    if text == said.body:
        return
    if await recalling.is_in_a_chat(connection, said.id) and not (recalling.fits(text) and recalling.fits(said.body)):
        raise Conflict(worded("comment_sent"))
    await _reword(connection, said, text, now)
    await recalling.reword(connection, said.id, text, said.version, now)
    if await _opened(connection, ticket, said):
        await _describe(connection, ticket, said.body, text)
    await _record(connection, ticket, said, "edited", by, now)


async def take_back(connection: AsyncConnection, ticket: Ticket, message_id: UUID, *, by: Actor, now: datetime) -> None:
    """Delete a comment softly, and what of it is still to be sent. Admins: any. Raises as `edit` does."""
    said = await _said(connection, ticket, message_id, by)
    if await _opened(connection, ticket, said):
        raise Conflict("this is what opened the ticket: delete the ticket instead, or ask an admin to")
    if by.role is not Role.ADMIN:
        _require_ones_own(said, by)
        if said.direction is not Direction.NOTE:
            _require_recent(said, now)
            await _require_unsent(connection, said)
    await connection.execute(update(tables.messages).where(_m.id == said.id).values(deleted_at=now))
    await recalling.withdraw(connection, said.id, now)
    await connection.execute(
        update(tables.deliveries)
        .where(_d.message_id == said.id, _d.state.in_((DeliveryState.QUEUED, DeliveryState.RETRYING)))
        .values(state=DeliveryState.FAILED, reason="the comment was taken back before it was sent")
    )
    await _record(connection, ticket, said, "deleted", by, now)


@dataclass(frozen=True, slots=True)
class Version:
    """What a comment said until `replaced_at`."""

    version: int
    body: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Versions:
    """A part of them, and how many there are in all."""

    shown: Sequence[Version]
    total: int


async def versions(connection: AsyncConnection, ticket: Ticket, message_id: UUID, *, by: Actor, span: Span) -> Versions:
    """What a comment said before, oldest first; what it says now is not among it. Raises NotFound, Forbidden."""
    access.require_staff(by)
    said = await _said(connection, ticket, message_id, by)
    v = tables.message_versions.c
    earlier = select(v.version, v.body, v.replaced_at).where(v.message_id == said.id)
    total = await paging.count(connection, earlier)
    rows = (await connection.execute(paging.within(earlier, v.version, span))).all()
    return Versions([Version(**row._mapping) for row in rows], total)


async def _said(connection: AsyncConnection, ticket: Ticket, message_id: UUID, by: Actor) -> _Said:
    """The comment, held until the commit. Raises NotFound: notes do not exist for customers."""
    statement = select(
        _m.id, _m.direction, _m.channel, _m.person_id, _m.user_id, _m.body, _m.version, _m.created_at
    ).where(_m.id == message_id, _m.ticket_id == ticket.id, _m.deleted_at.is_(None))
    row = (await connection.execute(statement.with_for_update())).first()
    if row is None or (row.direction == Direction.NOTE and not by.is_staff):
        raise NotFound("Comment")
    return _Said(
        row.id,
        Direction(row.direction),
        Channel(row.channel),
        row.person_id,
        row.user_id,
        row.body,
        row.version,
        row.created_at,
    )


def _require_ones_own(said: _Said, by: Actor) -> None:
    if by.is_staff:
        if said.direction is Direction.INBOUND:
            raise Forbidden("what a customer wrote stays as it is: add a note instead")
        if said.direction is Direction.OUTBOUND and said.user_id != by.user_id:
            raise Forbidden(worded("comment_colleagues"))
    elif said.direction is not Direction.INBOUND or said.person_id != by.person_id:
        raise Forbidden("only your own comments are yours to change: add a comment instead")


def _require_recent(said: _Said, now: datetime) -> None:
    if now - said.created_at > EDITABLE:
        minutes = int(EDITABLE.total_seconds() // 60)
        raise Conflict(worded("comment_old", minutes=minutes))


async def _require_unsent(connection: AsyncConnection, said: _Said) -> None:
    if said.direction is Direction.INBOUND and said.channel is Channel.EMAIL:
        raise Conflict("this came by mail and stays as it was sent: add a comment instead")
    # Held until the commit as well, so that no courier takes it from under us.
    queued = select(_d.channel, _d.state, _d.unknowns).where(_d.message_id == said.id).with_for_update()
    rows = [
        row for row in (await connection.execute(queued)).all() if not recalling.is_recallable(row.channel, row.state)
    ]
    if any(row.state in _MAY_HAVE_ARRIVED or row.unknowns for row in rows):
        raise Conflict(worded("comment_sent"))


async def _reword(connection: AsyncConnection, said: _Said, text: str, now: datetime) -> None:
    changed = await connection.execute(
        update(tables.messages)
        .where(_m.id == said.id, _m.version == said.version)
        .values(body=text, new_text=None, html=None, version=said.version + 1, edited_at=now)
    )
    if not changed.rowcount:
        raise Conflict(worded("comment_changed"))
    await connection.execute(
        insert(tables.message_versions),
        {"message_id": said.id, "version": said.version, "body": said.body, "replaced_at": now},
    )


async def _opened(connection: AsyncConnection, ticket: Ticket, said: _Said) -> bool:
    """Whether the ticket began with this."""
    first = select(_m.id).where(_m.ticket_id == ticket.id).order_by(_m.created_at, _m.id).limit(1)
    return (await connection.execute(first)).scalar_one() == said.id and said.direction is Direction.INBOUND


async def _describe(connection: AsyncConnection, ticket: Ticket, old: str, new: str) -> None:
    """What the ticket took from its first message follows, unless somebody has given it another description."""
    t = tables.tickets.c
    await connection.execute(
        update(tables.tickets).where(t.id == ticket.id, t.description == old).values(description=new)
    )


async def _record(
    connection: AsyncConnection, ticket: Ticket, said: _Said, became: str, by: Actor, now: datetime
) -> None:
    # Not the words: changes are read in more places than notes may be.
    await tickets.touch(connection, ticket, now, unread=0 if by.is_staff else 1)
    done = FieldChange("comment", None, became)
    await history.record(connection, ticket.id, [done], by=by, now=now, reason=f"comment {said.id}")
