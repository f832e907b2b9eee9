"""Open tickets whose customer has had the last word for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables, tickets
from core.access import Actor
from core.config import Settings
from core.tickets import Ticket
from core.vocabulary import Direction, Status

# A desk that is further behind knows it without being told by how much.
LOOKED_AT = 2000
SHOWN = 10
# In the other ones the customer has the next step, or it is over.
_OURS = (Status.NEW, Status.REVIEWED, Status.IN_PROGRESS)

_t, _m = tables.tickets.c, tables.messages.c


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Those that have waited longest, each since when; `total` counts all."""

    longest: Sequence[tuple[Ticket, datetime]]
    total: int


async def since(
    connection: AsyncConnection, before: datetime, now: datetime, settings: Settings, actor: Actor | None
) -> Unanswered:
    """What has waited since before `before`, and is not asleep: all of it (`actor` None), or what is theirs or nobody's."""
    looked_at = (
        select(_t.id)
        .where(_t.status.in_(_OURS), _t.deleted_at.is_(None), _t.merged_into_id.is_(None), _concerns(actor, settings))
        .where(or_(_t.snoozed_until.is_(None), _t.snoozed_until <= now))
        .order_by(_t.number)
        .limit(LOOKED_AT)
        .subquery()
    )
    asked, answered = _last(looked_at.c.id, Direction.INBOUND), _last(looked_at.c.id, Direction.OUTBOUND)
    both = select(looked_at.c.id, asked.label("asked"), answered.label("answered")).subquery()
    waits = (both.c.asked < before) & or_(both.c.answered.is_(None), both.c.answered < both.c.asked)
    found = await connection.execute(select(both.c.id, both.c.asked).where(waits).order_by(both.c.asked, both.c.id))
    rows = found.all()
    known = await connection.run_sync(tickets.by_ids, [row.id for row in rows[:SHOWN]])
    return Unanswered([(known[row.id], row.asked) for row in rows[:SHOWN] if row.id in known], len(rows))


def _concerns(actor: Actor | None, settings: Settings) -> ColumnElement[bool]:
    if actor is None:
        return true()
    return access.visible(actor, settings) & or_(_t.assignee_id == actor.user_id, _t.assignee_id.is_(None))


def _last(ticket_id: ColumnElement[object], direction: Direction) -> ScalarSelect[datetime]:
    return (
        select(func.max(_m.created_at))
        .where(_m.ticket_id == ticket_id, _m.direction == direction, _m.deleted_at.is_(None))
        .scalar_subquery()
    )
