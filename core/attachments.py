"""Files of a ticket: finding one, and reading its bytes."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import blobs, tables
from core.conversation import Attachment
from core.errors import NotFound
from core.tickets import Ticket
from core.vocabulary import Direction

_a, _m = tables.attachments.c, tables.messages.c


async def of_ticket(connection: AsyncConnection, ticket: Ticket, *, notes: bool) -> list[Attachment]:
    """All files of a ticket; those on notes only where `notes` says that the reader may see them."""
    return await _read(connection, ticket, notes=notes)


async def one(connection: AsyncConnection, ticket: Ticket, attachment_id: UUID, *, notes: bool) -> Attachment:
    """One file, found through its ticket: an id alone opens nothing. Raises NotFound."""
    found = [a for a in await _read(connection, ticket, notes=notes) if a.id == attachment_id]
    if not found:
        raise NotFound("Attachment")
    return found[0]


async def content(connection: AsyncConnection, folder: Path, attachment: Attachment) -> bytes:
    return await blobs.load(connection, folder, attachment.sha256)


async def _read(connection: AsyncConnection, ticket: Ticket, *, notes: bool) -> list[Attachment]:
    statement = (
        select(_a.id, _a.message_id, _a.filename, _a.content_type, _a.size, _a.sha256, _a.inline)
        .join_from(tables.attachments, tables.messages, _m.id == _a.message_id, isouter=True)
        .where(_a.ticket_id == ticket.id, _a.deleted_at.is_(None))
        .order_by(_a.id)
    )
    if not notes:
        statement = statement.where(_m.direction.is_distinct_from(Direction.NOTE))
    return [Attachment(*row) for row in (await connection.execute(statement)).all()]
