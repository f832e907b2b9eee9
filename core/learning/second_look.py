"""What the desk thinks of when it has time: learning from decisions, tickets that may be the same matter twice, and
mails that have another's Message-ID.

Never in a customer's message: tickets are filed first, and looked at again after their commit. What has not been
looked at when the process ends is not looked at any more; suggestions are no promise.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import history, rounds, tables
from core.access import THE_DESK
from core.desk import Desk
from core.errors import Unavailable
from core.history import FieldChange
from core.learning import duplicates
from core.learning.duplicates import Told
from core.mail import reused
from core.storage import database
from core.vocabulary import SETTLED, Status

log = structlog.get_logger()

# Receiving comes first: while messages come one after the other, there is a look in ten seconds.
GLANCES, GLANCE = 100, 0.1
REST = timedelta(minutes=1)
# Other processes' decisions are learned within this time, and lists that nobody waits for are short.
LOOK = timedelta(seconds=30)
AT_ONCE = 64
# Of a description so much is compared.
COMPARED = 1_500

_OVER = (*SETTLED, Status.DISCARDED, Status.DELETED)
_t = tables.tickets.c


async def second_look(desk: Desk) -> None:
    """Until the desk stops. Cancel it before the desk is closed."""
    while True:
        try:
            await desk.learn()
            await _until_something_came(desk)
            while desk.to_look_at:
                await rounds.until_quiet(desk, GLANCES, GLANCE)
                await look(desk)
        except Unavailable:
            return
        except Exception as error:
            if not database.is_passing(error):
                raise
            log.warning("second_look_rests", error=repr(error))
            await asyncio.sleep(REST.total_seconds())


async def look(desk: Desk) -> int:
    """Look for tickets that their requesters may have opened before; answers how many were suggested."""
    ids = [desk.to_look_at.popleft() for _ in range(min(AT_ONCE, len(desk.to_look_at)))]
    window = timedelta(days=desk.settings.classify.duplicate_days)
    async with desk.reading() as connection:
        found = await connection.run_sync(_suspected, ids, desk.clock() - window, window)
        twice = await connection.run_sync(reused.among, ids)
    if not (found or twice):
        return 0
    async with desk.writing() as connection:
        await reused.note(connection, twice, desk.clock())
        for new, earlier in found:
            await _suggest(connection, new, earlier, desk.clock())
    return len(found)


def _suspected(
    connection: Connection, ids: Sequence[UUID], since: datetime, window: timedelta
) -> list[tuple[Told, Told]]:
    new = [Told(*row) for row in connection.execute(_NEW, {"ids": list(ids)})]
    found: list[tuple[Told, Told]] = []
    for one in new:
        asked = {"requester_id": one.requester_id, "number": one.number, "since": since}
        earlier = [Told(*row) for row in connection.execute(_EARLIER, asked)]
        if earlier and (same := duplicates.same_matter(one, earlier, window)):
            found.append((one, same))
    return found


_OPEN = select(
    _t.id, _t.number, _t.requester_id, _t.subject, func.substr(_t.description, 1, COMPARED), _t.created_at
).where(_t.status.not_in(_OVER), _t.deleted_at.is_(None))
_NEW = _OPEN.where(_t.id.in_(bindparam("ids", expanding=True)))
_EARLIER = (
    _OPEN.where(
        _t.requester_id == bindparam("requester_id"),
        _t.number < bindparam("number"),
        _t.created_at >= bindparam("since"),
    )
    .order_by(_t.number.desc())
    .limit(duplicates.LOOKED_AT)
)


async def _suggest(connection: AsyncConnection, new: Told, earlier: Told, now: datetime) -> None:
    marked = await connection.execute(
        update(tables.tickets)
        .where(_t.id == new.id, _t.deleted_at.is_(None), _t.possible_duplicate_of.is_(None))
        .values(possible_duplicate_of=earlier.number, version=_t.version + 1)
    )
    if marked.rowcount:
        said = FieldChange("possible_duplicate_of", None, str(earlier.number))
        await history.record(connection, new.id, [said], by=THE_DESK, now=now, reason="the same person, in like words")


async def _until_something_came(desk: Desk) -> None:
    for _ in range(int(LOOK.total_seconds())):
        if desk.to_look_at:
            return
        await asyncio.sleep(1)
