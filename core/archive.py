"""What a form, an API call or a chat line said, as bytes the ledger can keep and replay.

Mail arrives as bytes and is kept as those. The other channels arrive as fields: they are kept as JSON, with each
file by the hash under which its bytes are stored.
"""

import hashlib
from dataclasses import fields, replace
from uuid import UUID

import orjson

from core.messages import InboundFile, InboundMessage, Sender, Wishes
from core.vocabulary import Category, Channel, MessageKind, Priority, TicketType


def with_raw(message: InboundMessage) -> InboundMessage:
    """The same message, with `raw` made from everything else it says."""
    return replace(message, raw=pack(message))


def pack(message: InboundMessage) -> bytes:
    values = {
        f.name: getattr(message, f.name) for f in fields(message) if f.name not in ("raw", "files", "wishes", "sender")
    }
    values["sender"] = {f.name: getattr(message.sender, f.name) for f in fields(Sender)}
    values["wishes"] = {f.name: getattr(message.wishes, f.name) for f in fields(Wishes)}
    values["files"] = [
        {
            "filename": f.filename,
            "content_type": f.content_type,
            "sha256": hashlib.sha256(f.data).hexdigest(),
            "inline": f.inline,
            "content_id": f.content_id,
        }
        for f in message.files
    ]
    return orjson.dumps(values, default=_plain)


def _plain(value: object) -> str:
    """asyncpg hands out UUIDs of a class of its own, which orjson does not take for one."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be archived")


def file_hashes(raw: bytes) -> list[str]:
    return [str(file["sha256"]) for file in orjson.loads(raw)["files"]]


def unpack(raw: bytes, data: dict[str, bytes]) -> InboundMessage:
    """The message that `pack` wrote; `data` holds the bytes of its files by their hash."""
    values = orjson.loads(raw)
    sender, wishes = values["sender"], values["wishes"]
    return InboundMessage(
        channel=Channel(values["channel"]),
        sender=Sender(
            Channel(sender["channel"]),
            sender["address"],
            sender["name"],
            UUID(sender["person_id"]) if sender["person_id"] else None,
            sender["verified"],
        ),
        subject=values["subject"],
        text=values["text"],
        raw=raw,
        dedupe_key=values["dedupe_key"],
        kind=MessageKind(values["kind"]),
        new_text=values["new_text"],
        html=values["html"],
        files=tuple(
            InboundFile(f["filename"], f["content_type"], data[f["sha256"]], f["inline"], f["content_id"])
            for f in values["files"]
        ),
        message_id=values["message_id"],
        in_reply_to=tuple(values["in_reply_to"]),
        references=tuple(values["references"]),
        recipients=tuple(values["recipients"]),
        automatic=values["automatic"],
        bounced=tuple(values["bounced"]),
        language=values["language"],
        envelope=values["envelope"],
        wishes=Wishes(
            category=Category(wishes["category"]) if wishes["category"] else None,
            priority=Priority(wishes["priority"]) if wishes["priority"] else None,
            type=TicketType(wishes["type"]),
            tags=tuple(wishes["tags"]),
            extra=wishes["extra"],
        ),
        ticket_id=UUID(values["ticket_id"]) if values["ticket_id"] else None,
        acknowledge=values["acknowledge"],
    )
