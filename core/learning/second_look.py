"""What the desk thinks of when it has time: learning from decisions, tickets that may be the same matter twice, and
mails that have another's Message-ID.

Never in a customer's message: tickets are filed first, and looked at again after their commit. What has not been
looked at when the process ends is not looked at any more; suggestions are no promise.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Column, ColumnElement, Connection, Select, bindparam, func, select, true, update
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from core import history, rounds, tables
from core.access import THE_DESK
from core.desk import Desk
from core.errors import Unavailable
from core.history import Act, FieldChange
from core.learning import duplicates
from core.learning.duplicates import Comparison, Told
from core.mail import reused
from core.mail.reused import Reused
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
_Columns = ReadOnlyColumnCollection[str, Column[Any]]
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
    new, earlier, twice = await desk.database.browse(partial(_read, ids=ids, since=desk.clock() - window))
    found = await _suspected(new, earlier, window)
    if found or twice:
        await desk.sharing.do(lambda connection: connection.run_sync(_note, found, twice, desk.clock()))
    return len(found)


def _read(
    connection: Connection, ids: Sequence[UUID], since: datetime
) -> tuple[list[Told], Mapping[UUID, list[Told]], list[Reused]]:
    """These tickets, what each was preceded by, the newest first, and which have the Message-ID of another."""
    new = [Told(*row) for row in connection.execute(_NEW, {"ids": list(ids)})]
    earlier: dict[UUID, list[Told]] = {}
    asked = {"ids": [one.id for one in new], "since": since}
    for new_id, *told in connection.execute(_EARLIER[connection.dialect.name], asked) if new else ():
        earlier.setdefault(new_id, []).append(Told(*told))
    for some in earlier.values():
        some.sort(key=attrgetter("number"), reverse=True)
    return new, earlier, reused.among(connection, ids)


async def _suspected(
    new: Sequence[Told], earlier: Mapping[UUID, Sequence[Told]], window: timedelta
) -> list[tuple[Told, Told]]:
    comparison = Comparison()
    found: list[tuple[Told, Told]] = []
    for one in new:
        if one.id in earlier and (same := comparison.same_matter(one, earlier[one.id], window)):
            found.append((one, same))
        # Whoever waits for the loop waits for one ticket, and not for all of them.
        await asyncio.sleep(0)
    return found


_e, _read_again = tables.tickets.alias("earlier").c, tables.tickets.alias("read_again")


def _told(ticket: _Columns) -> tuple[ColumnElement[Any], ...]:
    text = func.substr(ticket.description, 1, COMPARED)
    return ticket.id, ticket.number, ticket.requester_id, ticket.subject, text, ticket.created_at


_AMONG = _t.id.in_(bindparam("ids", expanding=True))
_NEW = select(*_told(_t)).where(_AMONG, _t.status.not_in(_OVER), _t.deleted_at.is_(None))
# What the requester of a new ticket opened before it, and since :since; as much of it as is looked at.
_NEWEST = (
    select(_e.number)
    .where(
        _e.requester_id == _t.requester_id,
        _e.number < _t.number,
        _e.created_at >= bindparam("since"),
        _e.status.not_in(_OVER),
        _e.deleted_at.is_(None),
    )
    .order_by(_e.number.desc())
    .limit(duplicates.LOOKED_AT)
    .correlate(tables.tickets)
)
# Each database finds them by the index of their requester, and then reads those alone. SQLite knows no LATERAL;
# PostgreSQL would go through all tickets for what a subquery gives.
_lateral = _NEWEST.lateral("newest")
_BOTH = select(_t.id, *_told(_read_again.c)).where(_AMONG)
_EARLIER: Mapping[str, Select[*tuple[Any, ...]]] = {
    "sqlite": _BOTH.join_from(tables.tickets, _read_again, _read_again.c.number.in_(_NEWEST)),
    "postgresql": _BOTH.join_from(tables.tickets, _lateral, true()).join(
        _read_again, _read_again.c.number == _lateral.c.number
    ),
}


def _note(connection: Connection, found: Sequence[tuple[Told, Told]], twice: Sequence[Reused], now: datetime) -> None:
    reused.note(connection, twice, now)
    _suggest(connection, {new.id: earlier.number for new, earlier in found}, now)


def _suggest(connection: Connection, found: Mapping[UUID, int], now: datetime) -> None:
    """`found`: the number of the earlier ticket, by new ticket."""
    untouched = connection.execute(_UNTOUCHED, {"ids": list(found)}).scalars().all() if found else ()
    if not untouched:
        return
    connection.execute(_MARK, [{"ticket_id": one, "earlier": found[one]} for one in untouched])
    reason = "the same person, in like words"
    said = [Act(one, FieldChange("possible_duplicate_of", None, str(found[one])), reason) for one in untouched]
    history.record_each(connection, said, by=THE_DESK, now=now)


# Locked until the commit, and in one order, so that two processes do not wait for each other.
_UNTOUCHED = (
    select(_t.id)
    .where(_t.id.in_(bindparam("ids", expanding=True)), _t.deleted_at.is_(None), _t.possible_duplicate_of.is_(None))
    .order_by(_t.id)
    .with_for_update()
)
_MARK = (
    update(tables.tickets)
    .where(_t.id == bindparam("ticket_id"))
    .values(possible_duplicate_of=bindparam("earlier"), version=_t.version + 1)
)


async def _until_something_came(desk: Desk) -> None:
    for _ in range(int(LOOK.total_seconds())):
        if desk.to_look_at:
            return
        await asyncio.sleep(1)
