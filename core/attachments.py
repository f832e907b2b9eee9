"""Files of a ticket: finding one, reading its bytes, adding some, and taking one away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import blobs, history, tables
from core.access import Actor
from core.blobs import Kept
from core.conversation import ATTACHMENT, Attachment
from core.errors import Forbidden, NotFound
from core.history import FieldChange
from core.tables import new_id
from core.text import NAME_LENGTH, SUBJECT_LENGTH, clean_line
from core.tickets import Ticket
from core.vocabulary import Direction

_a, _m = tables.attachments.c, tables.messages.c


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be added; its bytes have been kept already (`blobs.keep`)."""

    filename: str
    content_type: str
    kept: Kept
    extra: Mapping[str, object] = field(default_factory=dict)


async def of_ticket(connection: AsyncConnection, ticket: Ticket, actor: Actor) -> list[Attachment]:
    """The files of a ticket that `actor` may see, the oldest first."""
    return (await of_tickets(connection, [ticket], actor)).get(ticket.id, [])


async def of_tickets(
    connection: AsyncConnection, tickets: Sequence[Ticket], actor: Actor
) -> dict[UUID, list[Attachment]]:
    """The same for many tickets at once, by ticket."""
    statement = (
        select(_a.ticket_id, *ATTACHMENT)
        .join_from(tables.attachments, tables.messages, _m.id == _a.message_id, isouter=True)
        .where(_a.ticket_id.in_([ticket.id for ticket in tickets]), _shown(actor))
        .order_by(_a.id)
    )
    found: dict[UUID, list[Attachment]] = {}
    for ticket_id, *row in (await connection.execute(statement)).all():
        found.setdefault(ticket_id, []).append(Attachment(*row))
    return found


async def one(connection: AsyncConnection, ticket: Ticket, attachment_id: UUID, actor: Actor) -> Attachment:
    """One file, found through its ticket: an id alone opens nothing. Raises NotFound."""
    for file in await of_ticket(connection, ticket, actor):
        if file.id == attachment_id:
            return file
    raise NotFound("Attachment")


async def content(connection: AsyncConnection, folder: Path, attachment: Attachment) -> bytes:
    return await blobs.load(connection, folder, attachment.sha256)


async def add(
    connection: AsyncConnection, ticket: Ticket, files: Sequence[NewFile], *, by: Actor, now: datetime
) -> list[UUID]:
    """Put files on a ticket, as one act. Raises NotFound. Answers their ids, in order."""
    await _touch(connection, ticket, now, unread=0 if by.is_staff else 1)
    await blobs.name(connection, [file.kept for file in files], now)
    rows = [_row(ticket, file, by, now) for file in files]
    await connection.execute(insert(tables.attachments), rows)
    changes = [FieldChange("attachment", None, str(row["filename"])) for row in rows]
    await history.record(connection, ticket.id, changes, by=by, now=now)
    return [UUID(str(row["id"])) for row in rows]


async def remove(
    connection: AsyncConnection, ticket: Ticket, attachment_id: UUID, *, by: Actor, now: datetime
) -> Attachment:
    """Delete one softly: a customer their own, staff any. Raises NotFound, Forbidden."""
    file = await one(connection, ticket, attachment_id, by)
    if not by.is_staff and (file.message_id or file.uploaded_by != by.username):
        raise Forbidden("only what you uploaded yourself is yours to delete: ask the support team")
    await _touch(connection, ticket, now, unread=0)
    await connection.execute(update(tables.attachments).where(_a.id == file.id).values(deleted_at=now))
    gone = FieldChange("attachment", file.filename, None)
    await history.record(connection, ticket.id, [gone], by=by, now=now)
    return file


def _shown(actor: Actor) -> ColumnElement[bool]:
    """Notes are staff's, and so is a file that hangs on no comment, unless the reader put it there."""
    loose = _a.message_id.is_(None)
    if actor.is_staff:
        theirs: ColumnElement[bool] = true()
    else:
        theirs = or_(and_(loose, _a.uploaded_by == actor.username), and_(~loose, _m.direction != Direction.NOTE))
    return and_(_a.deleted_at.is_(None), _m.deleted_at.is_(None), theirs)


async def _touch(connection: AsyncConnection, ticket: Ticket, now: datetime, *, unread: int) -> None:
    t = tables.tickets.c
    touched = await connection.execute(
        update(tables.tickets)
        .where(t.id == ticket.id, t.deleted_at.is_(None))
        .values(updated_at=now, version=t.version + 1, unread=t.unread + unread)
    )
    if not touched.rowcount:
        # It was deleted since it was read.
        raise NotFound("Ticket")


def _row(ticket: Ticket, file: NewFile, by: Actor, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "ticket_id": ticket.id,
        "filename": clean_line(file.filename, most=SUBJECT_LENGTH),
        "content_type": clean_line(file.content_type, most=NAME_LENGTH),
        "size": file.kept.size,
        "sha256": file.kept.sha256,
        "uploaded_by": by.username,
        "created_at": now,
        "extra": dict(file.extra),
    }
