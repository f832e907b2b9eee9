"""Who wrote first what somebody hands on: the forwarded mail inside a text, or attached as a file. Pure, linear.

A forwarded mail begins with a line that says so ("---------- Forwarded message ---------", "Begin forwarded
message:"), with the head of a mail (Outlook), or with an attribution above an indented text (Outlook for Mac 2019).
The last two also begin what is merely quoted in an answer. Whoever answers writes to the author of what they quote,
so a head whose author is among the recipients of the mail around it is a quote, and anybody else's is a forward.
Only the outermost forward counts; what is forwarded inside it belongs to its text.
"""

import re
from collections.abc import Sequence

from core.addresses import normal, without_tag
from core.messages import Forwarded
from ingest import bodies, headers, mime, quote_lines, quoted_head
from ingest.head_words import FORWARD_PREFIXES
from ingest.mime import Part
from ingest.quoted_head import Head, Mailbox

TEXT_LENGTH = 256 * 1024
LINES = 5_000
# After the line that says "forwarded message" the head begins within this many lines.
_HEAD_WITHIN = 4

_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|odp|回复|回覆)\s*(?:\[\d+\])?\s*[:：]\s*|\[[^\]\n]{1,60}\]\s*)*+"
    rf"(?:{'|'.join(re.escape(word) for word in sorted(FORWARD_PREFIXES, key=len, reverse=True))})\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
# What is between the drawn lines may be followed by the head in the same line (Yahoo's web mail).
_SEPARATOR_END = re.compile(r"[-_=–—]{2,}\s+(?=\S)")
_INDENT = "    "
_MAILS = ("message/rfc822", "message/global")


def is_subject(subject: str) -> bool:
    """Whether the subject says that this is a forward, in any language."""
    return _PREFIX.match(subject[:200]) is not None


def without_prefix(subject: str) -> str:
    return _PREFIX.sub("", subject, count=1).strip()


def find(text: str, *, subject: str = "", recipients: Sequence[str] = ()) -> Forwarded | None:
    """The outermost mail that `text` forwards; `recipients` are whom the mail around it went to."""
    lines = text[:TEXT_LENGTH].split("\n")
    said = is_subject(subject)
    bare = [quoted_head.unquoted(line) for line in lines]
    letters = quote_lines.letters(bare[:LINES])
    asked = {_plain(address) for address in recipients}
    for match in re.finditer(r"w|[od]*h|o|a+", letters):
        start, end = match.span()
        if match[0] == "w":
            return _announced(bare, letters, start)
        if match[0][-1] == "h":
            return _with_head(bare, start, end - 1, said, asked)
        if match[0] == "o":
            return _announced(bare, letters, start) if said else None
        found = _attributed(lines, bare, start, end, said, asked)
        return found
    return None


def attached(root: Part, subject: str, text: str) -> Forwarded | None:
    """The mail that hangs on this one as a file, which is how Outlook forwards several at once. Of many: none is it."""
    mails = [part for part in mime.walk(root) if part.content_type in _MAILS and not part.whole]
    if len(mails) != 1 or root.content_type == "multipart/report":
        return None
    inner = mime.parse(mime.content(mails[0]))
    name, address = next(iter(headers.addresses(inner.headers, "from")), ("", ""))
    return Forwarded(
        name=name,
        address=normal(address) or "",
        subject=headers.text(inner.headers, "subject"),
        date=headers.text(inner.headers, "date"),
        to=_addresses(inner, "to"),
        cc=_addresses(inner, "cc"),
        text=bodies.read(inner).text,
        remark=text.strip(),
        sure=is_subject(subject) or not text.strip(),
    )


def _addresses(part: Part, field: str) -> tuple[str, ...]:
    found = (normal(address) for _, address in headers.addresses(part.headers, field))
    return tuple(address for address in found if address)


def _announced(lines: list[str], letters: str, at: int) -> Forwarded:
    """Below a line that says "forwarded message": the head, an attribution, or only the text."""
    rest = _behind_separator(lines[at])
    below = lines[at + 1 :] if not rest else [rest, *lines[at + 1 :]]
    message = "\n".join(lines[:at])
    first = next((number for number, line in enumerate(below[:_HEAD_WITHIN]) if line.strip()), None)
    if first is None:
        return _forward(None, below, message, sure=True)
    head = quoted_head.read(below, first)
    if head is not None:
        return _forward(head, below[head.end :], message, sure=True)
    offset = at + 1 - (1 if rest else 0)
    if letters[offset + first : offset + first + 1] == "a":
        end = first
        while letters[offset + end : offset + end + 1] == "a":
            end += 1
        sender = _author(" ".join(line.strip() for line in below[first:end]))
        return _only_sender(sender, below[end:], message, sure=True)
    return _forward(None, below, message, sure=True)


def _behind_separator(line: str) -> str:
    """What stands in the line of the separator behind it, if that is a field."""
    for match in _SEPARATOR_END.finditer(line[:300]):
        rest = line[match.end() :]
        if quoted_head.is_field(rest):
            return rest
    return ""


def _with_head(lines: list[str], start: int, at: int, said: bool, asked: set[str]) -> Forwarded | None:
    head = quoted_head.read(lines, at)
    if head is None or (not said and (not head.sender.address or _plain(head.sender.address) in asked)):
        return None
    return _forward(head, lines[head.end :], "\n".join(lines[:start]), sure=said)


def _attributed(
    lines: list[str], bare: list[str], start: int, end: int, said: bool, asked: set[str]
) -> Forwarded | None:
    """Outlook for Mac 2019 writes an attribution above what it forwards, and indents the text by four spaces."""
    sender = _author(" ".join(line.strip() for line in bare[start:end]))
    below = next((line for line in lines[end:] if line.strip()), "")
    if below.startswith(">") and not said:
        return None
    if not sender.address or (not said and (_plain(sender.address) in asked or not below.startswith(_INDENT))):
        return None
    return _only_sender(sender, bare[end:], "\n".join(bare[:start]), sure=said)


def _author(attribution: str) -> Mailbox:
    """Whom an attribution names. The name stands before the address, in quotes or behind the time."""
    found = quoted_head.mailboxes(attribution)
    if not found:
        return Mailbox("", "")
    name = found[0].name
    quoted = re.search(r"[\"«„“]([^\"«»„“”]{1,120})[\"»”“]", attribution)
    return Mailbox(quoted[1].strip() if quoted else re.split(r"[,:]|\d ", name)[-1].strip(), found[0].address)


def _forward(head: Head | None, below: list[str], message: str, *, sure: bool) -> Forwarded:
    if head is None:
        return _only_sender(Mailbox("", ""), below, message, sure=sure)
    return Forwarded(
        name=head.sender.name,
        address=head.sender.address,
        subject=head.subject,
        date=head.date,
        to=tuple(box.address for box in head.to),
        cc=tuple(box.address for box in head.cc),
        text=_text(below),
        remark=message.strip(),
        sure=sure,
    )


def _only_sender(sender: Mailbox, below: list[str], message: str, *, sure: bool) -> Forwarded:
    return Forwarded(sender.name, sender.address, text=_text(below), remark=message.strip(), sure=sure)


def _text(lines: list[str]) -> str:
    """The forwarded text: what is indented as a whole stands at the margin again."""
    filled = [line for line in lines if line.strip()]
    if filled and all(line.startswith(_INDENT) for line in filled):
        lines = [line.removeprefix(_INDENT) for line in lines]
    return "\n".join(lines).strip()


def _plain(address: str) -> str:
    """The address without what stands behind a plus: our own answers come from support+<tag>@."""
    return without_tag(address.lower())[0]
