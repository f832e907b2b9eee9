"""Removing for good what was deleted or closed long enough ago, and the bytes that nothing names any more.

Open tickets stay, whatever their age, and so does everything of which an answer is still to be sent. In small
transactions, so that mail never waits long; what one run leaves, the next one finds.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import archive, tables
from core.chat.talk_tables import undecided
from core.config import Settings
from core.desk import Desk
from core.mail.mark_tables import tombstones
from core.storage import blobs, dialects
from core.vocabulary import Channel, DeliveryState, Disposition, Status

AT_ONCE = 100
# Nobody repeats an attempt later.
REPEATED = timedelta(days=30)
# Nor does a mailbox come back after so long with mail that was here once.
REMEMBERED = timedelta(days=400)
# What is younger may belong to something that is just being stored.
SETTLED_AFTER = timedelta(days=1)

_OPEN = (DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.SENDING)
_t, _m, _a = tables.tickets.c, tables.messages.c, tables.attachments.c
_l, _d, _b, _p = tables.ledger.c, tables.deliveries.c, tables.blobs.c, tables.people.c


@dataclass(frozen=True, slots=True)
class Cut:
    """What was deleted before `deleted` and closed before `closed` goes, and spam that came before `spam`.
    None: whatever its age, it stays."""

    deleted: datetime | None
    closed: datetime | None
    now: datetime
    spam: datetime | None = None


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went, or would go. `arrivals` are rows of the ledger, `files` stored contents, of `bytes` together."""

    tickets: int = 0
    comments: int = 0
    attachments: int = 0
    clients: int = 0
    arrivals: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, more: Self) -> "Purged":
        return Purged(*(getattr(self, one.name) + getattr(more, one.name) for one in fields(self)))


def cut(settings: Settings, now: datetime) -> Cut:
    kept = settings.retention
    return Cut(_before(now, kept.deleted_days), _before(now, kept.closed_days), now, _before(now, kept.spam_days))


def _before(now: datetime, days: int) -> datetime | None:
    return now - timedelta(days=days) if days else None


async def purge(desk: Desk, cut: Cut) -> Purged:
    """Remove it, in transactions of the desk."""
    gone = Purged()
    for step in (_purge_tickets, _purge_comments, _purge_attachments, _purge_clients, _purge_spam):
        while True:
            async with desk.writing() as connection:
                some = await step(connection, cut)
            if some == Purged():
                break
            gone += some
    async with desk.writing() as connection:
        await connection.execute(delete(tables.attempts).where(tables.attempts.c.created_at < cut.now - REPEATED))
        await connection.execute(delete(tombstones).where(tombstones.c.created_at < cut.now - REMEMBERED))
    return gone + await _purge_blobs(desk, cut)


async def foreseen(desk: Desk, cut: Cut) -> Purged:
    """How much `purge` would remove; nothing is touched."""
    async with desk.reading() as connection:
        staying = ~_of_doomed_ticket(_m.ticket_id, cut)
        counted = Purged(
            tickets=await _count(connection, select(_t.id).where(_doomed_ticket(cut))),
            comments=await _count(connection, select(_m.id).where(_doomed_comment(cut), staying)),
            attachments=await _count(
                connection, select(_a.id).where(_doomed_file(cut), ~_of_doomed_ticket(_a.ticket_id, cut))
            ),
            clients=await _count(connection, select(_p.id).where(_doomed_client(cut))),
            arrivals=await _count(connection, select(_l.id).where(_doomed_arrival(cut))),
        )
        rows = (await connection.execute(_unnamed(cut))).all()
    named = await _archived(desk) if rows else set()
    sizes = [row.size for row in rows if row.sha256 not in named]
    return counted + Purged(files=len(sizes), bytes=sum(sizes))


async def _count(connection: AsyncConnection, rows: Select[UUID]) -> int:
    return int((await connection.execute(select(func.count()).select_from(rows.subquery()))).scalar_one())


def _doomed_ticket(cut: Cut) -> ColumnElement[bool]:
    waits = select(_d.id).where(_d.ticket_id == _t.id, _d.state.in_(_OPEN)).correlate(tables.tickets).exists()
    old = or_(
        _t.deleted_at < cut.deleted if cut.deleted else false(),
        and_(_t.status == Status.CLOSED, _t.closed_at < cut.closed) if cut.closed else false(),
    )
    return and_(old, ~waits)


