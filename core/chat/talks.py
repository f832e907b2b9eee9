"""How far the dialogue with each speaker of a chat is, and what they wrote that belongs to no ticket yet."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import CursorResult, Insert, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import archive
from core.chat.talk_tables import talks, undecided
from core.messages import InboundMessage
from core.storage import blobs, dialects
from core.tables import new_id
from core.vocabulary import Channel

_t, _u = talks.c, undecided.c
# Put together once: they are asked with every line that somebody writes.
_READ = select(talks).where(_t.channel == bindparam("on"), _t.address == bindparam("who"))
_UNDECIDED = select(_u.id, _u.question, _u.channel, _u.address, _u.chat, _u.packed).order_by(_u.id)
_WAITING = _UNDECIDED.where(_u.channel == bindparam("on"), _u.address == bindparam("who"))


@dataclass(frozen=True, slots=True)
class Talk:
    """One speaker's. `ticket_id` is what they wrote on at `ticket_at`, and what they chose until `chosen_until`;
    `awaiting`, until `awaiting_until`, is what their next line answers."""

    channel: Channel
    address: str
    language: str = ""
    ticket_id: UUID | None = None
    ticket_at: datetime | None = None
    chosen_until: datetime | None = None
    awaiting: Mapping[str, str] = field(default_factory=dict)
    awaiting_until: datetime | None = None
    album: str = ""
    album_message_id: UUID | None = None


_FIELDS = (
    "language", "ticket_id", "ticket_at", "chosen_until", "awaiting", "awaiting_until", "album", "album_message_id",
)  # fmt: skip


async def read(connection: AsyncConnection, channel: Channel, address: str) -> Talk:
    row = (await connection.execute(_READ, {"on": channel, "who": address})).first()
    return Talk(channel, address, *(getattr(row, name) for name in _FIELDS)) if row else Talk(channel, address)


async def keep(connection: AsyncConnection, talk: Talk) -> None:
    row = {name: getattr(talk, name) for name in ("channel", "address", *_FIELDS)} | {"awaiting": dict(talk.awaiting)}
    await connection.execute(_keeping(connection.dialect.name), row)


@cache
def _keeping(dialect: str) -> Insert:
    kept = dialects.insert(dialect, talks)
    changed = {name: kept.excluded[name] for name in _FIELDS}
    return kept.on_conflict_do_update(index_elements=[_t.channel, _t.address], set_=changed)


async def forget(connection: AsyncConnection, channel: Channel, address: str) -> None:
    for table in (talks, undecided):
        await connection.execute(delete(table).where(table.c.channel == channel, table.c.address == address))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message whose writer has not said yet which ticket it belongs to."""

    id: UUID
    question: str
    channel: Channel
    address: str
    chat: str
    packed: bytes


async def put_aside(
    connection: AsyncConnection, message: InboundMessage, question: str, chat: str, now: datetime, folder: Path
) -> None:
    """Keep `message`, made by `archive`, until it is decided. The same again is kept once."""
    contents = [file.data for file in message.files]
    # Large files are synced to the disk before the row that names them is committed.
    large = await asyncio.to_thread(blobs.prepared, folder, [data for data in contents if len(data) > blobs.SMALL])
    kept = [large.get(id(data)) or blobs.of(data) for data in contents]
    await connection.run_sync(partial(blobs.insert, blobs=kept, now=now))
    row = {
        "id": new_id(),
        "question": question,
        "channel": message.sender.channel,
        "address": message.sender.address,
        "chat": chat,
        "dedupe_key": message.dedupe_key,
        "packed": message.raw,
        "created_at": now,
    }
    await connection.execute(dialects.unless_there(connection.dialect.name, undecided), row)


async def waiting(connection: AsyncConnection, channel: Channel, address: str) -> Sequence[Waiting]:
    """What this speaker wrote and has not decided, the oldest first."""
    return _read(await connection.execute(_WAITING, {"on": channel, "who": address}))


async def overdue(connection: AsyncConnection, channel: Channel, before: datetime, limit: int) -> Sequence[Waiting]:
    """What nobody has decided since `before`."""
    old = _UNDECIDED.where(_u.channel == channel, _u.created_at < before)
    return _read(await connection.execute(old.limit(limit)))


def _read(found: CursorResult[*tuple[object, ...]]) -> Sequence[Waiting]:
    return [Waiting(row.id, row.question, Channel(row.channel), row.address, row.chat, row.packed) for row in found]


async def unpacked(connection: AsyncConnection, one: Waiting, ticket_id: UUID | None, folder: Path) -> InboundMessage:
    """The message that was put aside, for the ticket that was decided on (None: one of its own)."""
    data = {sha256: await blobs.load(connection, folder, sha256) for sha256 in archive.file_hashes(one.packed)}
    return archive.unpack(archive.on_ticket(one.packed, ticket_id), data)


async def decided(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    await connection.execute(delete(undecided).where(_u.id.in_(ids)))
