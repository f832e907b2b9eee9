"""Files of a ticket: finding one, reading its bytes, adding some, and taking one away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import history, tables, tickets
from core.access import Actor
from core.conversation import ATTACHMENT, Attachment
from core.errors import Forbidden, Invalid, NotFound, Problem
from core.history import FieldChange
from core.messages import InboundFile, InboundMessage
from core.storage import blobs, paging
from core.storage.blobs import Blob, Kept
from core.storage.paging import Span
from core.tables import new_id
from core.text import NAME_LENGTH, SUBJECT_LENGTH, clean_line
from core.tickets import Ticket
from core.vocabulary import Direction

_a, _m = tables.attachments.c, tables.messages.c
_SELECT = select(*ATTACHMENT).join_from(tables.attachments, tables.messages, _m.id == _a.message_id, isouter=True)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be added; its bytes have been kept already (`blobs.keep`)."""

    filename: str
    content_type: str
    kept: Kept
    extra: Mapping[str, object] = field(default_factory=dict)


async def of_ticket(
    connection: AsyncConnection, ticket: Ticket, actor: Actor, *, span: Span | None = None
) -> list[Attachment]:
    """The files of a ticket that `actor` may see, or a part of them, the oldest first."""
    return await _read(connection, _shown(ticket, actor), span)


async def of_tickets(
    connection: AsyncConnection, which: Sequence[Ticket], actor: Actor
) -> dict[UUID, list[Attachment]]:
    """The files of many tickets at once, by ticket."""
    statement = _SELECT.add_columns(_a.ticket_id).where(
        _a.ticket_id.in_([ticket.id for ticket in which]), _shown_to(actor)
    )
    found: dict[UUID, list[Attachment]] = {}
    for row in (await connection.execute(statement.order_by(_a.id))).all():
        values = dict(row._mapping)
        found.setdefault(values.pop("ticket_id"), []).append(Attachment(**values))
    return found


async def how_many(connection: AsyncConnection, ticket: Ticket, actor: Actor) -> int:
    return await paging.count(connection, _SELECT.where(_shown(ticket, actor)))


async def one(connection: AsyncConnection, ticket: Ticket, attachment_id: UUID, actor: Actor) -> Attachment:
    """One file, found through its ticket: an id alone opens nothing. Raises NotFound."""
    found = await _read(connection, _shown(ticket, actor) & (_a.id == attachment_id))
    if not found:
        raise NotFound("Attachment")
    return found[0]


async def content(connection: AsyncConnection, folder: Path, attachment: Attachment) -> bytes:
    return await blobs.load(connection, folder, attachment.sha256)


async def opened(connection: AsyncConnection, folder: Path, attachment: Attachment) -> bytes | IO[bytes]:
    """The same to be read piece by piece, by whoever closes it."""
    return await blobs.opened(connection, folder, attachment.sha256)


async def add(
    connection: AsyncConnection,
    ticket: Ticket,
    files: Sequence[NewFile],
    *,
    by: Actor,
    now: datetime,
    comment_id: UUID | None = None,
) -> list[UUID]:
    """Put files on a ticket, or on a comment of one's own. Raises Invalid, NotFound. Answers their ids, in order."""
    if comment_id:
        await _require_own(connection, ticket, comment_id, by)
    await tickets.touch(connection, ticket, now, unread=0 if by.is_staff else 1)
    await blobs.name(connection, [file.kept for file in files], now)
    rows = [_row(ticket, file, by, now, comment_id) for file in files]
    await connection.execute(insert(tables.attachments), rows)
    changes = [FieldChange("attachment", None, str(row["filename"])) for row in rows]
    await history.record(connection, ticket.id, changes, by=by, now=now)
    return [UUID(str(row["id"])) for row in rows]


async def hang(
    connection: AsyncConnection, ticket: Ticket, attachment_ids: Sequence[UUID], comment_id: UUID, *, by: Actor
) -> None:
    """Hang files that `by` has uploaded before on a comment of theirs, so that they go where it goes. Raises Invalid.

    Again for the same comment it changes nothing.
    """
    free = _ones_own(ticket, attachment_ids, by) & or_(_a.message_id.is_(None), _a.message_id == comment_id)
    hung = await connection.execute(
        update(tables.attachments).where(free).values(message_id=comment_id).returning(_a.id)
    )
    _require_all(attachment_ids, set(hung.scalars()))


async def require_loose(
    connection: AsyncConnection, ticket: Ticket, attachment_ids: Sequence[UUID], *, by: Actor
) -> None:
    """Raises Invalid for every one that is no file of `by` on this ticket, or hangs on a comment already."""
    loose = _ones_own(ticket, attachment_ids, by) & _a.message_id.is_(None)
    _require_all(attachment_ids, set((await connection.execute(select(_a.id).where(loose))).scalars()))


