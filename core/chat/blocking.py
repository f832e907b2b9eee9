"""Hearing nothing more of a customer for a while, as agents decide it in chats (blocks of mail: core/mail/marks.py).

What they write meanwhile is kept in the ledger, and opens or joins no ticket; they are told nothing. An agent blocks
whoever writes in a chat, for a month at most; admins block longer, and the mail addresses too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, tables, tickets
from core.access import Actor
from core.chat.refusals import worded
from core.errors import Conflict, Forbidden, Invalid, Problem
from core.history import FieldChange
from core.mail import marks
from core.mail.mark_tables import marks as marks_table
from core.mail.marks import REASON_LENGTH, Mark
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.tickets import Ticket
from core.vocabulary import Channel, MarkKind, Role

MOST_BY_AGENTS = timedelta(days=30)
_CHATS = (Channel.TELEGRAM, Channel.CONSOLE)

_i, _m = tables.identities.c, marks_table.c


@dataclass(frozen=True, slots=True)
class Block:
    """`until` None: until somebody lifts it."""

    until: datetime | None
    reason: str


async def block(
    connection: AsyncConnection, ticket: Ticket, length: timedelta, reason: str, *, by: Actor, now: datetime
) -> datetime:
    """Take nothing more from the ticket's requester for `length`; answers until when. Raises Forbidden, Invalid, Conflict."""
    access.require_staff(by)
    if by.role is not Role.ADMIN and length > MOST_BY_AGENTS:
        raise Invalid([Problem("until", worded("block_within", days=MOST_BY_AGENTS.days))])
    addresses = await _addresses(connection, ticket, by)
    if not addresses:
        raise Forbidden(worded("block_admins"))
    await _require_theirs(connection, ticket, by, now)
    until = now + length
    because, author = clean_line(reason, most=REASON_LENGTH), clean_line(by.username, most=NAME_LENGTH)
    blocked = [Mark(new_id(), one, MarkKind.BLOCKED, because, author, now, until, None) for one in addresses]
    await connection.run_sync(marks.put, blocked)
    await _record(connection, ticket, FieldChange("blocked", None, f"{until:%Y-%m-%d %H:%M} UTC"), by, now)
    return until


async def lift(connection: AsyncConnection, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """Listen to them again. Raises Forbidden, Conflict."""
    access.require_staff(by)
    addresses = await _addresses(connection, ticket, by)
    await _require_theirs(connection, ticket, by, now)
    gone = await connection.execute(
        delete(marks_table).where(_m.subject.in_(addresses), _m.kind == MarkKind.BLOCKED)
    )  # fmt: skip
    if not gone.rowcount:
        raise Conflict(worded("block_none"))
    await _record(connection, ticket, FieldChange("blocked", "blocked", None), by, now)


async def of_requester(connection: AsyncConnection, ticket: Ticket, now: datetime) -> Block | None:
    """What is held against who opened the ticket; of several the longest."""
    holds = _m.reset_at.is_(None) & or_(_m.until.is_(None), _m.until > now)
    found = await connection.execute(
        select(_m.until, _m.reason)
        .join_from(tables.identities, marks_table, _m.subject == _i.address)
        .where(_i.person_id == ticket.requester_id, _m.kind == MarkKind.BLOCKED, holds)
        .order_by(_m.until.is_(None).desc(), _m.until.desc())
        .limit(1)
    )
    row = found.first()
    return Block(row.until, row.reason) if row else None


async def _require_theirs(connection: AsyncConnection, ticket: Ticket, by: Actor, now: datetime) -> None:
    """What holds for longer than an agent may block somebody was an admin's decision, and is an admin's to end."""
    held = await of_requester(connection, ticket, now)
    if by.role is not Role.ADMIN and held and (held.until is None or held.until > now + MOST_BY_AGENTS):
        raise Forbidden(worded("block_within", days=MOST_BY_AGENTS.days))


async def _addresses(connection: AsyncConnection, ticket: Ticket, by: Actor) -> Sequence[str]:
    theirs: ColumnElement[bool] = _i.person_id == ticket.requester_id
    if by.role is not Role.ADMIN:
        # Blocks of mail are an admin's.
        theirs &= _i.channel.in_(_CHATS)
    found = await connection.execute(select(_i.address).where(theirs, _i.address != ""))
    return list(found.scalars())


async def _record(connection: AsyncConnection, ticket: Ticket, change: FieldChange, by: Actor, now: datetime) -> None:
    await tickets.touch(connection, ticket, now, unread=0)
    await history.record(connection, ticket.id, [change], by=by, now=now)
