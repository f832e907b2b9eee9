"""What was said before an answer, for its reader to find below it: nothing that is not theirs to read.

The requester reads what they wrote and what was answered; somebody else on the ticket what they wrote and the answers
that went to them. Notes are nobody's, and what robots wrote is no conversation.
"""

from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.messages import Said
from core.vocabulary import Direction

# So many messages, and so many characters of each: a reminder, and no archive.
MESSAGES = 5
CHARACTERS = 4_000
MORE = " […]"

_m, _d, _p = tables.messages.c, tables.deliveries.c, tables.participants.c
_now = tables.messages.alias("now")
_other = tables.deliveries.alias("other").c


async def before(connection: AsyncConnection, delivery_id: UUID) -> tuple[Said, ...]:
    """The conversation before the message of this delivery as far as its reader may know it, the newest first."""
    now = _now.c
    text = func.coalesce(_m.new_text, _m.body)
    to_them = select(_other.id).where(_other.message_id == _m.id, _other.participant_seq == _d.participant_seq)
    theirs = or_(
        and_(_m.direction == Direction.INBOUND, _m.person_id == _p.person_id),
        and_(_m.direction == Direction.OUTBOUND, or_(_d.participant_seq == 1, to_them.exists())),
    )
    earlier = or_(_m.created_at < now.created_at, and_(_m.created_at == now.created_at, _m.id < now.id))
    found = await connection.execute(
        select(_m.author, _m.created_at, func.substr(text, 1, CHARACTERS + 1).label("text"))
        .join_from(tables.deliveries, _now, now.id == _d.message_id)
        .join(tables.messages, _m.ticket_id == _d.ticket_id)
        .join(tables.participants, and_(_p.ticket_id == _d.ticket_id, _p.seq == _d.participant_seq))
        .where(_d.id == delivery_id, earlier, theirs, _m.deleted_at.is_(None), _m.automatic == "")
        .order_by(_m.created_at.desc(), _m.id.desc())
        .limit(MESSAGES)
    )
    return tuple(Said(row.author, row.created_at, _cut(row.text)) for row in found.all())


def _cut(text: str) -> str:
    return text if len(text) <= CHARACTERS else text[:CHARACTERS] + MORE
