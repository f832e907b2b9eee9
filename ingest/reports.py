"""What a report about a mail of ours says: that it failed, that it is late, or that its reader complains. Pure.

Three forms: delivery status notifications (RFC 3464), the free words of older servers, and feedback reports (ARF,
RFC 5965; Hotmail's are without the machine-readable part). A report is anybody's to write. It names what it is about by
the Message-ID of the mail it returns and by the address that mail was sent from; whether that is proof, core decides.
"""

import re
from collections.abc import Iterator
from itertools import islice

from core.addresses import normal
from core.messages import Report
from core.text import clean_line
from core.vocabulary import MessageKind, ReportKind
from ingest import headers, mime, returned
from ingest.charsets import decode
from ingest.headers import Headers
from ingest.mime import Part

_TEXT_OCTETS = 64 * 1024
_LINES = 200
_LINE_LENGTH = 500
_IDS = 10
_RECIPIENTS = 20
# A report returns one mail; some return its header and its text apart.
_RETURNED_PARTS = 4
_RETURNED_TYPES = frozenset(
    {
        "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers",
        "text/rfc822", "text/rfc822-header",
    }
)  # fmt: skip
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
# RFC 3463: class, subject, detail. Not a part of an IP address or of a version.
_STATUS = re.compile(r"(?<![\w.])([45]\.\d{1,3}\.\d{1,3})(?![\w.]*\d)")
_CODE = re.compile(r"(?<![\w.])[45]\d\d[ -]")
_QUOTED_ID = re.compile(r"^[ \t>|]{0,20}message-id[ \t]*:[ \t]*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
# Postfix, sendmail, Exim, qmail, Exchange: their words where nothing has failed yet.
_LATE = re.compile(
    r"delayed|\(delay\)|will retry|still (?:being )?(?:try|retri|queued)|will (?:keep|continue|be) (?:to )?(?:try|retr|re-?attempt|delivery attempts)"
    r"|warning[: ]+(?:could not|message|this is)|(?:not|n't) (?:yet )?been delivered (?:yet|for)|no action is required"
    r"|do not need to resend|verzögert|retard|retrasad|ritardat",
    re.IGNORECASE,
)
# One of these stands in all of that, and to look for them takes a tenth of the time.
_SIGNS_OF_LATE = (
    "delay", "still", "will", "warning", "been delivered", "no action", "need to resend", "verz", "retard", "retrasad", "ritardat",
)  # fmt: skip
_GIVEN_UP = re.compile(r"giving up|given up|gave up|permanent|fatal|has failed|aufgegeben", re.IGNORECASE)
_DELETED = re.compile(
    rb"^Disposition[ \t]*:[ \t]*automatic-action/[\w-]{1,60}[ \t]*;[ \t]*deleted\b", re.IGNORECASE | re.MULTILINE
)
# Hotmail and Outlook.com (JMRP): a mail of their staff with the mail complained about, and nothing else.
_HOTMAIL_STAFF = b"staff@hotmail.com"
_HOTMAIL = re.compile(r"^complaint about message from ", re.IGNORECASE)


def read(root: Part, kind: MessageKind, failed: tuple[str, ...], answers: tuple[str, ...]) -> Report | None:
    """The report that this mail is; None for every other mail.

    `failed` is whom a bounce is about as far as that has been read, `answers` its In-Reply-To.
    """
    if is_complaint(root):
        return _complaint(root)
    if kind is not MessageKind.BOUNCE:
        return None
    blocks = _blocks(root)
    lines = [line.strip() for line in returned.own_lines(root)]
    chosen = next((b for b in blocks if _said(b, "action").lower().startswith("fail")), blocks[0] if blocks else {})
    return Report(
        kind=_kind(blocks, lines, headers.text(root.headers, "subject")),
        status=_status(chosen, lines),
        diagnostic=_diagnostic(chosen, lines),
        recipients=failed or _named(blocks),
        message_ids=_returned_ids(root, answers),
    )


def is_complaint(root: Part) -> bool:
    """Whether a mail service passes on here that somebody called a mail of ours spam."""
    if root.content_type == "multipart/report" and root.parameters.get("report-type", "") == "feedback-report":
        return True
    if any(part.content_type == "message/feedback-report" for part in root.children):
        return True
    if not any(value.lower().find(_HOTMAIL_STAFF) >= 0 for value in root.headers.get("from", ())):
        return False
    return _HOTMAIL.match(headers.text(root.headers, "subject")) is not None


def is_refusal(root: Part) -> bool:
    """Whether this report of a mail server says that a Sieve script refused the mail (RFC 5429 2.2, Dovecot).

    Outlook says the same of what its reader deletes unread, but in the reader's name.
    """
    said = (part for part in mime.walk(root) if part.content_type == "message/disposition-notification")
    return any(_DELETED.search(mime.content(part, _TEXT_OCTETS)) for part in said)


def _complaint(root: Part) -> Report:
    part = next((p for p in mime.walk(root) if p.content_type == "message/feedback-report"), None)
    fields = next(iter(_paragraphs(part)), {}) if part else {}
    about = [_said(fields, name) for name in ("original-rcpt-to", "removal-recipient")]
    return Report(
        kind=ReportKind.COMPLAINT,
        diagnostic=clean_line(_said(fields, "feedback-type"), most=60),
        recipients=_addresses(about),
        message_ids=_returned_ids(root, ()),
        sent_from=_addresses([_said(fields, "original-mail-from"), *_return_paths(root)]),
    )


def _kind(blocks: list[Headers], lines: list[str], subject: str) -> ReportKind:
    """Late only where nothing says that it is over: RFC 3464 2.3.3, or the words of the server."""
    actions = {_said(block, "action").lower() for block in blocks} - {""}
    if actions:
        return ReportKind.DELAYED if "delayed" in actions and "failed" not in actions else ReportKind.FAILED
    words = "\n".join((subject, *lines))
    folded = words.lower()
    if not any(sign in folded for sign in _SIGNS_OF_LATE):
        return ReportKind.FAILED
    late = _LATE.search(words) and not _GIVEN_UP.search(words)
    return ReportKind.DELAYED if late else ReportKind.FAILED


def _status(block: Headers, lines: list[str]) -> str:
    # The server's own words are more exact: Exchange and Postfix fill in 5.0.0 where the far server said 5.1.1.
    said = [_said(block, "diagnostic-code"), _said(block, "status"), *lines]
    vague = ""
    for one in said:
        if ("5." in one or "4." in one) and (match := _STATUS.search(one[:_LINE_LENGTH])):
            if not match[1].endswith(".0.0"):
                return match[1]
            vague = vague or match[1]
    return vague


def _diagnostic(block: Headers, lines: list[str]) -> str:
    """What the far server answered, or the first line that reads like its answer."""
    if said := _said(block, "diagnostic-code"):
        return clean_line(said.partition(";")[2] or said, most=300)
    likely = (line for line in lines if _STATUS.search(line) or _CODE.search(line))
    return clean_line(next(likely, ""), most=300)


def _named(blocks: list[Headers]) -> tuple[str, ...]:
    return _addresses([_said(block, name) for block in blocks for name in ("final-recipient", "original-recipient")])


def _addresses(said: list[str]) -> tuple[str, ...]:
    found = (normal(headers.without_comments(one.rpartition(";")[2]).strip().strip("<>")) for one in said)
    return tuple(dict.fromkeys(one for one in found if one))[:_RECIPIENTS]


def _blocks(root: Part) -> list[Headers]:
    """What the report says of each recipient (RFC 3464 2.3)."""
    part = next((p for p in mime.walk(root) if p.content_type in _STATUS_TYPES), None)
    return [block for block in _paragraphs(part) if "action" in block or "status" in block] if part else []


def _paragraphs(part: Part) -> list[Headers]:
    text = mime.content(part, _TEXT_OCTETS).replace(b"\r\n", b"\n")
    return [headers.fields(piece, 0, len(piece))[0] for piece in text.split(b"\n\n", _RECIPIENTS)[:_RECIPIENTS]]


def _said(block: Headers, name: str) -> str:
    return headers.said(block, name)


def _returned_ids(root: Part, answers: tuple[str, ...]) -> tuple[str, ...]:
    """Message-IDs of the mail that comes back: from its header, from its header as text, or what is answered."""
    found: dict[str, None] = {}
    for part in _returned_parts(root):
        found.update(dict.fromkeys(headers.ids(_returned_fields(part), "message-id")))
    texts = (part for part in mime.walk(root) if part.content_type == "text/plain")
    for part in islice(texts, _RETURNED_PARTS):
        text = _text(part)
        if "message-id" in text.lower():
            found.update(dict.fromkeys(_QUOTED_ID.findall(text)))
    return tuple({**found, **dict.fromkeys(answers)})[:_IDS]


def _returned_parts(root: Part) -> Iterator[Part]:
    return islice((part for part in mime.walk(root) if part.content_type in _RETURNED_TYPES), _RETURNED_PARTS)


def _returned_fields(part: Part) -> Headers:
    return mime.parse(mime.content(part, _TEXT_OCTETS)).headers


def _return_paths(root: Part) -> list[str]:
    return [headers.said(_returned_fields(part), "return-path") for part in _returned_parts(root)]


def _text(part: Part) -> str:
    return decode(mime.content(part, _TEXT_OCTETS), part.parameters.get("charset", ""))
