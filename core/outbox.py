"""The outbox: what is to be said to the outside, until it has been said or somebody knows that it was not.

A delivery is claimed in a transaction of its own before a byte is sent and settled in another one after, so that a
crash in between is noticed: its lease runs out in state `sending`, and nobody knows whether it arrived. It is then
tried once more under the same Message-ID; the second time that nobody knows, it is `uncertain` and a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Row, Select, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.errors import Conflict, NotFound
from core.mail import effects, unsent
from core.storage import paging
from core.storage.paging import Span
from core.vocabulary import Channel, DeliveryKind, DeliveryState

# Longer than any round of a courier may take, or another process would send what this one is still sending.
LEASE = timedelta(minutes=10)
UNKNOWNS = 2
# Waiting times after a failure that may pass: a minute, doubling, an hour at most (P7).
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

# What has been tried before is older than what has not.
_WAITING = (DeliveryState.RETRYING, DeliveryState.QUEUED)
_OPEN = (*_WAITING, DeliveryState.SENDING)
# What nothing but a person's word will change.
_ENDED_BADLY = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)
_d, _t = tables.deliveries.c, tables.tickets.c
_earlier = tables.deliveries.alias("earlier")
# Order on a ticket is kept: an answer never overtakes the one before it that is still being tried.
_WAITS = (
    select(_earlier.c.id)
    .where(
        _earlier.c.ticket_id == _d.ticket_id,
        _earlier.c.address == _d.address,
        _earlier.c.state.in_(_OPEN),
        _earlier.c.id < _d.id,
    )
    .exists()
)


@dataclass(frozen=True, slots=True)
class Sent:
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not arrive, however often it is tried. `reason` in words; `dead`: nor will anything else at its address."""

    delivery_id: UUID
    reason: str
    dead: bool = False


@dataclass(frozen=True, slots=True)
class TryAgain:
    delivery_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The last byte was sent and no answer came."""

    delivery_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class NotTried:
    """It was claimed, and there was no room for it: as if it had not been."""

    delivery_id: UUID


# What became of a delivery that was tried.
Result = Sent | Failed | TryAgain | Unknown


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery, as an admin reads it."""

    id: UUID
    ticket_number: int
    channel: Channel
    kind: DeliveryKind
    address: str
    state: DeliveryState
    reason: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries to show. None: whatever."""

    state: DeliveryState | None = None
    kind: DeliveryKind | None = None
    channel: Channel | None = None
    address: str | None = None
    ticket_number: int | None = None


EVERYTHING = Wanted()
FIRST = Span(50)


async def is_due(connection: AsyncConnection, channel: Channel, now: datetime) -> bool:
    """Whether a claim would find something. Cheap however much is queued: it stops at the first."""
    asked = {"channel": channel, "now": now}
    for statement in _IS_DUE:
        if (await connection.execute(statement, asked)).first():
            return True
    return False


async def claim(connection: AsyncConnection, channel: Channel, now: datetime, *, limit: int) -> list[UUID]:
    """Take up to `limit` due deliveries of a channel, acknowledgements last and the oldest first, one a ticket and address
    at a time.

    One that is in doubt goes alone. A crash leaves all that was claimed with it in doubt, sent or not; a second crash
    shall make nothing uncertain that was not about to be sent.
    """
    # The lease was wait enough: what was interrupted is due at once.
    if (await connection.execute(_IS_LOST, {"now": now})).first():
        await _doubt(connection, _lost(now), now, "the sending was interrupted")
    asked = {"channel": channel, "now": now}
    taken: list[UUID] = []
    for statement in _OLDEST_IN_DOUBT:
        if not taken:
            taken += (await connection.execute(statement, asked | {"most": 1})).scalars()
    for statement in () if taken else _OLDEST:
        if len(taken) < limit:
            taken += (await connection.execute(statement, asked | {"most": limit - len(taken)})).scalars()
    if taken:
        await connection.execute(
            update(tables.deliveries)
            .where(_d.id.in_(taken))
            .values(state=DeliveryState.SENDING, attempts=_d.attempts + 1, leased_until=now + LEASE)
        )
    return sorted(taken)


def _oldest(which: ColumnElement[bool]) -> Select[UUID]:
    """Read, and locked until the commit. Not a part of the update, which may run a locking subquery more than once
    on PostgreSQL and then takes more than the limit."""
    oldest = select(_d.id).where(which).order_by(_d.due_at, _d.id).limit(bindparam("most"))
    return oldest.with_for_update(of=tables.deliveries, skip_locked=True)


def _claimable(state: DeliveryState) -> ColumnElement[bool]:
    """Those of :channel that are due at :now."""
    return and_(_d.state == state, _d.due_at <= bindparam("now"), _d.channel == bindparam("channel"), ~_WAITS)


def _lost(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Deliveries whose courier died: nobody knows whether they arrived."""
    return and_(_d.state == DeliveryState.SENDING, _d.leased_until <= now)