def _doomed_comment(cut: Cut) -> ColumnElement[bool]:
    waits = select(_d.id).where(_d.message_id == _m.id, _d.state.in_(_OPEN)).correlate(tables.messages).exists()
    return and_(_m.deleted_at < cut.deleted, ~waits) if cut.deleted else false()


def _doomed_file(cut: Cut) -> ColumnElement[bool]:
    # Never unknown: its opposite is what keeps a file.
    return and_(_a.deleted_at.is_not(None), _a.deleted_at < cut.deleted) if cut.deleted else false()


def _doomed_client(cut: Cut) -> ColumnElement[bool]:
    """Forgotten long ago, and nothing that stays is theirs."""
    if cut.deleted is None:
        return false()
    further = and_(tables.participants.c.person_id == _p.id, tables.IS_FURTHER_SEAT)
    theirs = (
        _t.requester_id == _p.id, further, _m.person_id == _p.id, tables.changes.c.person_id == _p.id,
        tables.users.c.person_id == _p.id,
    )  # fmt: skip
    return and_(_p.deleted_at < cut.deleted, *(~exists().where(one).correlate(tables.people) for one in theirs))


def _of_doomed_ticket(ticket_id: ColumnElement[UUID], cut: Cut) -> ColumnElement[bool]:
    return select(_t.id).where(_t.id == ticket_id, _doomed_ticket(cut)).correlate_except(tables.tickets).exists()


def _of_doomed_comment(message_id: ColumnElement[UUID], cut: Cut) -> ColumnElement[bool]:
    return select(_m.id).where(_m.id == message_id, _doomed_comment(cut)).correlate_except(tables.messages).exists()


def _doomed_arrival(cut: Cut) -> ColumnElement[bool]:
    """What arrived goes with what became of it: its bytes say the same words."""
    return or_(_of_doomed_ticket(_l.ticket_id, cut), _of_doomed_comment(_l.message_id, cut), _doomed_spam(cut))


def _doomed_spam(cut: Cut) -> ColumnElement[bool]:
    """What nobody released in time. It has no ticket."""
    return and_(_l.disposition == Disposition.SPAM, _l.received_at < cut.spam) if cut.spam else false()


def _unnamed(cut: Cut) -> Select[str, int]:
    """Stored contents that no attachment and no arrival which stays names. Nothing is what each arrival names whose bytes
    lie with it, and stays.
    """
    going = or_(_doomed_file(cut), _of_doomed_ticket(_a.ticket_id, cut), _of_doomed_comment(_a.message_id, cut))
    attached = select(_a.id).where(_a.sha256 == _b.sha256, ~going).correlate(tables.blobs).exists()
    arrived = select(_l.id).where(_l.raw_sha256 == _b.sha256, ~_doomed_arrival(cut)).correlate(tables.blobs).exists()
    return select(_b.sha256, _b.size).where(
        ~attached, ~arrived, _b.created_at < cut.now - SETTLED_AFTER, _b.sha256 != blobs.NOTHING.sha256
    )


async def _purge_tickets(connection: AsyncConnection, cut: Cut) -> Purged:
    ids = await _some(connection, select(_t.id).where(_doomed_ticket(cut)).order_by(_t.id))
    if not ids:
        return Purged()
    await _remember(connection, _l.ticket_id.in_(ids), cut)
    arrivals = await connection.execute(delete(tables.ledger).where(_l.ticket_id.in_(ids)))
    await connection.execute(update(tables.tickets).where(_t.merged_into_id.in_(ids)).values(merged_into_id=None))
    # What hangs on them goes with them (ON DELETE CASCADE).
    tickets = await connection.execute(delete(tables.tickets).where(_t.id.in_(ids)))
    return Purged(tickets=tickets.rowcount, arrivals=arrivals.rowcount)


async def _purge_comments(connection: AsyncConnection, cut: Cut) -> Purged:
    ids = await _some(connection, select(_m.id).where(_doomed_comment(cut)).order_by(_m.id))
    if not ids:
        return Purged()
    await _remember(connection, _l.message_id.in_(ids), cut)
    arrivals = await connection.execute(delete(tables.ledger).where(_l.message_id.in_(ids)))
    comments = await connection.execute(delete(tables.messages).where(_m.id.in_(ids)))
    return Purged(comments=comments.rowcount, arrivals=arrivals.rowcount)


async def _purge_attachments(connection: AsyncConnection, cut: Cut) -> Purged:
    ids = await _some(connection, select(_a.id).where(_doomed_file(cut)).order_by(_a.id))
    if not ids:
        return Purged()
    gone = await connection.execute(delete(tables.attachments).where(_a.id.in_(ids)))
    return Purged(attachments=gone.rowcount)


