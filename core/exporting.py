"""All tickets, a page at a time, for writing them to a file."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core import tables, tickets
from core.desk import Desk
from core.storage import blobs
from core.tickets import Ticket
from core.vocabulary import Direction

# Descriptions are read whole, and may have a megabyte each.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Exported:
    """A ticket, and what it is called where it came from: `external_id` in the system `external_source`."""

    ticket: Ticket
    external_source: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """`message_id` is what it came with; None: somebody put it on the ticket itself."""

    message_id: UUID | None
    filename: str
    content_type: str
    sha256: str
    inline: bool
    content_id: str


@dataclass(frozen=True, slots=True)
class ExportedComment:
    id: UUID
    direction: Direction
    author: str
    text: str
    created_at: datetime


@dataclass(slots=True)
class Conversation:
    """What was said on a ticket after its description, notes too, and the files of all of it; both the oldest first."""

    comments: list[ExportedComment] = field(default_factory=list)
    files: list[ExportedFile] = field(default_factory=list)


async def conversations(desk: Desk, tickets_of_a_page: Sequence[Ticket]) -> dict[UUID, Conversation]:
    """Of those that have one, by the ids of their tickets. What was deleted is not in it."""
    m, a = tables.messages.c, tables.attachments.c
    ids = [ticket.id for ticket in tickets_of_a_page]
    said = select(m.ticket_id, m.id, m.direction, m.author, m.body, m.created_at).where(
        m.ticket_id.in_(ids), m.deleted_at.is_(None)
    )
    files = select(a.ticket_id, a.message_id, a.filename, a.content_type, a.sha256, a.inline, a.content_id).where(
        a.ticket_id.in_(ids), a.deleted_at.is_(None)
    )
    async with desk.reading() as connection:
        messages = (await connection.execute(said.order_by(m.created_at, m.id))).all()
        attached = (await connection.execute(files.order_by(a.created_at, a.id))).all()
    found: dict[UUID, Conversation] = {}
    untold = {ticket.id: ticket.description for ticket in tickets_of_a_page}
    for ticket_id, message_id, direction, author, text, created_at in messages:
        # The first message is the description, and as such in the row of the ticket.
        if direction == Direction.INBOUND and untold.pop(ticket_id, None) == text:
            continue
        comment = ExportedComment(message_id, Direction(direction), author, text, created_at)
        found.setdefault(ticket_id, Conversation()).comments.append(comment)
    for ticket_id, *rest in attached:
        found.setdefault(ticket_id, Conversation()).files.append(ExportedFile(*rest))
    return found


async def content(desk: Desk, file: ExportedFile) -> bytes:
    """Raises NotFound when it is gone or damaged."""
    async with desk.reading() as connection:
        return await blobs.load(connection, desk.blob_folder, file.sha256)


async def pages(desk: Desk) -> AsyncIterator[list[Exported]]:
    """Every ticket that is not deleted, the oldest first, as it is when its page is read."""
    t, last = tables.tickets.c, 0
    while True:
        wanted = tickets.SELECT.where(t.number > last, t.deleted_at.is_(None)).order_by(t.number).limit(PAGE)
        async with desk.reading() as connection:
            found = list((await tickets.read(connection, wanted)).values())
            named = select(t.id, t.external_id).where(t.id.in_([one.id for one in found]), t.external_id.is_not(None))
            names = {row.id: row.external_id for row in await connection.execute(named)}
        if not found:
            return
        yield [_exported(ticket, names.get(ticket.id, "")) for ticket in found]
        last = found[-1].number


def _exported(ticket: Ticket, external_id: str) -> Exported:
    # As `importing` puts it together; the name of a source has no colon in it.
    source, _, own = external_id.partition(":")
    return Exported(ticket, source, own)
