"""What a mail says: a tree of parts → the text, the HTML, and the files.

Each piece of the mail that people read becomes a block; multipart/alternative makes one block of its versions, every
other multipart is read in order, and all blocks are joined (Apple Mail writes text, picture, text). The plain version
is preferred unless it is empty or only says that the mail is HTML. What is no block is a file; nothing is left out.
What only a program can open (an invitation, an encrypted mail) is a file and one line of text that says what it is.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from core.messages import InboundFile
from core.text import TEXT_LENGTH, clean_line, clean_text
from ingest import (
    attached,
    enriched,
    flowed,
    headers,
    inline_images,
    invitations,
    mime,
    signed,
    stand_in,
    tnef,
    uuencoded,
)
from ingest.charsets import decode, is_utf8, meant, reading
from ingest.html_text import stripped, to_marked_text, unmarked
from ingest.mime import Part

# How much of one part, and of all parts together, is read as text. The rest is kept as files.
PART_OCTETS = 1024 * 1024
TEXT_OCTETS = 4 * 1024 * 1024
# How much HTML of one mail is laid out, which costs half a second; the rest loses its tags.
_LAID_OUT_TAGS = 25_000
_STUB_LENGTH = 400
_STUB_REST = 20
# Nothing, UTF-8, Latin-1: what programs say of whatever they send. A page knows better.
_SAID_OF_ANYTHING = ("", "utf-8", "cp1252")
_PAGE_HEAD = 2048
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# A plain version that only says that there is another one.
_STUB = re.compile(
    r"(?:e-?mail|mail) (?:client|program|reader) (?:could|can|does|is)(?:not| not|n't) (?:able to )?(?:display|show|render|support|view)"
    r"|(?:does|do|can)(?: not|n't) (?:support|display|read|show|view)s? html|html[- ](?:e-?mail|mail|message|format|capable)"
    r"|(?:view|see|read) (?:this|the) (?:e-?mail|message) (?:in|online|on)|unterst(?:ü|ue)tzt kein html"
    r"|html[- ]?(?:darstellung|nachricht|fähig)|ne (?:supporte|prend) pas .{0,20}html|no (?:soporta|admite) html"
    r"|to view (?:this|the) (?:e-?mail|message)|não (?:suporta|exibe) html|non supporta .{0,20}html"
    r"|(?:ondersteunt|toont) geen html|не поддерживает .{0,20}html|nie obsługuje .{0,20}html",
    re.IGNORECASE,
)
# One of these stands in all of that, and to look for them takes a hundredth of the time.
_SIGNS_OF_STUB = ("html", "client", "program", "reader", "view th", "see th", "read th")
# RFC 2046 4.1.4: an unknown kind of text is plain text; these are data that happen to be written in letters.
_DATA = re.compile(
    r"text/(?:calendar|x-vcalendar|v-?card|x-vcard|directory|csv|comma-separated-values|tab-separated-values|xml|css"
    r"|javascript|ecmascript|json|rtf|rfc822(?:-headers?)?|x-.*|.*html|vnd\..*|troff|sgml|turtle)",
)
_READABLE = frozenset({"text/plain", "text/html", "text/x-markdown", "text/x-plain"})
# Versions of a mail that a watch or Gmail shows in its own way: nothing that a person would miss beside another version.
_FOR_MACHINES = frozenset({"text/x-amp-html", "text/watch-html", "text/vnd.google.email-reaction+json"})
_ENRICHED = frozenset({"text/enriched", "text/richtext"})
_CALENDARS = frozenset({"text/calendar", "text/x-vcalendar", "application/ics"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
# RFC 8551, RFC 3156. A signature that wraps the whole mail hides it from us as an encryption does.
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
ENCRYPTED = "[This mail is encrypted: it can not be read here. It is attached as it came.]"
SEALED = "[This mail is wrapped in its signature: it can not be read here. It is attached as it came.]"
# Files that were sent as if they were text.
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
    b"\xd0\xcf\x11\xe0": "application/x-ole-storage",
}
_MAGICS = tuple(_MAGIC)
_PAGES = str.maketrans("\f\v", "\n\n")
_WORD = re.compile(r"\w+")
_LINK = re.compile(r"\b(?:https?|mailto):[^\s<>)]{1,2000}")
_SAME = 0.9
_HTML = re.compile(r"\s{0,100}(?:<!doctype html|<html[\s>])", re.IGNORECASE)


class Body(NamedTuple):
    """`text` is what the mail says, `remarks` are our words for what only a program can open, a line each. `charsets`
    are those that the text parts were read in, in their order. `marked` is the text with the marks of `html_marks`, where
    there are any; `stands_in` says that the mail says nothing and that `text` is what stands for it (see `stand_in`)."""

    text: str
    html: str | None
    files: tuple[InboundFile, ...]
    charsets: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    marked: str = ""
    stands_in: bool = False

    def with_remarks(self, text: str) -> str:
        return "\n\n".join(filter(None, (text, *self.remarks))) if self.remarks else text


@dataclass(slots=True)
class _Block:
    """One piece of the mail that people read, in the versions it came in."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class _Found:
    """What has been gathered so far, and how much text may still be read. `locations` go with `files`."""

    blocks: list[_Block] = field(default_factory=list)
    files: list[InboundFile] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)
    remarks: dict[str, None] = field(default_factory=dict)
    charsets: dict[str, None] = field(default_factory=dict)
    # The boundary lines of the multiparts that were entered.
    frames: set[str] = field(default_factory=set)
    octets_left: int = TEXT_OCTETS
    # Whether some of the text comes out of HTML, which may mark its quotes.
    laid_out: bool = False
    # How many more signatures and winmail.dat may be opened for what stands in them.
    wrappings: int = 3

    def add_file(self, file: InboundFile, location: str = "") -> None:
        self.files.append(file)
        self.locations.append(location)


