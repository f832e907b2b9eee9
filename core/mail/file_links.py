"""Links to single files, for whoever was written to: what was too large to go along with a mail.

The link is the proof: an HMAC over the file and the day on which the link ends. It opens that file and nothing else,
and no more once the file, its comment or its ticket is deleted.
"""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.conversation import ATTACHMENT, Attachment
from core.errors import NotFound
from core.vocabulary import Direction

# How long the customer has time to fetch it.
DAYS = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r"([0-9a-f]{32})-(\d{1,6})-([a-z2-7]{16})")

_a, _m, _t = tables.attachments.c, tables.messages.c, tables.tickets.c


def token(key: bytes, attachment_id: UUID, since: datetime) -> str:
    """The same for the same file and day, so that a mail that is sent again has the same link."""
    last = (since + timedelta(days=DAYS) - _EPOCH).days
    return f"{attachment_id.hex}-{last}-{_mac(key, attachment_id, last)}"


async def opened(connection: AsyncConnection, key: bytes, said: str, now: datetime) -> Attachment:
    """The file that a link leads to. Raises NotFound for whatever is wrong with it."""
    match = _TOKEN.fullmatch(said)
    if match is None:
        raise NotFound("File")
    attachment_id, last = UUID(match[1]), int(match[2])
    if not hmac.compare_digest(match[3], _mac(key, attachment_id, last)) or last < (now - _EPOCH).days:
        raise NotFound("File")
    there = and_(_a.deleted_at.is_(None), _m.deleted_at.is_(None), _t.deleted_at.is_(None))
    found = await connection.execute(
        select(*ATTACHMENT)
        .join_from(tables.attachments, tables.messages, _m.id == _a.message_id)
        .join(tables.tickets, _t.id == _a.ticket_id)
        .where(_a.id == attachment_id, _m.direction != Direction.NOTE, there)
    )
    row = found.first()
    if row is None:
        raise NotFound("File")
    return Attachment(**row._mapping)


def _mac(key: bytes, attachment_id: UUID, last: int) -> str:
    digest = hmac.digest(key, b"file" + attachment_id.bytes + last.to_bytes(4, "big"), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode().lower()