# Put together once: under load every courier asks them again and again.
_IS_LOST = select(_d.id).where(_lost(bindparam("now"))).limit(1)
_IS_DUE = (*(select(_d.id).where(_claimable(state)).limit(1) for state in _WAITING), _IS_LOST)
_AUTOMATIC = _d.kind == DeliveryKind.ACKNOWLEDGEMENT
_OLDEST_IN_DOUBT = tuple(
    _oldest(_claimable(DeliveryState.RETRYING) & (_d.unknowns > 0) & kind) for kind in (~_AUTOMATIC, _AUTOMATIC)
)
# People first, whose answers never wait behind a thousand acknowledgements, and state by state: each by a statement of
# its own, so that the index gives the oldest without sorting all that waits.
_OLDEST = tuple(_oldest(_claimable(state) & kind) for kind in (~_AUTOMATIC, _AUTOMATIC) for state in _WAITING)


async def _doubt(
    connection: AsyncConnection,
    which: ColumnElement[bool],
    now: datetime,
    reason: str,
    *,
    wait: timedelta = timedelta(),
) -> None:
    ours = and_(which, _d.state == DeliveryState.SENDING)
    values = {
        "unknowns": _d.unknowns + 1,
        "leased_until": None,
        "reason": f"{reason[:950]}: nobody knows whether it arrived",
    }
    await connection.execute(
        update(tables.deliveries)
        .where(ours, _d.unknowns + 1 < UNKNOWNS)
        .values(state=DeliveryState.RETRYING, due_at=now + wait, **values)
    )
    doubted = list((await connection.execute(select(_d.id).where(ours))).scalars())
    await connection.execute(update(tables.deliveries).where(ours).values(state=DeliveryState.UNCERTAIN, **values))
    await unsent.tell(connection, doubted, now)


async def settle(
    connection: AsyncConnection, results: Sequence[Result | NotTried], now: datetime, *, lifetime: timedelta
) -> None:
    """Write down what became of claimed deliveries, all of one round in one transaction.

    What was sent is sent, whatever happened meanwhile; the rest counts only for who still holds the delivery.
    """
    sent = [result.delivery_id for result in results if isinstance(result, Sent)]
    if sent:
        await connection.execute(
            update(tables.deliveries)
            # It may have come back before its sending was written down.
            .where(_d.id.in_(sent), _d.returned_at.is_(None))
            .values(state=DeliveryState.SENT, sent_at=now, leased_until=None, reason="")
        )
    for result in results:
        match result:
            case Failed():
                await _fail(connection, result.delivery_id, result.reason, now)
                if result.dead:
                    await _give_up(connection, result, now)
            case TryAgain():
                await _retry(connection, result, now, lifetime)
            case Unknown():
                # At once, a relay that hangs would hang again and make the doubt final within minutes.
                await _doubt(connection, _d.id == result.delivery_id, now, result.reason, wait=FIRST_WAIT)
            case NotTried():
                await _put_back(connection, result.delivery_id)


async def _put_back(connection: AsyncConnection, delivery_id: UUID) -> None:
    await connection.execute(
        update(tables.deliveries)
        .where(_d.id == delivery_id, _d.state == DeliveryState.SENDING)
        .values(state=DeliveryState.QUEUED, attempts=_d.attempts - 1, leased_until=None)
    )


async def _fail(connection: AsyncConnection, delivery_id: UUID, reason: str, now: datetime) -> None:
    failed = await connection.execute(
        update(tables.deliveries)
        .where(_d.id == delivery_id, _d.state == DeliveryState.SENDING)
        .values(state=DeliveryState.FAILED, leased_until=None, reason=reason[:1000])
    )
    if failed.rowcount:
        await unsent.tell(connection, [delivery_id], now)


async def _give_up(connection: AsyncConnection, result: Failed, now: datetime) -> None:
    """Its address is treated as after a bounce (core.mail.effects): nothing that waits for it is tried."""
    address = await connection.scalar(select(_d.address).where(_d.id == result.delivery_id))
    if address is None:
        return  # it was purged meanwhile
    because = result.reason[:1000]
    await connection.execute(effects.DEAD, {"whose": address, "at": now, "because": because})
    await connection.execute(effects.HOPELESS, {"whose": address, "because": because})