def read(root: Part) -> Body:
    found = _Found()
    _gather(root, found)
    marked = _joined(found)
    text = unmarked(marked) if found.laid_out else marked
    stands_in = not text.strip() and not found.remarks
    if stands_in:
        text = stand_in.text(root)
    if len(text) > TEXT_LENGTH and not any(file.filename == "full-text.txt" for file in found.files):
        found.add_file(InboundFile("full-text.txt", "text/plain", text.encode("utf-8", "replace"), named=False))
    html, files = _with_pictures("\n".join(block.html for block in found.blocks if block.html), found)
    html_or_none = clean_text(html) if html else None
    return Body(
        clean_text(text), html_or_none, files, tuple(found.charsets), tuple(map(clean_text, found.remarks)),
        clean_text(marked) if text is not marked else "", stands_in,
    )  # fmt: skip


def text(root: Part) -> str:
    """What the mail itself says, in its text parts; empty when it has none."""
    found = _Found()
    _gather(root, found)
    text = _joined(found)
    return unmarked(text) if found.laid_out else text


def _joined(found: _Found) -> str:
    return "\n\n".join(filter(None, (piece.strip("\n") for piece in _texts(found))))


def _with_pictures(html: str, found: _Found) -> tuple[str, tuple[InboundFile, ...]]:
    if not html or not (found.files or "data:" in html):
        return html, tuple(found.files)
    return inline_images.resolved(html, found.files, found.locations)


def _texts(found: _Found) -> list[str]:
    texts: list[str] = []
    tags_left = _LAID_OUT_TAGS
    for block in found.blocks:
        if block.plain.strip() and not (block.html and _is_stub(block.plain)):
            texts.append(block.plain)
        elif block.html:
            tags_left -= block.html.count("<")
            found.laid_out = True
            text = to_marked_text(block.html) if tags_left >= 0 else stripped(block.html)
            # Some senders write both versions side by side in a multipart/mixed.
            if not (texts and _says_the_same(texts[-1], text)):
                texts.append(text or block.plain)
    return texts


def _says_the_same(plain: str, laid_out: str) -> bool:
    """Whether one is the other in another form: at most one word in ten differs, links aside."""
    one, other = (Counter(word for word in _WORD.findall(_LINK.sub(" ", text))) for text in (plain, laid_out))
    return 2 * (one & other).total() >= _SAME * (one.total() + other.total())


