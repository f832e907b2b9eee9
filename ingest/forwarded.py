"""Who wrote first what somebody hands on: the forwarded mail inside a text, or attached as a file. Pure, linear.

A forwarded mail begins with a line that says so ("---------- Forwarded message ---------", "Begin forwarded
message:"), with the head of a mail (Outlook), or with an attribution above an indented text (Outlook for Mac 2019).
The last two also begin what is merely quoted in an answer. Whoever answers writes to the author of what they quote,
so a head whose author is among the recipients of the mail around it is a quote, and anybody else's is a forward.
Only the outermost forward counts; what is forwarded inside it belongs to its text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.addresses import normal, without_tag
from core.mail.subjects import ANSWER, HANDED_ON, LOOKED_AT, TAG, without_prefixes
from core.messages import Forwarded
from ingest import bodies, headers, mailboxes, mime, quote_lines, quoted_head
from ingest.head_words import BEGIN_FORWARDED, END_OF_FORWARDED, FORWARDED
from ingest.mime import Part
from ingest.quoted_head import SENDERS, Head, Mailbox

TEXT_LENGTH = 256 * 1024
LINES = 5_000
# After the line that says "forwarded message" the head begins within this many lines.
_HEAD_WITHIN = 4

# An answer to a forward ("Re: Fwd: …") is one too; Spanish RV and Finnish VS are both.
_FORWARD_SUBJECT = re.compile(rf"^\s*(?:{ANSWER}|{TAG})*\[?{HANDED_ON}", re.IGNORECASE)
# Danish and Norwegian Outlook hands on with the VS: with which Finnish programs answer; its head tells the language.
_DANISH_SUBJECT, _DANISH_HEAD = (
    re.compile(rf"\s*(?:{ANSWER}|{TAG})*VS\s*:", re.IGNORECASE),
    re.compile(r"[\s*]*Fra\s*:"),
)
# What is between the drawn lines may be followed by the head in the same line (Yahoo's web mail).
_SEPARATOR_END = re.compile(r"[-_=–—]{2,}\s+(?=\S)")
_COLONLESS = re.compile(r"^[\s|]*([^\W\d_]{1,20})[\s|]+(?=\S)")
_FIELDS = 6
_FRAME = re.compile(r"\s*[-=_]{2,}(?:8<[=-]+)?\s*([^\W\d_].*)")
# KMail has two spaces around its words, and ends with a drawn line alone.
_KMAIL, _END_RULE = re.compile(r"-{10}  \S.{1,60}\S  -{10}$"), re.compile(r"-{40,80}")
_SIGNATURE_LINES = 20
_INDENT = "    "
# (what a beginning has, how near to the start of its line, whether it may stand at the end of one instead).
_SIGNS = ((":", 40, True), ("：", 40, True), ("--", 7, False), ("__", 3, False), (">>>", 3, False))
# Above Outlook's head in a language that no table has (`quote_lines`).
_OUTLOOK_RULE = "_" * 32
_LABEL_LENGTH, _AROUND_LABEL = 200, " \t\r*_|>"
# No label of a head is longer, with the signs behind it (`quoted_head`).
_LABEL_WITHIN = 40
_AROUND_LINE, _DRAWN_BEFORE = " \t\r\xa0\ufeff\u200b\u200e\u200f>", "-_=–—―‐‑‒~#+*|[ᐧ> \t\xa0\ufeff\u200e\u200f"
_FORWARDED, _BEGIN_FORWARDED = quoted_head.phrases(FORWARDED), frozenset(quoted_head.phrases(BEGIN_FORWARDED))
_LAST_LETTERS, _BEHIND_PHRASE = 2, _AROUND_LINE + "*:："
_BEGIN_FORWARDED_ENDS = frozenset(phrase[-_LAST_LETTERS:] for phrase in _BEGIN_FORWARDED)
# With a few signs around it.
_LONGEST = 20 + max(map(len, _BEGIN_FORWARDED))
# A head may stand below drawn rules, which are looked at once.
_BEGINNING = re.compile(r"w|(?<![do])[od]*h|o|a+")
# What an agent writes in the first line, as FreeScout and others have it.
COMMANDS = frozenset({"@fwd", "#fwd", "@forward", "#forward"})
_MAILS = ("message/rfc822", "message/global")
# What Netscape and Thunderbird call a mail that they forward as an attachment, where its subject makes no name.
_MOZILLA = "forwardedmessage.eml"


# Asked of the same subject several times.
@lru_cache(maxsize=8)
def is_subject(subject: str) -> bool:
    """Whether the subject says that this is a forward, in any language."""
    return (":" in subject or "：" in subject) and _FORWARD_SUBJECT.match(subject[:LOOKED_AT]) is not None


def is_command(text: str) -> bool:
    """Whether the first line that says anything is the order to open the ticket for whoever wrote first."""
    begin = text[:LOOKED_AT]
    if "@" not in begin and "#" not in begin:
        return False
    first = next((line for line in begin.split("\n") if line.strip()), "")
    return first.strip(" \r*_.:").casefold() in COMMANDS


def find(text: str, *, subject: str = "", recipients: Sequence[str] = ()) -> Forwarded | None:
    """The outermost mail that `text` forwards; `subject` and `recipients` are those of the mail around it."""
    return outermost(text, subject=subject, recipients=recipients) if may_begin(text, subject) else None


def outermost(text: str, *, subject: str, recipients: Sequence[str]) -> Forwarded | None:
    """The same of a text in which one `may_begin`."""
    text = text[:TEXT_LENGTH]
    lines = text.split("\n")
    around = _Around(is_subject(subject), without_prefixes(subject), frozenset(map(_plain, recipients)))
    bare = [quoted_head.unquoted(line) for line in lines]
    letters = quote_lines.letters(bare[:LINES])
    if not around.says_so and (is_command(text) or "VS" in subject.upper()):
        in_danish = _DANISH_SUBJECT.match(subject[:LOOKED_AT]) is not None
        around = replace(around, says_so=is_command(text), in_danish=in_danish)
    for match in _BEGINNING.finditer(letters):
        start, end = match.span()
        match match[0][-1]:
            case "w":
                return _announced(bare, letters, start)
            case "h":
                return _with_head(bare, start, end - 1, around)
            case "o":
                return _announced(bare, letters, start) if around.says_so else None
            case _:
                return _attributed(lines, bare, start, end, around)
    return None


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known of the mail around: whether its subject or first line says "forwarded", or the subject does in
    Danish, the subject itself, and whom it went to."""

    says_so: bool
    subject: str
    recipients: frozenset[str]
    in_danish: bool = False

    def answers(self, sender: Mailbox, subject: str) -> bool:
        """Whether what is quoted is what this mail answers: one answers to its author, and keeps its subject."""
        if self.says_so:
            return False
        if sender.address and _plain(sender.address) in self.recipients:
            return True
        if not subject:
            return not sender.address  # nothing to tell it by
        return without_prefixes(subject).casefold() == self.subject.casefold()


