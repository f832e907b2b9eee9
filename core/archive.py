"""What a form, an API call or a chat line said, as bytes the ledger can keep and replay.

Mail arrives as bytes and is kept as those. The other channels arrive as fields: they are kept as JSON, with each
file by the hash under which its bytes are stored. What nobody said is left out: of 24 fields a row of an import fills
eight, and its bytes are a third.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from core.messages import NO_WISHES, Forwarded, InboundFile, InboundMessage, Retold, Sender, Wishes
from core.storage.jsonable import plain
from core.vocabulary import Category, Channel, Direction, MessageKind, Priority, Status, TicketType

# Decoded JSON that `built` wrote itself; it leaves this module as typed values only.
_Values = Mapping[str, Any]

# Bytes of what arrived up to which they lie with its row of the ledger.
IN_LEDGER = 64 * 1024


class _Form:
    """A dataclass as JSON: what differs from a new one."""

    def __init__(self, kind: type[Any], *without: str) -> None:
        kept = [f for f in fields(kind) if f.name not in without]
        self._names = tuple(f.name for f in kept)
        self._values = attrgetter(*self._names)
        # What has no default is always said.
        self._defaults = tuple(
            f.default if f.default_factory is MISSING else f.default_factory() for f in kept
        )  # fmt: skip

    def said(self, value: object) -> dict[str, object]:
        together = zip(self._names, self._values(value), self._defaults, strict=True)
        return {name: one for name, one, default in together if one is not default and one != default}


_SENDER, _WISHES = _Form(Sender), _Form(Wishes)
# Its files are a mail's as well.
_FORWARDED = _Form(Forwarded, "files")


def built(
    sender: Sender, wishes: Wishes = NO_WISHES, *, files: tuple[InboundFile, ...] = (), **said: Any
) -> InboundMessage:
    """The message that says this, with its `raw`, which is made of the same: to make a message twice takes twice as long.

    `said` are further fields of a message; what is left out of it is as it is in a new one.
    """
    kept = {**said, "files": [_named(file) for file in files]} if files else said
    if forwarded := said.get("forwarded"):
        kept = {**kept, "forwarded": _FORWARDED.said(forwarded)}
    raw = written(kept, _SENDER.said(sender), _WISHES.said(wishes))
    return InboundMessage(sender=sender, wishes=wishes, files=files, raw=raw, **said)


def _named(file: InboundFile) -> dict[str, object]:
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "inline": file.inline,
        "content_id": file.content_id,
    }


def written(said: Mapping[str, object], sender: Mapping[str, object], wishes: Mapping[str, object]) -> bytes:
    """The bytes of a message that says this, each without what is as it always is."""
    return orjson.dumps({**said, "sender": sender, "wishes": wishes}, default=plain)


def on_ticket(raw: bytes, ticket_id: UUID | None) -> bytes:
    """The bytes of the same message, for this ticket."""
    return orjson.dumps({**orjson.loads(raw), "ticket_id": ticket_id}, default=plain)


def file_hashes(raw: bytes) -> list[str]:
    return [str(file["sha256"]) for file in orjson.loads(raw).get("files", ())]


def unpack(raw: bytes, data: Mapping[str, bytes]) -> InboundMessage:
    """The message that `built` wrote; `data` holds the bytes of its files by their hash."""
    values = orjson.loads(raw)
    found = {name: values[name] for name in _AS_THEY_ARE if name in values}
    found |= {name: tuple(values[name]) for name in _LISTS if name in values}
    found |= {name: read(values[name]) for name, read in _READ.items() if values.get(name)}
    return InboundMessage(raw=raw, files=tuple(_file(file, data) for file in values.get("files", ())), **found)


# What JSON gives back as it was given, and what was a tuple.
_AS_THEY_ARE = (
    "subject", "text", "dedupe_key", "new_text", "html", "message_id", "automatic", "language", "envelope",
    "acknowledge", "place", "silent", "scribe",
)  # fmt: skip
_LISTS = ("in_reply_to", "references", "recipients", "bounced")


def _sender(values: _Values) -> Sender:
    person_id = values.get("person_id")
    return Sender(
        Channel(values["channel"]),
        values["address"],
        values.get("name", ""),
        UUID(person_id) if person_id else None,
        values.get("verified", False),
    )


def _forwarded(values: _Values) -> Forwarded:
    return Forwarded(**{**values, "to": tuple(values.get("to", ())), "cc": tuple(values.get("cc", ()))})


def _file(values: _Values, data: Mapping[str, bytes]) -> InboundFile:
    return InboundFile(
        values["filename"], values["content_type"], data[values["sha256"]], values["inline"], values["content_id"]
    )


def _wishes(values: _Values) -> Wishes:
    """What is not there has its default."""
    found = {name: read(values[name]) for name, read in _WISHED.items() if values.get(name)}
    return Wishes(**found, classify=values.get("classify", True))


def _retold(values: _Values) -> Retold:
    moment, files = datetime.fromisoformat(values["created_at"]), tuple(values["files"])
    return Retold(Direction(values["direction"]), values["author"], values["text"], moment, files)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "channel": Channel,
    "sender": _sender,
    "kind": MessageKind,
    "wishes": _wishes,
    "ticket_id": UUID,
    "forwarded": _forwarded,
    "amends": UUID,
}
_WISHED: Mapping[str, Callable[[Any], Any]] = {
    "category": Category,
    "priority": Priority,
    "type": TicketType,
    "tags": tuple,
    "extra": dict,
    "status": Status,
    "assignee_id": UUID,
    "created_at": datetime.fromisoformat,
    "updated_at": datetime.fromisoformat,
    "resolved_at": datetime.fromisoformat,
    "external_id": str,
    "channel": Channel,
    "retold": lambda found: tuple(map(_retold, found)),
}
