"""The ledger: everything ever received and what became of it; its raw bytes; doing it again after a fix."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import alone, archive, attachments, door, intake, subjects, tables
from core import facts as world
from core.accounts.secrets import Keys
from core.config import Settings
from core.errors import NotFound
from core.learning.judge import Judge
from core.messages import InboundMessage, Receipt
from core.policy import TRAPPED
from core.storage import blobs, paging
from core.storage.paging import Span
from core.vocabulary import Channel, Disposition, Outcome

# What an admin should look at: nobody was served by it.
FAILED = (Disposition.QUARANTINED,)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: one arrival, and what became of it."""

    id: UUID
    channel: Channel
    sender: str
    subject: str
    size: int
    disposition: Disposition
    reason: str
    error: str
    ticket_number: int | None
    times_seen: int
    received_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Original:
    """An arrival as it came: for mail `raw` is the mail, for every other channel what `archive` made of it."""

    entry: Entry
    raw: bytes
    envelope: Mapping[str, object]
    dedupe_key: str
    message_id: UUID | None
    ticket_id: UUID | None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Which rows to show. None: whatever."""

    failed: bool = False
    disposition: Disposition | None = None
    channel: Channel | None = None
    sender: str | None = None
    ticket_number: int | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None


EVERYTHING = Arrivals()
FIRST = Span(50)

_l = tables.ledger.c
_COLUMNS = (
    _l.id, _l.channel, _l.sender, _l.subject, _l.size, _l.disposition, _l.reason, _l.error, _l.ticket_number,
    _l.times_seen, _l.received_at, _l.replayed_at,
)  # fmt: skip


async def entries(connection: AsyncConnection, wanted: Arrivals = EVERYTHING, span: Span = FIRST) -> list[Entry]:
    """The newest first."""
    found = await connection.execute(paging.newest_within(_wanted(wanted), _l.id, span))
    return [_entry(row) for row in found.all()]


async def how_many(connection: AsyncConnection, wanted: Arrivals) -> int:
    return await paging.count(connection, _wanted(wanted))


def _wanted(wanted: Arrivals) -> Select[*tuple[object, ...]]:
    statement: Select[*tuple[object, ...]] = select(*_COLUMNS)
    if wanted.failed:
        statement = statement.where(_l.disposition.in_(FAILED))
    for column, value in (
        (_l.disposition, wanted.disposition),
        (_l.channel, wanted.channel),
        (_l.sender, wanted.sender),
        (_l.ticket_number, wanted.ticket_number),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.received_from:
        statement = statement.where(_l.received_at >= wanted.received_from)
    if wanted.received_to:
        statement = statement.where(_l.received_at < wanted.received_to)
    return statement


async def one(connection: AsyncConnection, entry_id: UUID) -> Entry:
    """Raises NotFound."""
    row = (await connection.execute(select(*_COLUMNS).where(_l.id == entry_id))).first()
    if row is None:
        raise NotFound("Ledger entry")
    return _entry(row)


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many rows there are of each disposition."""
    found = await connection.execute(select(_l.disposition, func.count()).group_by(_l.disposition))
    return {row[0]: row[1] for row in found.all()}


async def original(connection: AsyncConnection, entry_id: UUID, folder: Path) -> Original:
    """The arrival with its bytes. Raises NotFound."""
    statement = select(*_COLUMNS, _l.envelope, _l.dedupe_key, _l.raw, _l.raw_sha256, _l.message_id, _l.ticket_id)
    row = (await connection.execute(statement.where(_l.id == entry_id))).first()
    if row is None:
        raise NotFound("Ledger entry")
    raw = row.raw if row.raw is not None else await blobs.load(connection, folder, row.raw_sha256)
    return Original(_entry(row), raw, row.envelope, row.dedupe_key, row.message_id, row.ticket_id)


async def understood(
    connection: AsyncConnection, arrival: Original, folder: Path, read_mail: Callable[[Original], InboundMessage]
) -> InboundMessage:
    """The message that the arrival is for today's program; `read_mail` is the mail reader of the edge."""
    if arrival.entry.channel is Channel.EMAIL:
        message = read_mail(arrival)
    else:
        data = {sha256: await blobs.load(connection, folder, sha256) for sha256 in archive.file_hashes(arrival.raw)}
        message = archive.unpack(arrival.raw, data)
    return replace(message, dedupe_key=arrival.dedupe_key)


