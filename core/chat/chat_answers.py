"""From claimed deliveries to what is said in a chat: an agent's words, the files with them, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.errors import NotFound
from core.mail import file_links
from core.messages import OutboundFile
from core.storage import blobs
from core.tables import new_id
from core.vocabulary import Channel, Direction

_d, _m, _a, _pairs = tables.deliveries.c, tables.messages.c, tables.attachments.c, tables.message_pairs.c


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """`reply_to` is the customer's message in this chat that it answers, else their newest before it. `parts` of it are
    there already. `lost` names a file that cannot be read any more: without it the answer would be another.

    `links` are to files that the channel does not take, each with its name.
    """

    delivery_id: UUID
    message_id: UUID
    chat: str
    body: str
    reply_to: str
    parts: int
    files: tuple[OutboundFile, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """Attachments for a chat: those that it takes, with their bytes; links to those that are too large for it, with their
    names; and the name of one that cannot be read any more."""

    fitting: tuple[OutboundFile, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """Where files lie, how large a chat takes them, and by what those that are larger are fetched instead."""

    folder: Path
    most_bytes: int
    public_url: str
    key: bytes

    def link(self, attachment_id: UUID, since: datetime) -> str:
        return f"{self.public_url}/f/{file_links.token(self.key, attachment_id, since)}"


async def written(connection: AsyncConnection, delivery_ids: Sequence[UUID], store: Store) -> list[ChatAnswer]:
    """The answers of these deliveries, in the order of their queueing; those whose message is gone are left out."""
    found = await connection.execute(
        select(_d.id, _d.address, _d.channel, _d.created_at, _d.details, _d.message_id, _m.ticket_id, _m.body)
        .join_from(tables.deliveries, tables.messages, _m.id == _d.message_id)
        .where(_d.id.in_(delivery_ids))
        .order_by(_d.id)
    )
    return [await _answer(connection, row, store) for row in found.all()]


async def _answer(connection: AsyncConnection, row: Row[*tuple[object, ...]], store: Store) -> ChatAnswer:
    # As with mails (core/mail/enclosures.py): what is put on it later does not go along.
    own = (_a.message_id == row.message_id) & (_a.created_at <= row.created_at)
    files = await _files(connection, own, store)
    return ChatAnswer(
        delivery_id=row.id,
        message_id=row.message_id,
        chat=row.address,
        body=row.body,
        reply_to=await _answered(connection, row),
        parts=await _parts(connection, row.message_id, row.address),
        files=files.fitting,
        links=files.links,
        lost=files.lost,
    )


async def files(connection: AsyncConnection, attachment_ids: Sequence[UUID], store: Store) -> Files:
    """These attachments, as far as they are there."""
    return await _files(connection, _a.id.in_(attachment_ids), store)


async def _files(connection: AsyncConnection, which: ColumnElement[bool], store: Store) -> Files:
    found = await connection.execute(
        select(_a.id, _a.filename, _a.content_type, _a.size, _a.sha256, _a.created_at)
        .where(which, _a.deleted_at.is_(None))
        .order_by(_a.id)
    )
    fitting: list[OutboundFile] = []
    links: list[tuple[str, str]] = []
    lost = ""
    for row in found.all():
        if row.size > store.most_bytes:
            links.append((row.filename, store.link(row.id, row.created_at)))
            continue
        try:
            data = await blobs.load(connection, store.folder, row.sha256)
        except NotFound:
            lost = row.filename
        else:
            fitting.append(OutboundFile(row.filename, row.content_type, data))
    return Files(tuple(fitting), tuple(links), lost)


async def _answered(connection: AsyncConnection, row: Row[*tuple[object, ...]]) -> str:
    named = row.details.get("answers")
    theirs = (
        select(_pairs.remote_id)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .where(_m.ticket_id == row.ticket_id, _m.direction == Direction.INBOUND, _m.deleted_at.is_(None))
        .where(_pairs.channel == Channel.TELEGRAM, _pairs.place == row.address, _m.created_at <= row.created_at)
        .order_by(*([(_m.id == UUID(named)).desc()] if named else []), _m.created_at.desc(), _pairs.id.desc())
        .limit(1)
    )
    return (await connection.execute(theirs)).scalar_one_or_none() or ""


async def answers(connection: AsyncConnection, answer_id: UUID, message_id: UUID) -> None:
    """The answer is to this message of the customer's: in their chat it stands below it."""
    which = (_d.message_id == answer_id) & (_d.channel == Channel.TELEGRAM)
    await connection.execute(update(tables.deliveries).where(which).values(details={"answers": str(message_id)}))


async def _parts(connection: AsyncConnection, message_id: UUID, chat: str) -> int:
    counted = select(func.count(_pairs.part.distinct())).where(
        _pairs.message_id == message_id, _pairs.channel == Channel.TELEGRAM, _pairs.place == chat
    )
    return int((await connection.execute(counted)).scalar_one())


async def arrived(
    connection: AsyncConnection, message_id: UUID, chat: str, remote_ids: Sequence[str], part: int
) -> None:
    """Part number `part` (from 0) of an answer is these messages of the chat; an album is several."""
    rows = [
        {
            "id": new_id(), "message_id": message_id, "channel": Channel.TELEGRAM, "place": chat, "remote_id": one,
            "part": part,
        }
        for one in remote_ids
    ]  # fmt: skip
    if rows:
        await connection.execute(insert(tables.message_pairs), rows)
