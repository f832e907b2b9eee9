"""Webhooks: who wants to hear what, how what they hear is signed, and what became of it."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables, webhook_tables
from core.accounts.secrets import Keys
from core.errors import Conflict, NotFound
from core.outbox import FIRST_WAIT, LONGEST_WAIT
from core.tables import new_id
from core.vocabulary import DeliveryState, EventType

_w, _d, _t = webhook_tables.webhooks.c, tables.deliveries.c, tables.tickets.c
_WAITING = (DeliveryState.QUEUED, DeliveryState.RETRYING)
_SETTLED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Webhook:
    """`failing_since`: since when nothing has arrived there. `disabled_reason`: why the desk switched it off."""

    id: UUID
    url: str
    events: tuple[EventType, ...]
    active: bool
    secret_version: int
    failing_since: datetime | None
    disabled_reason: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was told, or not, to one webhook. The same `event_id` is the same event, told again."""

    id: UUID
    event_id: str
    type: EventType
    ticket_number: int
    state: DeliveryState
    reason: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Telling:
    """What a courier needs to tell one event."""

    delivery_id: UUID
    webhook: Webhook
    event_id: str
    type: EventType
    body: bytes


def secret(keys: Keys, webhook: Webhook) -> str:
    """Derived, so that no copy of the database gives it away; another version is another secret."""
    made = hmac.digest(keys.webhooks, f"{webhook.id} {webhook.secret_version}".encode(), hashlib.sha256)
    return "whsec_" + base64.urlsafe_b64encode(made).decode().rstrip("=")


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The header's value. The time is signed too, so that what is sent again by others can be told by its age."""
    moment = int(at.timestamp())
    signed = hmac.digest(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={signed.hex()}"


async def is_anything_told(connection: AsyncConnection) -> bool:
    """Whether there was ever an event for a webhook. Its index has those alone."""
    d = tables.deliveries.c
    return (await connection.execute(select(d.id).where(d.webhook_id.is_not(None)).limit(1))).first() is not None


async def add(connection: AsyncConnection, url: str, events: Collection[EventType], now: datetime) -> Webhook:
    webhook_id = new_id()
    row = {"id": webhook_id, "url": url, "events": sorted(events), "created_at": now, "updated_at": now}
    await connection.execute(insert(webhook_tables.webhooks), row)
    return await by_id(connection, webhook_id)


async def by_id(connection: AsyncConnection, webhook_id: UUID) -> Webhook:
    """Raises NotFound."""
    row = (await connection.execute(select(webhook_tables.webhooks).where(_w.id == webhook_id))).one_or_none()
    if row is None:
        raise NotFound("Webhook")
    return _webhook(row)


async def everyone(connection: AsyncConnection) -> list[Webhook]:
    found = await connection.execute(select(webhook_tables.webhooks).order_by(_w.id))
    return [_webhook(row) for row in found]


def _webhook(row: Row[*tuple[object, ...]]) -> Webhook:
    return Webhook(
        row.id,
        row.url,
        tuple(EventType(one) for one in row.events),
        row.active,
        row.secret_version,
        row.failing_since,
        row.disabled_reason,
        row.created_at,
        row.updated_at,
    )


async def change(
    connection: AsyncConnection,
    webhook_id: UUID,
    now: datetime,
    *,
    url: str | None = None,
    events: Collection[EventType] | None = None,
    active: bool | None = None,
) -> Webhook:
    """None: stays as it is. Switched on again, it begins anew; switched off, what waits for it is not told."""
    values: dict[str, object] = {"updated_at": now}
    if url is not None:
        values["url"] = url
    if events is not None:
        values["events"] = sorted(events)
    if active is not None:
        values |= {"active": active, "disabled_reason": "", "failing_since": None}
    await _update(connection, webhook_id, values)
    if active is False:
        await _drop(connection, webhook_id, "the webhook was switched off")
    return await by_id(connection, webhook_id)


async def renew_secret(connection: AsyncConnection, webhook_id: UUID, now: datetime) -> Webhook:
    await _update(connection, webhook_id, {"secret_version": _w.secret_version + 1, "updated_at": now})
    return await by_id(connection, webhook_id)


async def remove(connection: AsyncConnection, webhook_id: UUID) -> None:
    await _drop(connection, webhook_id, "the webhook was deleted")
    if not (await connection.execute(delete(webhook_tables.webhooks).where(_w.id == webhook_id))).rowcount:
        raise NotFound("Webhook")


async def _update(connection: AsyncConnection, webhook_id: UUID, values: dict[str, object]) -> None:
    done = await connection.execute(update(webhook_tables.webhooks).where(_w.id == webhook_id).values(**values))
    if not done.rowcount:
        raise NotFound("Webhook")


async def _drop(connection: AsyncConnection, webhook_id: UUID, reason: str) -> None:
    await connection.execute(
        update(tables.deliveries)
        .where(_d.webhook_id == webhook_id, _d.state.in_(_WAITING))
        .values(state=DeliveryState.FAILED, reason=reason, leased_until=None)
    )


async def log(
    connection: AsyncConnection, webhook_id: UUID, *, limit: int = 50, before: UUID | None = None
) -> list[Told]:
    """What was told to it, or was to be, the newest first. `before` goes on behind one that was seen."""
    statement = (
        select(
            _d.id, _d.remote_id, _d.details, _t.number, _d.state, _d.reason, _d.attempts, _d.created_at, _d.due_at,
            _d.sent_at,
        )
        .join_from(tables.deliveries, tables.tickets, _t.id == _d.ticket_id)
        .where(_d.webhook_id == webhook_id)
        .order_by(_d.id.desc())
        .limit(limit)
    )  # fmt: skip
    if before:
        statement = statement.where(_d.id < before)
    return [
        Told(
            row.id,
            row.remote_id,
            EventType(row.details["type"]),
            row.number,
            DeliveryState(row.state),
            row.reason,
            row.attempts,
            row.created_at,
            row.due_at,
            row.sent_at,
        )
        for row in await connection.execute(statement)
    ]


async def replay(connection: AsyncConnection, webhook_id: UUID, delivery_id: UUID, now: datetime) -> None:
    """Tell it once more, in the same words and under the same event id. Raises NotFound, Conflict."""
    webhook = await by_id(connection, webhook_id)
    if not webhook.active:
        raise Conflict("this webhook is switched off: switch it on first")
    ours = (_d.id == delivery_id, _d.webhook_id == webhook_id)
    if (await connection.execute(select(_d.id).where(*ours))).first() is None:
        raise NotFound("Delivery")
    queued = await connection.execute(
        update(tables.deliveries)
        .where(*ours, _d.state.in_(_SETTLED))
        .values(state=DeliveryState.QUEUED, due_at=now, created_at=now, unknowns=0, reason="", sent_at=None)
    )
    if not queued.rowcount:
        raise Conflict("this event is still to be told: wait for what becomes of it")


async def tellings(connection: AsyncConnection, delivery_ids: Collection[UUID]) -> list[Telling]:
    """What these claimed deliveries say, and to whom. Those whose webhook is gone meanwhile are not among them."""
    found = await connection.execute(
        select(_d.id.label("delivery_id"), _d.remote_id, _d.details, webhook_tables.webhooks)
        .join_from(tables.deliveries, webhook_tables.webhooks, _w.id == _d.webhook_id)
        .where(_d.id.in_(delivery_ids), _w.active)
        .order_by(_d.id)
    )
    return [
        Telling(
            row.delivery_id,
            _webhook(row),
            row.remote_id,
            EventType(row.details["type"]),
            str(row.details["body"]).encode(),
        )
        for row in found
    ]


async def arrived(connection: AsyncConnection, webhook_ids: Collection[UUID]) -> None:
    """Something got there: all is well."""
    await connection.execute(
        update(webhook_tables.webhooks)
        .where(_w.id.in_(webhook_ids), _w.failing_since.is_not(None))
        .values(failing_since=None)
    )


async def failing(
    connection: AsyncConnection, webhook_id: UUID, reason: str, now: datetime, *, patience: timedelta
) -> None:
    """Nothing gets there: what waits for it waits longer and longer; after `patience` it is switched off."""
    since = func.coalesce(_w.failing_since, now)
    await connection.execute(update(webhook_tables.webhooks).where(_w.id == webhook_id).values(failing_since=since))
    found = await connection.execute(select(_w.failing_since).where(_w.id == webhook_id))
    failed_for = now - (found.scalar_one_or_none() or now)
    if failed_for > patience:
        hours = int(patience.total_seconds() // 3600)
        await disable(connection, webhook_id, f"nothing has arrived there for {hours} hours: {reason}", now)
        return
    until = now + min(max(failed_for / 4, FIRST_WAIT), LONGEST_WAIT)
    await connection.execute(
        update(tables.deliveries)
        .where(_d.webhook_id == webhook_id, _d.state.in_(_WAITING), _d.due_at < until)
        .values(due_at=until)
    )


async def disable(connection: AsyncConnection, webhook_id: UUID, reason: str, now: datetime) -> None:
    """Switched off by the desk itself; an admin sees why, and switches it on again."""
    await connection.execute(
        update(webhook_tables.webhooks)
        .where(_w.id == webhook_id, _w.active)
        .values(active=False, disabled_reason=reason[:1000], updated_at=now)
    )
    await _drop(connection, webhook_id, f"the webhook was switched off: {reason}"[:1000])
