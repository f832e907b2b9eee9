"""What a mail of ours says: subject, text and HTML. Pure; the header and the bytes are `mail_out`'s.

An acknowledgement repeats nothing of what was written to us, neither subject nor name: otherwise whoever forges a
sender makes us deliver their text (reflected spam). It is short, and plain text alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from core import tokens
from core.addresses import without_tag
from core.mail.subjects import ANSWER
from core.messages import Enclosure, OutboundMessage, Said
from core.text import NAME_LENGTH, SUBJECT_LENGTH, TEXT_LENGTH, clean_line, clean_text
from core.vocabulary import DeliveryKind
from ingest import letter_html, marker
from ingest.letter_templates import Templates
from ingest.wording import Wording, wording

# In any language: with one more in front, answers to and fro become "Re: AW: Re: AW: …", each another subject.
_REPLY = re.compile(ANSWER, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str = ""


def acknowledgement(message: OutboundMessage, desk_name: str, templates: Templates) -> Letter:
    values = {"number": str(message.ticket_number), "link": message.status_link, "desk": desk_name}
    return Letter(*templates.of(DeliveryKind.ACKNOWLEDGEMENT, message.language).filled(values))


def answer(message: OutboundMessage, desk_name: str, templates: Templates) -> Letter:
    line = clean_line(message.subject, most=SUBJECT_LENGTH)
    subject = line if _REPLY.match(line) else f"Re: {line}".rstrip()
    values = _values(message, desk_name, wording(message.language))
    _, text = templates.of(DeliveryKind.ANSWER, message.language).filled(values)
    return Letter(subject, text, templates.framed(letter_html.content(clean_text(text, most=2 * TEXT_LENGTH))))


def proof(message: OutboundMessage, desk_name: str, templates: Templates) -> Letter:
    """A code for somebody of whom nobody knows yet who they are: what it says, and not a word of any ticket."""
    return Letter(message.subject, f"{message.text}\n\n{desk_name}\n")


WRITTEN = {DeliveryKind.ACKNOWLEDGEMENT: acknowledgement, DeliveryKind.ANSWER: answer, DeliveryKind.PROOF: proof}


def _values(message: OutboundMessage, desk_name: str, words: Wording) -> Mapping[str, str]:
    author = clean_line(message.author, most=NAME_LENGTH)
    ticket = words.ticket.format(number=message.ticket_number)
    return {
        "number": str(message.ticket_number),
        "link": message.status_link,
        "desk": desk_name,
        "text": message.text,
        "author": author,
        "signature": f"{author}, {desk_name}" if author else desk_name,
        "name": clean_line(message.name, most=NAME_LENGTH),
        "ticket": f"{ticket}: {message.status_link}" if message.status_link else ticket,
        "files": _linked(message.linked, words),
        "conversation": _conversation(message, words),
    }


def _linked(files: Sequence[Enclosure], words: Wording) -> str:
    if not files:
        return ""
    listed = [f"{clean_line(one.filename) or 'file'} ({_size(one.size)})\n{one.link}" for one in files]
    return "\n".join([words.too_large, *listed])


def _size(octets: int) -> str:
    return f"{octets / (1024 * 1024):.1f} MB" if octets >= 1024 * 1024 else f"{max(1, octets // 1024)} KB"


def _conversation(message: OutboundMessage, words: Wording) -> str:
    """Our line, and below it what was said before, as mail programs quote it.

    Behind our line stands the key that the Reply-To has too, for programs that lose every header of what they answer.
    """
    tag = without_tag(message.reply_to)[1]
    line = marker.line(words.above)
    line = f"{line} {tokens.in_text(tag)}" if tag else line
    return "\n\n".join([line, *(_quoted(one, words) for one in message.earlier)])


def _quoted(said: Said, words: Wording) -> str:
    at = f"{said.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    # Not by str.format: a name may have brackets in it.
    introduced = words.wrote.replace("{at}", at).replace("{name}", clean_line(said.author, most=NAME_LENGTH))
    lines = clean_text(said.text).strip("\n").split("\n")
    return "\n".join([introduced, *(f"> {line}" if line else ">" for line in lines)])
