"""What customers do with their own tickets by themselves: see, close and open them again, and be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import history, merging, tables, tickets
from core.chat.refusals import worded
from core.errors import Conflict, NotFound
from core.history import FieldChange
from core.tickets import Ticket
from core.vocabulary import SETTLED, Direction, Status

_t, _i, _p, _m, _a = (
    tables.tickets.c, tables.identities.c, tables.people.c, tables.messages.c, tables.attachments.c,
)  # fmt: skip
# So many are listed, and offered to choose from.
MOST = 20


@dataclass(frozen=True, slots=True)
class Known:
    """What the desk knows of somebody."""

    name: str
    language: str
    addresses: tuple[tuple[str, str], ...]
    tickets: int
    messages: int
    files: int


async def listed(
    connection: AsyncConnection, person_id: UUID, *, is_open: bool = False, most: int = MOST
) -> Sequence[Ticket]:
    """Their tickets, the newest first; only those that are still open, if so asked."""
    mine = tickets.LISTED.where(_t.requester_id == person_id, _t.deleted_at.is_(None), _t.merged_into_id.is_(None))
    if is_open:
        mine = mine.where(_t.status.not_in(SETTLED))
    return tuple((await tickets.read(connection, mine.order_by(_t.number.desc()).limit(most))).values())


_OPEN = (
    select(_t.id)
    .where(
        _t.requester_id == bindparam("person"), _t.deleted_at.is_(None), _t.merged_into_id.is_(None),
        _t.status.not_in(SETTLED),
    )
    .order_by(_t.number.desc())
    .limit(MOST)
)  # fmt: skip


async def opened(connection: AsyncConnection, person_id: UUID) -> tuple[UUID, ...]:
    """Those that are still open, the newest first. Asked with every line that somebody writes."""
    return tuple((await connection.execute(_OPEN, {"person": person_id})).scalars())


async def one(connection: AsyncConnection, person_id: UUID | None, number: int) -> Ticket:
    """Where it was merged into another, that one. Raises NotFound, for others' as for none."""
    found = (await tickets.by_numbers(connection, [number])).get(number)
    ticket = await merging.living(connection, found) if found else None
    if ticket is None or person_id is None or ticket.requester_id != person_id:
        raise NotFound("Ticket")
    return ticket


async def set_status(
    connection: AsyncConnection, ticket: Ticket, status: Status, person_id: UUID, now: datetime
) -> None:
    """Close a ticket of one's own, or open it again. Raises NotFound, Conflict."""
    if ticket.requester_id != person_id:
        raise NotFound("Ticket")
    settled = status in SETTLED
    values: dict[str, object] = {
        "status": status,
        "resolved_at": (ticket.resolved_at or now) if settled else None,
        "closed_at": now if status is Status.CLOSED else None,
        "unread": 0 if settled else ticket.unread + 1,
        "snoozed_until": None,
    }
    await tickets.write(connection, ticket, values, now)
    change = FieldChange("status", ticket.status, status)
    await history.record_of_person(
        connection, ticket.id, change, person_id=person_id, name=ticket.requester.name, now=now
    )


async def known(connection: AsyncConnection, person_id: UUID) -> Known:
    """Raises NotFound."""
    person = (await connection.execute(select(_p.name, _p.language).where(_p.id == person_id))).first()
    if person is None:
        raise NotFound("Person")
    addresses = await connection.execute(
        select(_i.channel, _i.address).where(_i.person_id == person_id).order_by(_i.created_at, _i.id)
    )
    theirs = select(_t.id).where(_t.requester_id == person_id, _t.deleted_at.is_(None))
    counts = [
        (await connection.execute(select(func.count()).where(which))).scalar_one()
        for which in (
            _t.id.in_(theirs),
            _m.ticket_id.in_(theirs) & (_m.direction != Direction.NOTE) & _m.deleted_at.is_(None),
            _a.ticket_id.in_(theirs) & _a.deleted_at.is_(None),
        )
    ]
    return Known(person.name, person.language, tuple((row.channel, row.address) for row in addresses.all()), *counts)


async def forget(connection: AsyncConnection, person_id: UUID, now: datetime) -> int:
    """Forget somebody at their own wish: addresses at once, tickets softly, so that `purge` removes them for good.

    Answers how many tickets that were. Raises Conflict where somebody signs in as them: that is an admin's to end.
    """
    u = tables.users.c
    account = select(u.id).where(u.person_id == person_id, u.active.is_(True), u.deleted_at.is_(None)).limit(1)
    if (await connection.execute(account)).first():
        raise Conflict(worded("account_kept"))
    theirs = select(_t.id, _t.status).where(_t.requester_id == person_id, _t.deleted_at.is_(None)).with_for_update()
    rows = (await connection.execute(theirs)).all()
    for row in rows:
        change = FieldChange("status", row.status, Status.DELETED)
        await history.record_of_person(connection, row.id, change, person_id=person_id, name="", now=now)
    await connection.execute(
        update(tables.tickets)
        .where(_t.id.in_([row.id for row in rows]))
        .values(status=Status.DELETED, deleted_at=now, updated_at=now, version=_t.version + 1)
    )
    await connection.execute(update(tables.people).where(_p.id == person_id).values(deleted_at=now, name=""))
    await connection.execute(delete(tables.identities).where(_i.person_id == person_id))
    return len(rows)
