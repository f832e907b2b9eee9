"""What every message passes on its way in: whatever its channel let through, the desk keeps clean text that fits.

Subject, text and names are what people read; names of files, Message-IDs, tags and envelopes end in the database as
well, where one NUL (PostgreSQL) or lone surrogate (both) would keep the whole message out.
"""

from collections.abc import Mapping
from dataclasses import replace

from core.messages import InboundFile, InboundMessage, Sender
from core.text import NAME_LENGTH, SUBJECT_LENGTH, TEXT_LENGTH, clean_line, clean_text

ADDRESS_LENGTH = 254
ID_LENGTH = 255
EXTERNAL_ID_LENGTH = 200
TAG_LENGTH = 64
TYPE_LENGTH = 120
REASON_LENGTH = 200


def cleaned(message: InboundMessage) -> InboundMessage:
    """The message as the desk keeps it. `raw` and the bytes of files are evidence, and stay as they came."""
    return replace(
        message,
        sender=_sender(message.sender),
        subject=clean_line(message.subject, most=SUBJECT_LENGTH),
        text=clean_text(message.text, most=TEXT_LENGTH),
        new_text=None if message.new_text is None else clean_text(message.new_text, most=TEXT_LENGTH),
        html=None if message.html is None else clean_text(message.html, most=TEXT_LENGTH),
        files=tuple(map(_file, message.files)),
        message_id=_id(message.message_id),
        in_reply_to=tuple(map(_id, message.in_reply_to)),
        references=tuple(map(_id, message.references)),
        automatic=clean_line(message.automatic, most=REASON_LENGTH),
        bounced=tuple(clean_line(address, most=ADDRESS_LENGTH) for address in message.bounced),
        language=_id(message.language),
        envelope=_mapping(message.envelope),
        wishes=replace(
            message.wishes,
            tags=tuple(clean_line(tag, most=TAG_LENGTH) for tag in message.wishes.tags),
            extra=_mapping(message.wishes.extra),
            external_id=_id(message.wishes.external_id)[:EXTERNAL_ID_LENGTH],
        ),
    )


def plain(values: Mapping[str, object]) -> dict[str, object]:
    """The same as JSON can keep it: what JSON does not know is said in words."""
    return {str(key): _plain(value) for key, value in values.items()}


def _sender(sender: Sender) -> Sender:
    return replace(sender, address=_id(sender.address)[:ADDRESS_LENGTH], name=clean_line(sender.name, most=NAME_LENGTH))


def _file(file: InboundFile) -> InboundFile:
    return replace(
        file,
        filename=clean_line(file.filename),
        content_type=clean_line(file.content_type, most=TYPE_LENGTH),
        content_id=_id(file.content_id),
    )


def _id(text: str) -> str:
    """Nearly always plain already, and there are many in a mail."""
    return (
        text if len(text) <= ID_LENGTH and text.isascii() and text.isprintable() else clean_line(text, most=ID_LENGTH)
    )


def _mapping(values: Mapping[str, object]) -> dict[str, object]:
    return {clean_line(key): _value(value) for key, value in values.items()}


def _value(value: object) -> object:
    match value:
        case str():
            return clean_text(value)
        case Mapping():
            return _mapping(value)
        case list() | tuple():
            return [_value(one) for one in value]
        case _:
            return value


def _plain(value: object) -> object:
    match value:
        case str() | bool() | None:
            return value
        case int() | float():
            # JSON's numbers are what both databases agree on.
            return value if abs(value) < 2**53 else str(value)
        case Mapping():
            return plain(value)
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return clean_text(str(value))
