"""What every message passes on its way in: whatever its channel let through, the desk keeps clean text that fits.

Subject, text and names are what people read; names of files, Message-IDs, tags and envelopes end in the database as
well, where one NUL (PostgreSQL) or lone surrogate (both) would keep the whole message out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any

from core.messages import NO_SIGNS, Forwarded, InboundFile, InboundMessage, Report, Retold, Sender, Signs, Wishes
from core.rows import TicketRow
from core.text import NAME_LENGTH, SUBJECT_LENGTH, TEXT_LENGTH, clean_line, clean_text

ADDRESS_LENGTH = 254
ID_LENGTH = 255
EXTERNAL_ID_LENGTH = 200
TAG_LENGTH = 64
TYPE_LENGTH = 120
REASON_LENGTH = 200


def cleaned(message: InboundMessage) -> InboundMessage:
    """The message as the desk keeps it. `raw` and the bytes of files are evidence, and stay as they came.

    Nearly all of it is clean already, and stays the very object that it was.
    """
    unclean: dict[str, object] = {}
    for (name, clean), value in zip(_CLEANERS, _values(message), strict=True):
        # What is empty is clean.
        if value and (cleaned := clean(value)) is not value:
            unclean[name] = cleaned
    return replace(message, **unclean) if unclean else message  # type: ignore[arg-type]  # its own fields


def keeps(row: TicketRow, address: str, name: str, external_id: str) -> bool:
    """Whether every text of the row is clean, and fits: then so is all that is made of it, and need not be gone through."""
    if clean_text(row.description) != row.description or clean_line(row.subject) != row.subject:
        return False
    for text in (name, row.customer_id, row.assigned_to, *row.metadata.values()):
        if text and clean_line(text, most=NAME_LENGTH) != text:
            return False
    for tag in row.tags:
        if clean_line(tag, most=TAG_LENGTH) != tag:
            return False
    return _address(address) == address and _id(external_id)[:EXTERNAL_ID_LENGTH] == external_id


def plain(values: Mapping[str, object]) -> dict[str, object]:
    """The same as JSON can keep it: what JSON does not know is said in words."""
    return {str(key): _plain(value) for key, value in values.items()}


def _sender(sender: Sender) -> Sender:
    address, name = _address(sender.address), clean_line(sender.name, most=NAME_LENGTH)
    if address is sender.address and name is sender.name:
        return sender
    return replace(sender, address=address, name=name)


def _address(text: str) -> str:
    return _id(text)[:ADDRESS_LENGTH]


def _files(files: tuple[InboundFile, ...]) -> tuple[InboundFile, ...]:
    return tuple(map(_file, files))


def _file(file: InboundFile) -> InboundFile:
    return replace(
        file,
        filename=clean_line(file.filename),
        content_type=clean_line(file.content_type, most=TYPE_LENGTH),
        content_id=_id(file.content_id),
    )


def _wishes(wishes: Wishes) -> Wishes:
    if not (wishes.tags or wishes.extra or wishes.external_id or wishes.retold):
        return wishes
    tags, extra = tuple(clean_line(tag, most=TAG_LENGTH) for tag in wishes.tags), _mapping(wishes.extra)
    external_id = _id(wishes.external_id)[:EXTERNAL_ID_LENGTH]
    retold = tuple(map(_retold, wishes.retold))
    if (tags, extra, external_id, retold) == (wishes.tags, wishes.extra, wishes.external_id, wishes.retold):
        return wishes
    return replace(wishes, tags=tags, extra=extra, external_id=external_id, retold=retold)


def _retold(one: Retold) -> Retold:
    author, text = clean_line(one.author, most=NAME_LENGTH), clean_text(one.text, most=TEXT_LENGTH)
    return one if author is one.author and text is one.text else replace(one, author=author, text=text)


def _signs(signs: Signs) -> Signs:
    if signs is NO_SIGNS:
        return signs
    copied = tuple((clean_line(name, most=NAME_LENGTH), _address(address)) for name, address in signs.copied)
    found = Signs(
        _report(signs.report), clean_line(signs.spam, most=REASON_LENGTH), _id(signs.loop), copied,
        _address(signs.reply_to), _id(signs.content), signs.infected,
    )  # fmt: skip
    return signs if found == signs else found


def _report(report: Report | None) -> Report | None:
    if report is None:
        return None
    return Report(
        report.kind, _id(report.status), clean_line(report.diagnostic), tuple(map(_address, report.recipients)),
        _ids(report.message_ids), tuple(map(_address, report.sent_from)),
    )  # fmt: skip


def _forwarded(found: Forwarded | None) -> Forwarded | None:
    if found is None:
        return None
    cleaned = Forwarded(
        name=clean_line(found.name, most=NAME_LENGTH),
        address=clean_line(found.address, most=ADDRESS_LENGTH),
        subject=clean_line(found.subject, most=SUBJECT_LENGTH),
        date=clean_line(found.date, most=REASON_LENGTH),
        to=tuple(clean_line(one, most=ADDRESS_LENGTH) for one in found.to),
        cc=tuple(clean_line(one, most=ADDRESS_LENGTH) for one in found.cc),
        text=clean_text(found.text, most=TEXT_LENGTH),
        remark=clean_text(found.remark, most=TEXT_LENGTH),
        sure=found.sure,
        ordered=found.ordered,
    )
    return found if cleaned == found else cleaned


def _ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_id, ids))


def _id(text: str) -> str:
    """Nearly always plain already, and there are many in a mail."""
    return (
        text if len(text) <= ID_LENGTH and text.isascii() and text.isprintable() else clean_line(text, most=ID_LENGTH)
    )


def _mapping(values: Mapping[str, object]) -> Mapping[str, object]:
    cleaned = {clean_line(key): _value(value) for key, value in values.items()}
    return values if cleaned == values else cleaned


_CLEANERS: tuple[tuple[str, Callable[[Any], object]], ...] = (
    ("sender", _sender),
    ("subject", partial(clean_line, most=SUBJECT_LENGTH)),
    ("text", partial(clean_text, most=TEXT_LENGTH)),
    ("new_text", partial(clean_text, most=TEXT_LENGTH)),
    ("html", partial(clean_text, most=TEXT_LENGTH)),
    ("files", _files),
    ("message_id", _id),
    ("in_reply_to", _ids),
    ("references", _ids),
    ("automatic", partial(clean_line, most=REASON_LENGTH)),
    ("bounced", lambda addresses: tuple(clean_line(one, most=ADDRESS_LENGTH) for one in addresses)),
    ("language", _id),
    ("envelope", _mapping),
    ("wishes", _wishes),
    ("signs", _signs),
    ("forwarded", _forwarded),
)
_values = attrgetter(*(name for name, _ in _CLEANERS))


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
