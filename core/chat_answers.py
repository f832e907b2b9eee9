"""From claimed deliveries to what is said in a chat: an agent's words, the files with them, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import blobs, tables
from core.messages import OutboundFile
from core.tables import new_id
from core.vocabulary import Channel, Direction

_d, _m, _a, _pairs = tables.deliveries.c, tables.messages.c, tables.attachments.c, tables.message_pairs.c


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """`reply_to` is the customer's newest message in this chat before it. `parts` of it are there already.

    `too_large` names a file that the channel does not take; then no file was read.
    """

    delivery_id: UUID
    message_id: UUID
    chat: str
    body: str
    reply_to: str
    parts: int
    files: tuple[OutboundFile, ...] = ()
    too_large: str = ""


async def written(
    connection: AsyncConnection, delivery_ids: Sequence[UUID], folder: Path, *, most_bytes: int
) -> list[ChatAnswer]:
    """The answers of these deliveries, in the order of their queueing; those whose message is gone are left out."""
    found = await connection.execute(
        select(_d.id, _d.address, _d.channel, _d.created_at, _d.message_id, _m.ticket_id, _m.body)
        .join_from(tables.deliveries, tables.messages, _m.id == _d.message_id)
        .where(_d.id.in_(delivery_ids))
        .order_by(_d.id)
    )
    return [await _answer(connection, row, folder, most_bytes) for row in found.all()]


async def _answer(
    connection: AsyncConnection, row: Row[*tuple[object, ...]], folder: Path, most_bytes: int
) -> ChatAnswer:
    files, too_large = await _files(connection, row.message_id, folder, most_bytes)
    return ChatAnswer(
        delivery_id=row.id,
        message_id=row.message_id,
        chat=row.address,
        body=row.body,
        reply_to=await _answered(connection, row.ticket_id, row.address, row.created_at),
        parts=await _parts(connection, row.message_id, row.address),
        files=files,
        too_large=too_large,
    )


async def _files(
    connection: AsyncConnection, message_id: UUID, folder: Path, most_bytes: int
) -> tuple[tuple[OutboundFile, ...], str]:
    found = await connection.execute(
        select(_a.filename, _a.content_type, _a.size, _a.sha256)
        .where(_a.message_id == message_id, _a.deleted_at.is_(None))
        .order_by(_a.id)
    )
    rows = found.all()
    if large := next((row.filename for row in rows if row.size > most_bytes), ""):
        return (), large
    return tuple(
        [OutboundFile(row.filename, row.content_type, await blobs.load(connection, folder, row.sha256)) for row in rows]
    ), ""


async def _answered(connection: AsyncConnection, ticket_id: UUID, chat: str, before: datetime) -> str:
    newest = (
        select(_pairs.remote_id)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .where(_m.ticket_id == ticket_id, _m.direction == Direction.INBOUND, _m.deleted_at.is_(None))
        .where(_pairs.channel == Channel.TELEGRAM, _pairs.place == chat, _m.created_at <= before)
        .order_by(_m.created_at.desc(), _pairs.id.desc())
        .limit(1)
    )
    return (await connection.execute(newest)).scalar_one_or_none() or ""


async def _parts(connection: AsyncConnection, message_id: UUID, chat: str) -> int:
    counted = select(func.count()).where(
        _pairs.message_id == message_id, _pairs.channel == Channel.TELEGRAM, _pairs.place == chat
    )
    return int((await connection.execute(counted)).scalar_one())


async def arrived(connection: AsyncConnection, message_id: UUID, chat: str, remote_id: str, part: int) -> None:
    """Part number `part` (from 0) of an answer is message `remote_id` of the chat."""
    row = {
        "id": new_id(),
        "message_id": message_id,
        "channel": Channel.TELEGRAM,
        "place": chat,
        "remote_id": remote_id,
        "part": part,
    }
    await connection.execute(insert(tables.message_pairs), row)
