"""What a form, an API call or a chat line said, as bytes the ledger can keep and replay.

Mail arrives as bytes and is kept as those. The other channels arrive as fields: they are kept as JSON, with each
file by the hash under which its bytes are stored.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from core.messages import Forwarded, InboundFile, InboundMessage, Sender, Wishes
from core.storage.jsonable import plain
from core.vocabulary import Category, Channel, MessageKind, Priority, Status, TicketType

# Decoded JSON that `pack` wrote itself; it leaves this module as typed values only.
_Values = Mapping[str, Any]

# Signs are a mail's, which is its own archive.
_PLAIN = tuple(f.name for f in fields(InboundMessage) if f.name not in ("raw", "files", "signs"))
_plain_values = attrgetter(*_PLAIN)


def with_raw(message: InboundMessage) -> InboundMessage:
    """The same message, with `raw` made from everything else it says."""
    return replace(message, raw=pack(message))


def pack(message: InboundMessage) -> bytes:
    # orjson writes dataclasses by itself; of a message, all but its bytes.
    values: dict[str, object] = dict(zip(_PLAIN, _plain_values(message), strict=True))
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
    return orjson.dumps(values, default=plain)


def file_hashes(raw: bytes) -> list[str]:
    return [str(file["sha256"]) for file in orjson.loads(raw)["files"]]


def unpack(raw: bytes, data: Mapping[str, bytes]) -> InboundMessage:
    """The message that `pack` wrote; `data` holds the bytes of its files by their hash."""
    values = orjson.loads(raw)
    return InboundMessage(
        channel=Channel(values["channel"]),
        sender=_sender(values["sender"]),
        raw=raw,
        kind=MessageKind(values["kind"]),
        files=tuple(_file(file, data) for file in values["files"]),
        wishes=_wishes(values["wishes"]),
        ticket_id=UUID(values["ticket_id"]) if values["ticket_id"] else None,
        # What was kept before there were forwards has none.
        forwarded=_forwarded(values["forwarded"]) if values.get("forwarded") else None,
        # What was kept before there were these.
        amends=UUID(values["amends"]) if values.get("amends") else None,
        place=values.get("place", ""),
        silent=values.get("silent", False),
        **_rest(values),
    )


def _rest(values: _Values) -> dict[str, Any]:
    as_they_are = {name: values[name] for name in _AS_THEY_ARE}
    return as_they_are | {name: tuple(values[name]) for name in _LISTS}


# What JSON gives back as it was given, and what was a tuple.
_AS_THEY_ARE = (
    "subject", "text", "dedupe_key", "new_text", "html", "message_id", "automatic", "language", "envelope",
    "acknowledge",
)  # fmt: skip
_LISTS = ("in_reply_to", "references", "recipients", "bounced")


def _sender(values: _Values) -> Sender:
    person_id = values["person_id"]
    return Sender(
        Channel(values["channel"]),
        values["address"],
        values["name"],
        UUID(person_id) if person_id else None,
        values["verified"],
    )


def _forwarded(values: _Values) -> Forwarded:
    return Forwarded(**{**values, "to": tuple(values["to"]), "cc": tuple(values["cc"])})


def _file(values: _Values, data: Mapping[str, bytes]) -> InboundFile:
    return InboundFile(
        values["filename"], values["content_type"], data[values["sha256"]], values["inline"], values["content_id"]
    )


def _wishes(values: _Values) -> Wishes:
    return Wishes(
        category=Category(values["category"]) if values["category"] else None,
        priority=Priority(values["priority"]) if values["priority"] else None,
        type=TicketType(values["type"]),
        tags=tuple(values["tags"]),
        extra=values["extra"],
        # What was kept before there were these.
        status=Status(values.get("status", Status.NEW)),
        classify=values.get("classify", True),
        assignee_id=UUID(values["assignee_id"]) if values.get("assignee_id") else None,
        external_id=values.get("external_id", ""),
        channel=Channel(values["channel"]) if values.get("channel") else None,
        **{name: _time(values.get(name)) for name in ("created_at", "updated_at", "resolved_at")},
    )


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