def may_begin(text: str, subject: str = "") -> bool:
    """A quick look, because most mails forward nothing: each form has a drawn line or a colon in its first line or last.

    A closer one is cheap: what is found stands below a word for forwarding or is the head of a mail, unless the subject
    says "forwarded" or an indented text follows an address.
    """
    text = text[:TEXT_LENGTH]
    if not _has_a_sign(text):
        return False
    if _OUTLOOK_RULE in text or ("@" in text and f"\n{_INDENT}" in text) or is_subject(subject):
        return True
    if text.isascii():
        return _names_a_sender(text.lower()) or any(map(_may_be_beginning, filter(_may_be_separator, text.split("\n"))))
    return any(map(_may_be_beginning, text.split("\n")))


def _may_be_separator(line: str) -> bool:
    """Whether a line in ASCII is drawn, or ends like one that says "forwarded" and nothing else. To look for the words
    themselves in all of a text takes ten times as long."""
    return line[:1] in _DRAWN_BEFORE or line.rstrip(_BEHIND_PHRASE)[-_LAST_LETTERS:].lower() in _BEGIN_FORWARDED_ENDS


def _may_be_beginning(line: str) -> bool:
    """Whether a line, whatever it is written in, says "forwarded" or names a sender."""
    bare = line[: quote_lines.LINE_LENGTH].strip(_AROUND_LINE)
    if not bare:
        return False
    begin = bare[:_LABEL_WITHIN]
    if bare[0] not in _DRAWN_BEFORE and ":" not in begin and "：" not in begin:
        # Only the whole of one of the phrases then, which is told by its last letters sooner than by all.
        last = bare.rstrip(_BEHIND_PHRASE)[-2 * _LAST_LETTERS :]
        if len(bare) > _LONGEST or quoted_head.fold(last)[-_LAST_LETTERS:] not in _BEGIN_FORWARDED_ENDS:
            return False
    # The spaces of a page are often ones that do not break.
    folded = " ".join(quoted_head.fold(bare.lstrip(_DRAWN_BEFORE)[:_LABEL_LENGTH]).split())
    if bare[0] in _DRAWN_BEFORE and folded.startswith(_FORWARDED):
        return True
    label, colon, _ = folded.replace("：", ":").partition(":")
    if colon and label.strip(_AROUND_LABEL) in SENDERS:
        return True
    return folded.rstrip(" :：*") in _BEGIN_FORWARDED