async def replay(
    connection: AsyncConnection,
    arrival: Original,
    message: InboundMessage,
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    judge: Judge | None = None,
) -> Receipt:
    """Do again what should have been done. What is on a ticket already stays there and is only read anew."""
    message = _released(door.cleaned(message))
    arrival = await as_it_is_now(connection, arrival)
    if arrival.message_id and arrival.ticket_id:
        return await _reread(connection, arrival, message, now)

    await asyncio.to_thread(
        blobs.prepared, settings.desk.data_dir / blobs.FOLDER, [file.data for file in message.files]
    )

    def again(plain: Connection) -> Receipt:
        known = world.gather(plain, [message], now, settings, keys)
        # The only thing known to be the same is itself, and an admin asked for it: budgets are not spent by it.
        copies = {key: first for key, first in known.copies.items() if first.ledger_id != arrival.entry.id}
        unseen = replace(known, earlier={}, copies=copies, standing=replace(known.standing, mails_last_hour={}))
        decisions = intake.decide(
            [message], unseen, now, settings=settings, keys=keys, judge=judge or Judge(settings.classify)
        )
        [receipt] = alone.file(plain, decisions, now, settings=settings, keys=keys, replayed=arrival.entry.id)
        return receipt

    return await connection.run_sync(again)


def _released(message: InboundMessage) -> InboundMessage:
    """An admin who replays what the trap caught, or a filter took for spam, says that a person wrote it."""
    envelope = {key: value for key, value in message.envelope.items() if key != TRAPPED}
    return replace(message, envelope=envelope, signs=replace(message.signs, spam=""))


async def as_it_is_now(connection: AsyncConnection, arrival: Original) -> Original:
    """Two admins may replay the same row: the second waits here, and finds what the first has made of it."""
    statement = select(*_COLUMNS, _l.message_id, _l.ticket_id).where(_l.id == arrival.entry.id).with_for_update()
    row = (await connection.execute(statement)).first()
    if row is None:
        raise NotFound("Ledger entry")
    return replace(arrival, entry=_entry(row), message_id=row.message_id, ticket_id=row.ticket_id)


async def _reread(connection: AsyncConnection, arrival: Original, message: InboundMessage, now: datetime) -> Receipt:
    m = tables.messages.c
    held = select(m.body, m.version, m.edited_at).where(m.id == arrival.message_id)
    stored = (await connection.execute(held)).one()
    # What a person has reworded since is not what arrived any more, and stays as they want it.
    if stored.edited_at is None and message.amends is None:
        await _correct_message(connection, arrival, message, stored.body, stored.version, now)
        await _correct_ticket(connection, arrival, message, stored.body)
    await _add_missing_files(connection, arrival, message, now)
    await connection.execute(
        update(tables.ledger)
        .where(_l.id == arrival.entry.id)
        .values(replayed_at=now, subject=subjects.of_message(message), error="")
    )
    return Receipt(
        Outcome.DUPLICATE, arrival.entry.id, arrival.entry.ticket_number, arrival.ticket_id, arrival.message_id
    )


async def _correct_message(
    connection: AsyncConnection, arrival: Original, message: InboundMessage, old_body: str, version: int, now: datetime
) -> None:
    m = tables.messages.c
    if old_body != message.text:
        await connection.execute(
            insert(tables.message_versions),
            {"message_id": arrival.message_id, "version": version, "body": old_body, "replaced_at": now},
        )
    await connection.execute(
        update(tables.messages)
        .where(m.id == arrival.message_id)
        .values(
            body=message.text,
            new_text=message.new_text,
            html=message.html,
            version=version + (old_body != message.text),
        )
    )


async def _add_missing_files(
    connection: AsyncConnection, arrival: Original, message: InboundMessage, now: datetime
) -> None:
    """What only today's reader finds. What somebody has deleted since was there, and stays away."""
    a = tables.attachments.c
    found = await connection.execute(select(a.sha256).where(a.message_id == arrival.message_id))
    known = set(found.scalars())
    missing = [(file, blob) for file in message.own_files if (blob := blobs.of(file.data)).sha256 not in known]
    if not missing or arrival.ticket_id is None or arrival.message_id is None:
        return
    rows = [
        attachments.arrived(message, file, blob, arrival.ticket_id, arrival.message_id, now) for file, blob in missing
    ]
    await connection.run_sync(blobs.insert, [blob for _, blob in missing], now)
    await connection.execute(insert(tables.attachments), rows)


async def _correct_ticket(
    connection: AsyncConnection, arrival: Original, message: InboundMessage, old_body: str
) -> None:
    """What the ticket took from its first message follows the correction, unless a person has changed it since."""
    t = tables.tickets.c
    for column, old, new in (
        (t.description, old_body, message.text),
        (t.subject, arrival.entry.subject, subjects.of_message(message)),
    ):
        if old != new:
            await connection.execute(
                update(tables.tickets)
                .where(t.id == arrival.ticket_id, column == old)
                .values({column.name: new, "version": t.version + 1})
            )


def _entry(row: Row[*tuple[object, ...]]) -> Entry:
    return Entry(
        row.id,
        Channel(row.channel),
        row.sender,
        row.subject,
        row.size,
        Disposition(row.disposition),
        row.reason,
        row.error,
        row.ticket_number,
        row.times_seen,
        row.received_at,
        row.replayed_at,
    )
