"""What is shown as the text of a mail that says nothing itself: the best that stands in its other parts. Pure, bounded.

In this order: a text that is to be shown though it has a file name, the report of a mail server, words before the first
or behind the last boundary (programs that do not know how a multipart is made), and the mail that is attached, with who
wrote it and what about (the commonest way in which Outlook forwards). Empty where there is none of it: a mail may be
only a file.
"""

import re

from core.text import clean_line
from ingest import headers, mime
from ingest.charsets import decode
from ingest.mime import Part

_OCTETS = 16 * 1024
_ATTACHED_OCTETS = 1024 * 1024
_MAILS_IN_MAILS = 3
# A digest of a mailing list has many, and short ones.
_MAILS = 10
_SHORT_OCTETS = 8 * 1024
# The first piece of a mail in pieces has its head (RFC 2046 5.2.2); the others are text that goes on.
_MAIL_TYPES = frozenset({"message/rfc822", "message/global", "message/partial"})
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
# What programs write before the first boundary for readers that know no MIME.
_FOR_OLD_READERS = re.compile(r"multi-?part|\bMIME\b", re.IGNORECASE)
_STATUS = re.compile(r"[A-Za-z-]{1,60}+[ \t]{0,20}+:")
_SHOWN = ("From", "Date", "Subject")


def text(root: Part, mails: int = _MAILS_IN_MAILS) -> str:
    """The stand-in for a text, empty when there is none. `mails` is how deep mails in mails are opened."""
    parts = list(mime.walk(root))
    if said := _shown_text(parts) or _report(parts) or _around_parts(root):
        return said
    attached = [part for part in parts if part.content_type in _MAIL_TYPES and not part.whole]
    first, others = attached[:1], attached[1:_MAILS] if mails == _MAILS_IN_MAILS else []
    return "\n\n".join(_of_mail(part, mails) for part in (*first, *(part for part in others if _is_short(part))))


def _is_short(part: Part) -> bool:
    return part.end - part.body <= _SHORT_OCTETS


def _around_parts(root: Part) -> str:
    if not root.children:
        return ""
    mark = b"--" + root.parameters.get("boundary", "").encode("utf-8", "surrogateescape")
    before = root.raw[root.body : root.children[0].start].rpartition(mark)[0]
    behind = root.raw[root.children[-1].end : root.end].partition(mark + b"--")[2]
    said = decode(b"\n\n".join((before[:_OCTETS], behind[:_OCTETS])), root.parameters.get("charset", "")).strip()
    return "" if _FOR_OLD_READERS.search(said[:500]) else said


def _shown_text(parts: list[Part]) -> str:
    """A text that has a file name, and that its sender wants to be seen and not to be saved (RFC 2183 2.1)."""
    for part in parts:
        if part.content_type == "text/plain" and part.disposition == "inline" and part.filename:
            return decode(mime.content(part, _OCTETS), part.parameters.get("charset", "")).strip()
    return ""


def _report(parts: list[Part]) -> str:
    """What a mail server reports, its words for people first: InterMail calls them a delivery-status too."""
    said = [
        decode(mime.content(part, _OCTETS), part.parameters.get("charset", "")).strip()
        for part in parts
        if part.content_type in _REPORTS
    ][:_MAILS]
    in_words = [text for text in said if not _STATUS.match(text)]
    return "\n\n".join(in_words or said[:1])


def _of_mail(part: Part, mails: int) -> str:
    from ingest import bodies

    inside = mime.parse(mime.content(part, _ATTACHED_OCTETS))
    head = (f"{name}: {said}" for name in _SHOWN if (said := headers.text(inside.headers, name.lower())))
    own = "\n".join(clean_line(line, most=300) for line in head)
    if mails <= 0 or inside.depth or part.end - part.body > _ATTACHED_OCTETS:
        return own
    said = bodies.text(inside) or text(inside, mails - 1)
    return f"{own}\n\n{said}".strip()