async def _retry(connection: AsyncConnection, result: TryAgain, now: datetime, lifetime: timedelta) -> None:
    since = func.coalesce(_d.retried_at, _d.created_at).label("since")
    found = await connection.execute(select(_d.attempts, since).where(_d.id == result.delivery_id))
    row = found.one_or_none()
    if row is None:
        return  # its ticket was purged meanwhile
    if now - row.since > lifetime:
        await _fail(connection, result.delivery_id, f"given up after {row.attempts} tries: {result.reason}", now)
        return
    await connection.execute(
        update(tables.deliveries)
        .where(_d.id == result.delivery_id, _d.state == DeliveryState.SENDING)
        .values(
            state=DeliveryState.RETRYING,
            due_at=now + backoff(row.attempts) * _spread(result.delivery_id),
            leased_until=None,
            reason=result.reason[:1000],
        )
    )


def backoff(attempts: int) -> timedelta:
    """How long to wait after the `attempts`th failure."""
    return min(FIRST_WAIT * int(2 ** min(attempts - 1, 10)), LONGEST_WAIT)


def _spread(delivery_id: UUID) -> float:
    """Up to a quarter longer, by the random half of the id: what failed together is not tried again together."""
    return 1 + (delivery_id.int & 0xFF) / 0x400


async def next_due(connection: AsyncConnection, channel: Channel) -> datetime | None:
    """When there will be something to do, or an interrupted sending to notice; None while nothing is open.

    Deliveries behind an earlier one of their ticket do not count: until that one has ended, nothing can be done.
    """
    moment = func.coalesce(_d.leased_until, _d.due_at)
    found = await connection.execute(
        select(func.min(moment)).where(_d.state.in_(_OPEN), _d.channel == channel, ~_WAITS)
    )
    return found.scalar_one()  # type: ignore[no-any-return]  # coalesce of two UtcDateTime columns


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many deliveries there are in each state."""
    found = await connection.execute(select(_d.state, func.count()).group_by(_d.state))
    return {row[0]: row[1] for row in found.all()}


async def entries(connection: AsyncConnection, wanted: Wanted = EVERYTHING, span: Span = FIRST) -> list[Entry]:
    """The newest first."""
    found = await connection.execute(paging.newest_within(_wanted(wanted), _d.id, span))
    return [_entry(row) for row in found.all()]


async def how_many(connection: AsyncConnection, wanted: Wanted) -> int:
    return await paging.count(connection, _wanted(wanted))


async def one(connection: AsyncConnection, delivery_id: UUID) -> Entry:
    """Raises NotFound."""
    row = (await connection.execute(_SELECT.where(_d.id == delivery_id))).first()
    if row is None:
        raise NotFound("Delivery")
    return _entry(row)


_SELECT: Select[*tuple[object, ...]] = select(
    _d.id, _t.number, _d.channel, _d.kind, _d.address, _d.state, _d.reason, _d.attempts, _d.created_at, _d.due_at,
    _d.sent_at,
).join_from(tables.deliveries, tables.tickets, _t.id == _d.ticket_id)  # fmt: skip


def _wanted(wanted: Wanted) -> Select[*tuple[object, ...]]:
    equal = {
        _d.state: wanted.state,
        _d.kind: wanted.kind,
        _d.channel: wanted.channel,
        _d.address: wanted.address,
        _t.number: wanted.ticket_number,
    }
    return _SELECT.where(*(column == value for column, value in equal.items() if value is not None))


async def try_again(connection: AsyncConnection, delivery_id: UUID, now: datetime) -> None:
    """Once more, because a person says so. Raises NotFound, Conflict where there is nothing to be tried again."""
    held = select(_d.state, tables.messages.c.deleted_at, _t.deleted_at.label("ticket_deleted_at"))
    row = (
        await connection.execute(
            held.join_from(tables.deliveries, tables.tickets, _t.id == _d.ticket_id)
            .join(tables.messages, tables.messages.c.id == _d.message_id, isouter=True)
            .where(_d.id == delivery_id)
            .with_for_update(of=tables.deliveries)
        )
    ).first()
    if row is None:
        raise NotFound("Delivery")
    if row.state not in _ENDED_BADLY:
        raise Conflict(f"this delivery is {row.state}: only one that failed or is uncertain can be tried again")
    if row.deleted_at or row.ticket_deleted_at:
        raise Conflict("what this delivery said was deleted: write a new comment instead")
    await connection.execute(
        update(tables.deliveries)
        .where(_d.id == delivery_id)
        .values(state=DeliveryState.QUEUED, due_at=now, retried_at=now, unknowns=0, reason="", returned_at=None)
    )


def _entry(row: Row[*tuple[object, ...]]) -> Entry:
    return Entry(
        row.id,
        row.number,
        Channel(row.channel),
        DeliveryKind(row.kind),
        row.address,
        DeliveryState(row.state),
        row.reason,
        row.attempts,
        row.created_at,
        row.due_at,
        row.sent_at,
    )