def _says_more(plain: str, known: str) -> bool:
    """Whether more than one word in ten of `plain` stands nowhere in `known`."""
    words = Counter(_WORD.findall(plain))
    return (words - Counter(_WORD.findall(known))).total() > (1 - _SAME) * words.total()


def _is_stub(plain: str) -> bool:
    if len(plain) > _STUB_LENGTH:
        return False
    small = plain.lower()
    if not any(map(small.__contains__, _SIGNS_OF_STUB)) or _STUB.search(plain) is None:
        return False
    others = (line for line in plain.split("\n") if not _STUB.search(line) and "http" not in line)
    return len(_letters("".join(others))) < _STUB_REST


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _gather(part: Part, found: _Found) -> None:
    if part.cut:
        found.add_file(InboundFile("headers.txt", "text/rfc822-headers", mime.head(part), named=False))
    if boundary := part.parameters.get("boundary", ""):
        found.frames.update((f"--{boundary}", f"--{boundary}--"))
    if part.content_type == "multipart/alternative" and part.children:
        _gather_versions(part, found)
    elif part.children:
        for child in part.children:
            _gather(child, found) if not _is_related_file(part, child) else _add_file(child, found, related=True)
    elif _is_text(part, found):
        _add_block(part, found)
    elif part.content_type in _TNEF or part.filename.lower() == "winmail.dat":
        _add_tnef(part, found)
    elif part.end > part.body or part.filename or part.whole:
        _add_file(part, found)


def _is_for_machines(part: Part) -> bool:
    return part.content_type in _FOR_MACHINES and not part.filename and part.disposition != "attachment"


def _gather_versions(part: Part, found: _Found) -> None:
    """RFC 2046 5.1.4: the same thing in several versions. Their files are all kept: Apple Mail puts them inside."""
    best = _Block()
    around = found.blocks
    for child in part.children:
        if _is_for_machines(child):
            continue
        found.blocks = []  # each version begins anew
        _gather(child, found)
        html = "\n".join(block.html for block in found.blocks if block.html)
        plain = "\n\n".join(block.plain for block in found.blocks if block.plain)
        if not best.plain or (plain and not html and _says_more(plain, best.plain)):
            # Programs that call it alternatives, and send one text after the other.
            best.plain = "\n\n".join(filter(None, (best.plain, plain)))
        best.html = html or best.html
    found.blocks = around
    if best.plain or best.html:
        found.blocks.append(best)
        return
    for child in filter(_is_for_machines, part.children):
        _gather(child, found)


def _is_related_file(parent: Part, child: Part) -> bool:
    return parent.content_type == "multipart/related" and child.content_type.startswith("image/")


def _is_text(part: Part, found: _Found) -> bool:
    """Whether this part is for reading: a text that nobody named as a file."""
    if part.whole or not part.content_type.startswith("text/"):
        return False
    if part.disposition == "attachment" and (part.depth or part.filename):
        return False
    if (part.content_type not in _READABLE and _DATA.fullmatch(part.content_type)) or found.octets_left <= 0:
        return False
    # A text with a name is a file (Apple Mail calls it inline), unless it comes first or is the whole mail: some
    # programs name the body.
    return not part.filename or not part.depth or (not found.blocks and part.disposition != "inline")


def _add_file(part: Part, found: _Found, *, related: bool = False) -> None:
    file = attached.file_of(part, related=related)
    found.add_file(file, headers.said(part.headers, "content-location"))
    if part.content_type in _CALENDARS:
        line = invitations.summary(file.data, part.parameters.get("charset", ""), part.parameters.get("method", ""))
        found.remarks.update({line: None} if line else {})
    elif part.content_type in _SEALED:
        _open_or_say(part, file.data, found)


def _open_or_say(part: Part, data: bytes, found: _Found) -> None:
    """What is inside a signature, which hides it from nobody; of an encryption only that it is one."""
    inside = signed.content(data) if found.wrappings else None
    if inside is not None:
        found.wrappings -= 1
        _gather(mime.parse(inside), found)
        return
    is_signed = part.parameters.get("smime-type", "").lower() in ("signed-data", "compressed-data")
    found.remarks[SEALED if is_signed else ENCRYPTED] = None