def _has_a_sign(text: str) -> bool:
    for sign, within, may_end in _SIGNS:
        # One letter is found in a tenth of the time that two take.
        at = text.find(sign) if sign[0] in text else -1
        while at >= 0:
            if text.rfind("\n", max(0, at - within), at) >= 0 or at < within:
                return True
            end = text.find("\n", at)
            end = end if end >= 0 else len(text)
            if may_end and not text[text.rfind(sign, at, end) + 1 : end].strip(" *_>-"):
                return True
            at = text.find(sign, end)
    return False


def _names_a_sender(small: str) -> bool:
    """Whether some line of a text in small ASCII letters begins like the first one of a head."""
    at = small.find(":")
    while at >= 0:
        label = small[small.rfind("\n", 0, at) + 1 : at][-_LABEL_LENGTH:].strip(_AROUND_LABEL)
        if label in SENDERS or (" " in label and " ".join(label.split()) in SENDERS):
            return True
        end = small.find("\n", at)
        at = small.find(":", end) if end >= 0 else -1
    return False


def attached(root: Part, subject: str, text: str, *, stands_in: bool = False) -> Forwarded | None:
    """The mail that hangs on this one as a file, as "forward as attachment" does it. Of many, none is it.

    Beside a text or other files, and under another subject, it is a file like others, which somebody sends along.
    """
    if not root.children and root.content_type not in _MAILS:
        return None
    mails = [part for part in mime.walk(root) if part.content_type in _MAILS and not part.whole]
    if len(mails) != 1 or root.content_type == "multipart/report":
        return None
    # What stands for the text of a mail that says nothing is the attached one itself.
    remark = "" if stands_in else text.strip()
    files = sum(part.disposition == "attachment" for part in mime.walk(root))
    is_said = is_subject(subject) or is_command(text) or mails[0].filename.casefold() == _MOZILLA
    if (remark or files > 1) and not is_said:
        return None
    inner = mime.parse(mime.content(mails[0]))
    body = bodies.read(inner)
    name, address = next(iter(mailboxes.addresses(inner.headers, "from")), ("", ""))
    return Forwarded(
        name=name,
        address=normal(address) or "",
        subject=headers.text(inner.headers, "subject"),
        date=headers.text(inner.headers, "date"),
        to=_addresses(inner, "to"),
        cc=_addresses(inner, "cc"),
        text=body.with_remarks(body.text),
        remark=remark,
        sure=True,
        files=tuple(file for file in body.files if file.named and not file.inline),
    )


def _addresses(part: Part, field: str) -> tuple[str, ...]:
    found = (normal(address) for _, address in mailboxes.addresses(part.headers, field))
    return tuple(address for address in found if address)


