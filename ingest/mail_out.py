"""Mail out, the pure half: an OutboundMessage becomes the bytes of a mail and the envelope around it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from core import addresses
from core.messages import OutboundMessage
from core.text import clean_line
from core.vocabulary import DeliveryKind
from ingest import letter, letter_templates, mail_parts
from ingest.letter_templates import Templates
from ingest.mail_parts import Field, NotSendable, mailbox
from ingest.signing import Sign

_ADDRESS = re.compile(r"[^\s<>\",@]+@[^\s<>\",@]+")
_ID = re.compile(r"<[!-;=?-~]{1,250}>")

# RFC 3834 3.1.7, and what Exchange and old list software listen to instead. What a person wrote has none of it.
_SUPPRESSED = ("X-Auto-Response-Suppress", "All")
_AUTOMATIC: Mapping[DeliveryKind, tuple[Field, ...]] = {
    DeliveryKind.ACKNOWLEDGEMENT: (("Auto-Submitted", "auto-replied"), _SUPPRESSED, ("Precedence", "bulk")),
    DeliveryKind.PROOF: (("Auto-Submitted", "auto-generated"), _SUPPRESSED),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in its envelope. `mail_from` is empty where no bounce may come back (RFC 3834 3.3)."""

    delivery_id: UUID
    ticket_number: int
    mail_from: str
    rcpt: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails of a desk have in common."""

    desk_name: str
    from_address: str
    templates: Templates = letter_templates.BUILT_IN
    sign: Sign | None = None


def compose(message: OutboundMessage, head: Letterhead, *, now: datetime) -> Mail:
    """The mail that says `message`. Raises NotSendable."""
    automatic = _AUTOMATIC.get(message.kind, ())
    sender, to = _address(head.from_address), _recipient(message.address)
    bounces = _address(message.bounce_to) if message.bounce_to else sender
    said = letter.WRITTEN[message.kind](message, head.desk_name, head.templates)
    content, body = mail_parts.content(said.text, said.html, message.files, message.delivery_id)
    fields = [
        ("From", mailbox(head.desk_name, sender)),
        ("To", mailbox("" if automatic else message.name, to)),
        ("Subject", mail_parts.words(clean_line(said.subject))),
        ("Date", format_datetime(now)),
        *_threading(message),
        ("Reply-To", mailbox(head.desk_name, _address(message.reply_to))),
        *automatic,
        # Our own sign, by which a mail of ours that comes back is known.
        ("X-Deskbell", addresses.domain(sender)),
        ("MIME-Version", "1.0"),
        *content,
    ]
    data = mail_parts.head(fields) + b"\r\n" + body
    if head.sign is not None:
        data = head.sign(data)
    # An acknowledgement shows first that an address does not exist, so its bounce is wanted too (RFC 3834 3.3 leaves
    # the choice). What a robot answers to that address joins its ticket and opens none; to our mailbox it would.
    loops = message.kind is DeliveryKind.ACKNOWLEDGEMENT and bounces == sender
    mail_from = "" if loops else bounces
    return Mail(message.delivery_id, message.ticket_number, mail_from, to, data)


def _threading(message: OutboundMessage) -> list[Field]:
    """Our own id, and the ids of what is answered. Those are a stranger's words: what is no id is left out."""
    own = _in_ascii(message.message_id)
    if not _ID.fullmatch(own):
        raise NotSendable("its Message-ID is none")
    fields = [("Message-ID", own)]
    if _ID.fullmatch(message.in_reply_to):
        fields.append(("In-Reply-To", message.in_reply_to))
    if references := [one for one in message.references if _ID.fullmatch(one)]:
        fields.append(("References", "\r\n ".join(references)))
    return fields


def _recipient(text: str) -> str:
    if addresses.normal(text) is None:
        raise NotSendable(f"{clean_line(text)!r} is not a mail address")
    return _address(text)


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or clean_line(text) != text:
        raise NotSendable(f"{clean_line(text)!r} is not a mail address")
    return _in_ascii(text)


def _in_ascii(text: str) -> str:
    """With its host in the form every relay understands. A local part has no such form: it needs SMTPUTF8."""
    if text.isascii():
        return text
    local, _, host = text.rpartition("@")
    try:
        return f"{local}@{host.rstrip('>').encode('idna').decode('ascii')}{'>' if host.endswith('>') else ''}"
    except UnicodeError:
        raise NotSendable(f"the host of {clean_line(text)!r} cannot be written in ASCII") from None
