"""The rows that a batch of received messages is written as, each as a dictionary. Pure."""

from datetime import datetime
from uuid import UUID

from core import addresses, archive, tokens
from core.access import THE_DESK
from core.accounts.secrets import Keys
from core.config import Settings
from core.messages import InboundMessage, Sender
from core.storage import blobs
from core.storage.blobs import Blob
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.tickets import Requester
from core.vocabulary import Channel, DeliveryKind, DeliveryState, Disposition

_Row = dict[str, object]
# What a copy of the same mail is a duplicate of.
_ON_A_TICKET = (
    Disposition.TICKET, Disposition.COMMENT, Disposition.AUTO_REPLY, Disposition.PENDING_PARTICIPANT,
)  # fmt: skip


def person(who: Requester, language: str, now: datetime) -> _Row:
    return {"id": who.id, "name": who.name, "language": language[:16], "created_at": now}


def identity(who: Requester, sender: Sender, now: datetime) -> _Row:
    return {
        "id": new_id(),
        "person_id": who.id,
        "channel": sender.channel,
        "address": sender.address,
        "created_at": now,
    }


def seat(ticket_id: UUID, seq: int, person_id: UUID, now: datetime) -> _Row:
    return {"ticket_id": ticket_id, "seq": seq, "person_id": person_id, "token_version": 1, "created_at": now}


def change(
    ticket_id: UUID,
    message_id: UUID,
    person_id: UUID | None,
    message: InboundMessage,
    changed: tuple[str, str | None, str],
    reason: str,
    now: datetime,
) -> _Row:
    """`changed` is field, old and new."""
    field, old, new = changed
    return {
        "ticket_id": ticket_id,
        # What a message changes is one act, and the message its name.
        "act_id": message_id,
        "person_id": person_id,
        "actor": clean_line(message.scribe or _called(message.sender), most=NAME_LENGTH),
        "field": field,
        "old": old,
        "new": new,
        "reason": reason,
        "at": now,
    }


def in_their_name(message: InboundMessage) -> str:
    """Why somebody of the staff did it: for the sender; empty where it was the sender."""
    return f"for {clean_line(_called(message.sender), most=NAME_LENGTH)}" if message.scribe else ""


def _called(sender: Sender) -> str:
    return sender.name or sender.address or "somebody"


def assignment(ticket_id: UUID, message_id: UUID, to: str, now: datetime) -> _Row:
    """By the desk's own rules, and not by whoever wrote."""
    return {
        "ticket_id": ticket_id,
        "act_id": message_id,
        "person_id": None,
        "actor": THE_DESK.username,
        "field": "assigned_to",
        "old": None,
        "new": to,
        "reason": "as [classify] in the configuration says",
        "at": now,
    }


def acknowledgement(
    message: InboundMessage,
    ticket_id: UUID,
    number: int,
    person_id: UUID,
    settings: Settings,
    keys: Keys,
    now: datetime,
) -> _Row:
    delivery_id, host = new_id(), addresses.domain(settings.from_address)
    tag = tokens.reply_tag(keys.replies, number, 1, ticket_id=ticket_id, person_id=person_id, version=1)
    return {
        "id": delivery_id,
        "ticket_id": ticket_id,
        "channel": Channel.EMAIL,
        "kind": DeliveryKind.ACKNOWLEDGEMENT,
        "address": message.sender.address,
        "remote_id": tokens.message_id(tag, delivery_id, host),
        "state": DeliveryState.QUEUED,
        "due_at": now,
        "created_at": now,
    }


def lies_in_ledger(message: InboundMessage) -> bool:
    """Whether the bytes of this arrival lie with its row. Nobody sends the same ones twice, and a row of their own, by a
    hash, costs a page anywhere on the disk in each of two indexes.
    """
    return len(message.raw) <= archive.IN_LEDGER


def arrival(
    row: UUID,
    message: InboundMessage,
    raw: Blob | None,
    disposition: Disposition,
    reason: str,
    became: tuple[UUID | None, int | None, UUID | None],
    now: datetime,
) -> _Row:
    """Of the ledger. `became` is the ticket by id and number, and the message on it. No `raw`: it lies in the row."""
    ticket_id, number, message_id = became
    return {
        "id": row,
        "dedupe_key": message.dedupe_key,
        "channel": message.channel,
        "sender": message.sender.address,
        "subject": clean_line(message.subject),
        # As it is, where it can be written so.
        "envelope": message.envelope if isinstance(message.envelope, dict) else dict(message.envelope),
        "raw_sha256": (raw or blobs.NOTHING).sha256,
        "raw": None if raw else message.raw,
        "size": len(message.raw),
        "disposition": disposition,
        "reason": reason,
        "error": "",
        "ticket_id": ticket_id,
        "ticket_number": number,
        "message_id": message_id,
        "received_at": now,
        "last_seen_at": now,
        "content_key": (message.signs.content or None) if disposition in _ON_A_TICKET else None,
    }


def replayed(
    row: UUID,
    disposition: Disposition,
    reason: str,
    became: tuple[UUID | None, int | None, UUID | None],
    now: datetime,
) -> _Row:
    """What becomes of the row of the ledger that is done again."""
    ticket_id, number, message_id = became
    return {
        "row": row,
        "becomes": disposition,
        "because": reason,
        "ticket": ticket_id,
        "number": number,
        "message": message_id,
        "at": now,
    }
