"""The files that go along with an answer: what fits into a mail by itself, what does not by a link to it."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.config import Settings
from core.mail import file_links
from core.messages import Enclosure, OutboundFile
from core.storage import blobs

MIB = 1024 * 1024
# What the text, its HTML and the header of a mail may have at most, beside the files.
FOR_TEXT = MIB
# Base64 makes four octets of three, and two more for every line of 76.
ENCODED = 1.37

_a, _d = tables.attachments.c, tables.deliveries.c


async def of_deliveries(
    connection: AsyncConnection, delivery_ids: Sequence[UUID], settings: Settings, key: bytes
) -> dict[UUID, tuple[Enclosure, ...]]:
    """What hangs on the answers of these deliveries, in the order of its coming; `key` makes the links.

    A file that was put on an answer later does not go along: whether it did would be a matter of seconds.
    """
    found = await connection.execute(
        select(_d.id.label("delivery_id"), _d.created_at, _a.id, _a.filename, _a.content_type, _a.size, _a.sha256)
        .join_from(tables.deliveries, tables.attachments, _a.message_id == _d.message_id)
        .where(_d.id.in_(delivery_ids), _a.deleted_at.is_(None), _a.created_at <= _d.created_at)
        .order_by(_d.id, _a.id)
    )
    by_delivery: dict[UUID, tuple[Enclosure, ...]] = {}
    for row in found.all():
        link = f"{settings.public_url}/f/{file_links.token(key, row.id, row.created_at)}"
        one = Enclosure(row.filename, row.content_type, row.size, row.sha256, link)
        by_delivery[row.delivery_id] = (*by_delivery.get(row.delivery_id, ()), one)
    return by_delivery


def parted(enclosures: Sequence[Enclosure], most_mb: int) -> tuple[tuple[Enclosure, ...], tuple[Enclosure, ...]]:
    """Those that fit into a mail of `most_mb` megabytes, the first ones first, and the rest."""
    left = most_mb * MIB - FOR_TEXT
    fitting: list[Enclosure] = []
    rest: list[Enclosure] = []
    for one in enclosures:
        size = int(one.size * ENCODED)
        (fitting if size <= left else rest).append(one)
        left -= size if size <= left else 0
    return tuple(fitting), tuple(rest)


async def loaded(
    connection: AsyncConnection, folder: Path, enclosures: Sequence[Enclosure]
) -> tuple[OutboundFile, ...]:
    """With their bytes. Raises NotFound where these are gone or damaged."""
    return tuple(
        [
            OutboundFile(one.filename, one.content_type, await blobs.load(connection, folder, one.sha256))
            for one in enclosures
        ]
    )