async def _purge_clients(connection: AsyncConnection, cut: Cut) -> Purged:
    ids = await _some(connection, select(_p.id).where(_doomed_client(cut)).order_by(_p.id))
    if not ids:
        return Purged()
    await connection.execute(delete(tables.identities).where(tables.identities.c.person_id.in_(ids)))
    gone = await connection.execute(delete(tables.people).where(_p.id.in_(ids)))
    return Purged(clients=gone.rowcount)


async def _purge_spam(connection: AsyncConnection, cut: Cut) -> Purged:
    ids = await _some(connection, select(_l.id).where(_doomed_spam(cut)).order_by(_l.id))
    if not ids:
        return Purged()
    gone = await connection.execute(delete(tables.ledger).where(_l.id.in_(ids)))
    return Purged(arrivals=gone.rowcount)


async def _remember(connection: AsyncConnection, going: ColumnElement[bool], cut: Cut) -> None:
    """The keys of mail that goes, so that the same mail does not come back with a mailbox that moved (rule 48)."""
    found = await connection.execute(select(_l.dedupe_key, _l.content_key).where(going, _l.channel == Channel.EMAIL))
    keys = [{"key": key, "created_at": cut.now} for row in found.all() for key in row if key]
    if keys:
        await connection.execute(dialects.unless_there(connection.dialect.name, tombstones), keys)


async def _some(connection: AsyncConnection, ids: Select[UUID]) -> Sequence[UUID]:
    return (await connection.execute(ids.limit(AT_ONCE))).scalars().all()


async def _purge_blobs(desk: Desk, cut: Cut) -> Purged:
    async with desk.reading() as connection:
        rows = (await connection.execute(_unnamed(cut))).all()
    named = await _archived(desk) if rows else set()
    sizes = {row.sha256: row.size for row in rows if row.sha256 not in named}
    gone: list[str] = []
    for start in range(0, len(sizes), AT_ONCE):
        gone += await _drop(desk, cut, list(sizes)[start : start + AT_ONCE])
    await _sweep(desk, cut)
    return Purged(files=len(gone), bytes=sum(sizes[sha256] for sha256 in gone))


async def _drop(desk: Desk, cut: Cut, hashes: Sequence[str]) -> Sequence[str]:
    """Those that are still unnamed now; none where somebody names one at this very moment: the next run sees to it."""
    still = _unnamed(cut).with_only_columns(_b.sha256).where(_b.sha256.in_(hashes))
    try:
        async with desk.writing() as connection:
            dropped = (await connection.execute(still)).scalars().all()
            await connection.execute(delete(tables.blobs).where(_b.sha256.in_(dropped)))
    except IntegrityError:
        return []
    return dropped


async def _archived(desk: Desk) -> set[str]:
    """Files that arrivals by form, API or chat name within their own bytes: a replay needs them."""
    named: set[str] = set()
    async for raw in _archives(desk):
        named.update(archive.file_hashes(raw))
    # And what waits for its writer to say where it belongs.
    async with desk.reading() as connection:
        for packed in (await connection.execute(select(undecided.c.packed))).scalars():
            named.update(archive.file_hashes(packed))
    return named


async def _archives(desk: Desk) -> AsyncIterator[bytes]:
    seen: UUID | None = None
    while True:
        statement = (
            select(_l.id, _l.raw, _l.raw_sha256).where(_l.channel != Channel.EMAIL).order_by(_l.id).limit(AT_ONCE)
        )
        async with desk.reading() as connection:
            rows = (await connection.execute(statement.where(_l.id > seen) if seen else statement)).all()
            raws = [
                row.raw if row.raw is not None else await blobs.load(connection, desk.blob_folder, row.raw_sha256)
                for row in rows
            ]
        for raw in raws:
            yield raw
        if len(rows) < AT_ONCE:
            return
        seen = rows[-1].id


async def _sweep(desk: Desk, cut: Cut) -> None:
    """Large contents lie in files. Those without a row go: purged, of a transaction that came to nothing, or of an upload
    that was refused.
    """
    before = (cut.now - SETTLED_AFTER).timestamp()
    async for some in blobs.lying(desk.blob_folder, before, AT_ONCE):
        async with desk.reading() as connection:
            known = set((await connection.execute(select(_b.sha256).where(_b.sha256.in_(some)))).scalars())
        await blobs.discard(desk.blob_folder, [sha256 for sha256 in some if sha256 not in known], before)
    await blobs.clear(desk.blob_folder, before)