async def require_ones_own(
    connection: AsyncConnection, ticket: Ticket, attachment_ids: Sequence[UUID], *, by: Actor
) -> None:
    """Raises Invalid for every one that is no file of `by` on this ticket."""
    own = select(_a.id).where(_ones_own(ticket, attachment_ids, by))
    _require_all(attachment_ids, set((await connection.execute(own)).scalars()))


def _ones_own(ticket: Ticket, attachment_ids: Sequence[UUID], by: Actor) -> ColumnElement[bool]:
    """What others put on a ticket is theirs to send."""
    return and_(_a.ticket_id == ticket.id, _a.id.in_(attachment_ids), _a.user_id == by.user_id, _a.deleted_at.is_(None))


def _require_all(wanted: Sequence[UUID], found: set[UUID]) -> None:
    words = "is no file that you have uploaded to this ticket, or it is on a comment already: upload it first"
    if problems := [Problem(f"attachment_ids.{at}", words) for at, one in enumerate(wanted) if one not in found]:
        raise Invalid(problems)


async def remove(
    connection: AsyncConnection, ticket: Ticket, attachment_id: UUID, *, by: Actor, now: datetime
) -> Attachment:
    """Delete one softly: a customer their own, staff any. Raises NotFound, Forbidden."""
    file = await one(connection, ticket, attachment_id, by)
    owner = (await connection.execute(select(_a.user_id).where(_a.id == file.id))).scalar_one()
    if not by.is_staff and owner != by.user_id:
        raise Forbidden("only what you uploaded yourself is yours to delete: ask the support team")
    await tickets.touch(connection, ticket, now, unread=0)
    await connection.execute(update(tables.attachments).where(_a.id == file.id).values(deleted_at=now))
    gone = FieldChange("attachment", file.filename, None)
    await history.record(connection, ticket.id, [gone], by=by, now=now)
    return file


async def _read(connection: AsyncConnection, which: ColumnElement[bool], span: Span | None = None) -> list[Attachment]:
    statement = _SELECT.where(which)
    statement = paging.within(statement, _a.id, span) if span else statement.order_by(_a.id)
    return [Attachment(**row._mapping) for row in (await connection.execute(statement)).all()]


def _shown(ticket: Ticket, actor: Actor) -> ColumnElement[bool]:
    return and_(_a.ticket_id == ticket.id, _shown_to(actor))


def _shown_to(actor: Actor) -> ColumnElement[bool]:
    """Notes are staff's, and so is a file that hangs on no comment, unless the reader put it there."""
    loose = _a.message_id.is_(None)
    on_comment = _m.deleted_at.is_(None)
    if actor.is_staff:
        theirs: ColumnElement[bool] = true()
    else:
        theirs = or_(and_(loose, _a.user_id == actor.user_id), and_(~loose, _m.direction != Direction.NOTE))
    return and_(_a.deleted_at.is_(None), on_comment, theirs)


async def _require_own(connection: AsyncConnection, ticket: Ticket, comment_id: UUID, by: Actor) -> None:
    mine = _m.user_id == by.user_id if by.is_staff else _m.person_id == by.person_id
    found = await connection.execute(
        select(_m.id).where(_m.id == comment_id, _m.ticket_id == ticket.id, _m.deleted_at.is_(None), mine)
    )
    if found.first() is None:
        raise Invalid([Problem("comment_id", "is no comment of yours on this ticket: leave it out, or check the id")])


def _row(ticket: Ticket, file: NewFile, by: Actor, now: datetime, comment_id: UUID | None) -> dict[str, object]:
    return {
        "id": new_id(),
        "ticket_id": ticket.id,
        "message_id": comment_id,
        "filename": clean_line(file.filename, most=SUBJECT_LENGTH),
        "content_type": clean_line(file.content_type, most=NAME_LENGTH),
        "size": file.kept.size,
        "sha256": file.kept.sha256,
        "uploaded_by": by.signature[:NAME_LENGTH],
        "user_id": by.user_id,
        "created_at": now,
        "extra": dict(file.extra),
    }


def arrived(
    message: InboundMessage, upload: InboundFile, blob: Blob, ticket_id: UUID, message_id: UUID, now: datetime
) -> dict[str, object]:
    """The row of one file of a message that arrived."""
    return {
        "id": new_id(),
        "ticket_id": ticket_id,
        "message_id": message_id,
        "filename": upload.filename[:255],
        "content_type": upload.content_type[:120],
        "size": len(upload.data),
        "sha256": blob.sha256,
        "inline": upload.inline,
        "content_id": upload.content_id[:255],
        "uploaded_by": message.sender.address[:120],
        "created_at": now,
    }
