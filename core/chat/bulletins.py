"""What agents are to be told who have no topics: in a group without them, or each in their own chat.

An agent hears of what is theirs, and of what is nobody's yet; a group of everything that is open.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables
from core.access import Actor
from core.accounts import users
from core.chat import postings, topic_work
from core.chat.talk_tables import absences, cards, linked_accounts, talks
from core.chat.topic_work import ENDED, TOGETHER, Unposted
from core.config import Settings
from core.vocabulary import Channel, Direction

MOST_LOOKED_AT = 200

_t, _m, _pairs, _c = tables.tickets.c, tables.messages.c, tables.message_pairs.c, cards.c
_l, _s = linked_accounts.c, talks.c
_newer = cards.alias("newer")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told, and where. `actor` None: all of a group. They hear of nothing before `since`."""

    chat: str
    actor: Actor | None
    language: str
    since: datetime


async def readers(connection: AsyncConnection, *, also_away: bool = False) -> list[Reader]:
    """The agents who speak from Telegram, and are not away unless `also_away`."""
    here = true() if also_away else _l.user_id.not_in(select(absences.c.user_id))
    found = await connection.execute(
        select(_l.address, _l.user_id, _l.linked_at, _s.language)
        .join_from(
            linked_accounts, talks, (_s.channel == _l.channel) & (_s.address == _l.address), isouter=True
        )
        .where(_l.channel == Channel.TELEGRAM, here)
        .order_by(_l.linked_at)
    )  # fmt: skip
    rows = found.all()
    known = await connection.run_sync(users.by_ids, [row.user_id for row in rows])
    able = {user_id: user for user_id, user in known.items() if user.active and user.actor.is_staff}
    return [
        Reader(row.address, able[row.user_id].actor, row.language or "", row.linked_at)
        for row in rows
        if row.user_id in able
    ]


async def newest(connection: AsyncConnection) -> datetime | None:
    """When anything last happened on a ticket: as long as that is the same, nobody is to be told anything."""
    latest = select(func.max(_t.updated_at)).where(_t.deleted_at.is_(None))
    found: datetime | None = (await connection.execute(latest)).scalar_one_or_none()
    return found


async def unread(connection: AsyncConnection, reader: Reader, settings: Settings) -> list[Unposted]:
    """What customers wrote on one ticket and is not in the reader's chat yet, the oldest first."""
    posted = select(_pairs.id).where(_pairs.message_id == _m.id, _pairs.place == reader.chat).exists()
    found = await connection.execute(
        select(_m.id, _m.ticket_id, _m.author, _m.body)
        .join_from(tables.tickets, tables.messages, _m.ticket_id == _t.id)
        .where(_concerns(reader, settings), _t.updated_at >= reader.since, _t.status.not_in(ENDED))
        .where(_m.direction == Direction.INBOUND, _m.deleted_at.is_(None), _m.created_at >= reader.since, ~posted)
        .where(~postings.is_spent(reader.chat))
        # Ten thousand tickets out of a file are no news.
        .where(_m.channel != Channel.IMPORT)
        .order_by(_m.id)
        .limit(MOST_LOOKED_AT)
    )
    rows = found.all()
    first = [row for row in rows if row.ticket_id == rows[0].ticket_id][:TOGETHER]
    return [
        Unposted(row.id, row.ticket_id, "", row.author, row.body, await topic_work.files(connection, row.id))
        for row in first
    ]


def _concerns(reader: Reader, settings: Settings) -> ColumnElement[bool]:
    if reader.actor is None:
        return _t.deleted_at.is_(None)
    theirs = or_(_t.assignee_id == reader.actor.user_id, _t.assignee_id.is_(None))
    return access.visible(reader.actor, settings) & theirs


async def assigned(connection: AsyncConnection, reader: Reader) -> UUID | None:
    """A ticket that has been given to the reader, and of which no card is in their chat."""
    whose = _t.assignee_id == reader.actor.user_id if reader.actor else false()
    found = await connection.execute(
        select(_t.id)
        .where(whose, _t.deleted_at.is_(None), _t.updated_at >= reader.since, _t.status.not_in(ENDED))
        .where(~_has_card(reader.chat))
        .order_by(_t.number)
        .limit(1)
    )
    return found.scalar_one_or_none()


def _has_card(chat: str) -> ColumnElement[bool]:
    return select(_c.ticket_id).where(_c.channel == Channel.TELEGRAM, _c.chat == chat, _c.ticket_id == _t.id).exists()


async def has_card(connection: AsyncConnection, chat: str, ticket_id: UUID) -> bool:
    """Whether the chat shows the ticket already."""
    return bool((await connection.execute(select(_t.id).where(_t.id == ticket_id, _has_card(chat)))).first())


@dataclass(frozen=True, slots=True)
class Outdated:
    ticket_id: UUID
    message: str


async def outdated(connection: AsyncConnection, reader: Reader, settings: Settings) -> Outdated | None:
    """The newest card of a ticket that is behind it, of the ticket that was changed last."""
    newer = select(_newer.c.message).where(
        _newer.c.channel == _c.channel, _newer.c.chat == _c.chat, _newer.c.ticket_id == _c.ticket_id,
        _newer.c.created_at > _c.created_at,
    )  # fmt: skip
    sees = access.visible(reader.actor, settings) if reader.actor else true()
    found = await connection.execute(
        select(_c.ticket_id, _c.message)
        .join_from(cards, tables.tickets, _t.id == _c.ticket_id)
        .where(_c.channel == Channel.TELEGRAM, _c.chat == reader.chat, _c.shown_version < _t.version)
        .where(_t.deleted_at.is_(None), _t.updated_at >= reader.since, sees, ~newer.exists())
        .order_by(_t.updated_at.desc(), _t.id)
        .limit(1)
    )
    row = found.first()
    return Outdated(row.ticket_id, row.message) if row else None