def _announced(lines: list[str], letters: str, at: int) -> Forwarded:
    """Below a line that says "forwarded message": the head, an attribution, or only the text."""
    rest = _behind_separator(lines[at])
    below = lines[at + 1 :] if not rest else [rest, *lines[at + 1 :]]
    if _KMAIL.match(lines[at].strip()):
        below = _above_kmails_rule(below)
    message = "\n".join(lines[:at])
    first = next((number for number, line in enumerate(below[:_HEAD_WITHIN]) if line.strip()), None)
    if first is None:
        return _forward(None, below, message, sure=True)
    head = (
        quoted_head.read(below, first)
        or quoted_head.read(_with_colons(below, first), first)
        or quoted_head.unnamed(below, first)
    )
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


def _with_colons(lines: list[str], first: int) -> list[str]:
    """eM Client writes the fields of what it forwards without colons: From "Ann" <ann@example.com>. NetEase has them
    in the two columns of a table."""
    fields = [_COLONLESS.sub(r"\1: ", line, count=1).rstrip(" |") for line in lines[first : first + _FIELDS]]
    return [*lines[:first], *fields, *lines[first + _FIELDS :]]


def _behind_separator(line: str) -> str:
    """What stands in the line of the separator behind it, if that is a field."""
    for match in _SEPARATOR_END.finditer(line[:300]):
        rest = line[match.end() :]
        if quoted_head.is_field(rest):
            return rest
    return ""


def _with_head(lines: list[str], start: int, at: int, around: _Around) -> Forwarded | None:
    head = quoted_head.read(lines, at) or quoted_head.unnamed(lines, at)
    if around.in_danish and _DANISH_HEAD.match(lines[at]):
        around = replace(around, says_so=True)
    if head is None or around.answers(head.sender, head.subject):
        return None
    return _forward(head, lines[head.end :], "\n".join(lines[:start]), sure=around.says_so)


def _attributed(lines: list[str], bare: list[str], start: int, end: int, around: _Around) -> Forwarded | None:
    """Outlook for Mac 2019 writes an attribution above what it forwards, and indents the text by four spaces."""
    sender = _author(" ".join(line.strip() for line in bare[start:end]))
    below = next((line for line in lines[end:] if line.strip()), "")
    if not sender.address or around.answers(sender, "") or not (around.says_so or below.startswith(_INDENT)):
        return None
    first = next((number for number, line in enumerate(bare[end:][:_HEAD_WITHIN], end) if line.strip()), end)
    if first < len(bare) and (head := quoted_head.read(bare, first)) is not None:
        # Notes has both: -----ann@example.com wrote: ----- and the head below.
        return _forward(head, bare[head.end :], "\n".join(bare[:start]), sure=around.says_so)
    return _only_sender(sender, bare[end:], "\n".join(bare[:start]), sure=around.says_so)


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
    lines = _without_frame(lines)
    filled = [line for line in lines if line.strip()]
    if filled and all(line.startswith(_INDENT) for line in filled):
        lines = [line.removeprefix(_INDENT) for line in lines]
    return "\n".join(lines).strip()


def _without_frame(lines: list[str]) -> list[str]:
    """The lines without those that a program draws around the text: Zoho and The Bat! above, others below it."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled:
        return lines
    first, last = filled[0], filled[-1]
    begin = first + 1 if _is_frame(lines[first]) else 0
    ends = last > first and _is_frame(lines[last])
    return lines[begin : last if ends else len(lines)]


def _above_kmails_rule(lines: list[str]) -> list[str]:
    """KMail draws a line at the end of what it hands on, below which only the signature of whoever does so may stand."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    signed = next(
        (at for at in range(end - 1, max(0, end - _SIGNATURE_LINES), -1) if lines[at].rstrip("\r") == "-- "), end
    )
    while signed and not lines[signed - 1].strip():
        signed -= 1
    return lines[: signed - 1] if signed and _END_RULE.fullmatch(lines[signed - 1].strip()) else lines


def _is_frame(line: str) -> bool:
    drawn = _FRAME.match(line[:LOOKED_AT])
    if drawn is None:
        return False
    said = quoted_head.fold(drawn[1])
    return said.startswith(END_OF_FORWARDED) or quote_lines.letters([line]) == "w" or "8<" in line


def _plain(address: str) -> str:
    """The address without what stands behind a plus: our own answers come from support+<tag>@."""
    return without_tag(address.lower())[0]