def _add_tnef(part: Part, found: _Found) -> None:
    """The files in a winmail.dat instead of it; it stays where it holds nothing that we can show."""
    wants_text = not any(block.plain.strip() or block.html.strip() for block in found.blocks) and found.wrappings > 0
    found.wrappings -= wants_text
    inside = tnef.read(mime.content(part), with_text=wants_text)
    if inside is None or not inside.files:
        _add_file(part, found)
    if inside is None:
        return
    for file in inside.files:
        said = attached.safe_name(file.name)
        name = said or "attachment.bin"
        # A mail that was attached is kept in Outlook's own form: nothing else that we could make of it would be whole.
        kind = "application/ms-tnef" if file.embedded else file.content_type or attached.type_of(name)
        content_id, kind = clean_line(file.content_id), clean_line(kind, most=120)
        found.add_file(InboundFile(name, kind, file.data, content_id=content_id, named=bool(said)))
    if inside.text or inside.html:
        found.blocks.append(_Block(inside.text, _html(inside.html, "", found) if inside.html else ""))


def _add_block(part: Part, found: _Found) -> None:
    data = mime.content(part, PART_OCTETS)
    if data.startswith(_MAGICS):
        kind = next(kind for magic, kind in _MAGIC.items() if data.startswith(magic))
        found.add_file(attached.file_of(part._replace(content_type=kind)))
        return
    found.octets_left -= len(data)
    is_html = part.content_type == "text/html"
    if len(data) >= PART_OCTETS:
        name = "full-text.html" if is_html else "full-text.txt"
        found.add_file(InboundFile(name, part.content_type, mime.content(part), named=False))
    charset = part.parameters.get("charset", "")
    if is_html:
        found.blocks.append(_Block(html=_html(data, charset, found)))
        return
    text = _plain(data, part, found)
    # Programs that send a page and call it plain text.
    found.blocks.append(_Block(html=text) if _HTML.match(text) else _Block(plain=text))


def _html(data: bytes, charset: str, found: _Found) -> str:
    text, used = reading(data, _of_page(data) or charset if meant(charset) in _SAID_OF_ANYTHING else charset)
    found.charsets[used] = None
    return text


def _of_page(data: bytes) -> str:
    """The character set that the page itself names, unless it is UTF-8 all the same: converted, and its head left."""
    head = data[:_PAGE_HEAD]
    # Asked first because it is told in a tenth of the time.
    named = _META_CHARSET.search(head) if b"charset" in head.lower() else None
    if named is None or is_utf8(data):
        return ""
    # A page that could be searched for it is no UTF-16.
    charset = meant(named[1].decode("ascii"))
    return "" if charset.startswith("utf-16") else charset


def _plain(data: bytes, part: Part, found: _Found) -> str:
    if headers.EQUALS in data and b"=ybegin " in data:
        data, files = uuencoded.yenc(data)
        for name, content in files:
            found.add_file(_named(decode(name), content))
    text, used = reading(data, part.parameters.get("charset", ""))
    found.charsets[used] = None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\f" in text or "\v" in text:
        text = text.translate(_PAGES)  # Word's line within a paragraph, and a printer's page: they end a line
    if part.content_type in _ENRICHED:
        return enriched.to_text(text, ancestor=part.content_type == "text/richtext")
    if "format" in part.parameters and part.parameters["format"].lower() == "flowed":
        text = flowed.reflowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    if found.frames and any(frame in text for frame in found.frames):
        # A multipart in which no part was found, or parts that end in each other: their frame is nothing to read.
        text = "\n".join(line for line in text.split("\n") if line.rstrip() not in found.frames)
    if "begin" in text and ("begin " in text or "begin-base64 " in text):
        text, inside = uuencoded.taken_out(text)
        for written, content in inside:
            found.add_file(_named(written, content))
    return text


def _named(name: str, data: bytes) -> InboundFile:
    said = attached.safe_name(name)
    return InboundFile(said or "attachment.bin", attached.type_of(said), data, named=bool(said))
