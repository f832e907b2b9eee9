"""What a mail says: a tree of parts → the text, the HTML, and the files.

Each piece of the mail that people read becomes a block; multipart/alternative makes one block of its versions, every
other multipart is read in order, and all blocks are joined (Apple Mail writes text, picture, text). The plain version
is preferred unless it is empty or only says that the mail is HTML. What is no block is a file; nothing is left out.
"""

import binascii
import re
from dataclasses import dataclass, field

from core.messages import InboundFile
from core.text import TEXT_LENGTH, clean_text
from ingest import attached, mime
from ingest.charsets import decode
from ingest.html_text import to_text
from ingest.mime import Part

# How much of one part, and of all parts together, is read as text. The rest is kept as files.
PART_OCTETS = 1024 * 1024
TEXT_OCTETS = 4 * 1024 * 1024
_STUB_LENGTH = 400
_STUB_REST = 20
_UUENCODED_FILES = 100
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# A plain version that only says that there is another one.
_STUB = re.compile(
    r"(?:does|do|can)(?: not|n't) (?:support|display|read|show|view)s? html|html[- ](?:e-?mail|mail|message|format|capable)"
    r"|(?:view|see|read) (?:this|the) (?:e-?mail|message) (?:in|online|on)|unterst(?:ü|ue)tzt kein html"
    r"|html[- ]?(?:darstellung|nachricht|fähig)|ne (?:supporte|prend) pas .{0,20}html|no (?:soporta|admite) html"
    r"|to view (?:this|the) (?:e-?mail|message)",
    re.IGNORECASE,
)
_UUENCODED = re.compile(r"^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,255})\n", re.MULTILINE)
_READABLE = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"})


@dataclass(frozen=True, slots=True)
class Body:
    text: str
    html: str | None
    files: tuple[InboundFile, ...]


@dataclass(slots=True)
class _Block:
    """One piece of the mail that people read, in the versions it came in."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class _Found:
    """What has been gathered so far, and how much text may still be read."""

    blocks: list[_Block] = field(default_factory=list)
    files: list[InboundFile] = field(default_factory=list)
    octets_left: int = TEXT_OCTETS


def read(root: Part) -> Body:
    found = _Found()
    _gather(root, found)
    text = "\n\n".join(filter(None, (piece.strip("\n") for piece in _texts(found.blocks))))
    if len(text) > TEXT_LENGTH and not any(file.filename == "full-text.txt" for file in found.files):
        found.files.append(InboundFile("full-text.txt", "text/plain", text.encode("utf-8", "replace")))
    html = "\n".join(block.html for block in found.blocks if block.html)
    return Body(clean_text(text), clean_text(html) if html else None, tuple(found.files))


def _texts(blocks: list[_Block]) -> list[str]:
    texts: list[str] = []
    for block in blocks:
        if block.plain.strip() and not (block.html and _is_stub(block.plain)):
            texts.append(block.plain)
        elif block.html:
            text = to_text(block.html)
            # Some senders write both versions side by side in a multipart/mixed.
            if not (texts and _letters(texts[-1]) == _letters(text)):
                texts.append(text or block.plain)
    return texts


def _is_stub(plain: str) -> bool:
    if len(plain) > _STUB_LENGTH or _STUB.search(plain) is None:
        return False
    others = (line for line in plain.split("\n") if not _STUB.search(line) and "http" not in line)
    return len(_letters("".join(others))) < _STUB_REST


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _gather(part: Part, found: _Found) -> None:
    if part.cut:
        found.files.append(InboundFile("headers.txt", "text/rfc822-headers", mime.head(part)))
    if part.content_type == "multipart/alternative" and part.children:
        _gather_versions(part, found)
    elif part.children:
        for child in part.children:
            _gather(child, found) if not _is_related_file(part, child) else _add_file(child, found, related=True)
    elif _is_text(part, found):
        _add_block(part, found)
    elif part.end > part.body or part.filename or part.whole:
        _add_file(part, found)


def _gather_versions(part: Part, found: _Found) -> None:
    """RFC 2046 5.1.4: the same thing in several versions. Their files are all kept: Apple Mail puts them inside."""
    best = _Block()
    for child in part.children:
        version = _Found(octets_left=found.octets_left)
        _gather(child, version)
        found.octets_left = version.octets_left
        found.files.extend(version.files)
        best.plain = best.plain or "\n\n".join(block.plain for block in version.blocks if block.plain)
        best.html = "\n".join(block.html for block in version.blocks if block.html) or best.html
    if best.plain or best.html:
        found.blocks.append(best)


def _is_related_file(parent: Part, child: Part) -> bool:
    return parent.content_type == "multipart/related" and child.content_type.startswith("image/")


def _is_text(part: Part, found: _Found) -> bool:
    """Whether this part is for reading: a text that nobody named as a file."""
    if part.whole or part.content_type not in _READABLE or part.disposition == "attachment":
        return False
    if found.octets_left <= 0:
        return False
    # A text with a name is a file (Apple Mail calls it inline), unless it comes first: some programs name the body.
    return not part.filename or (not found.blocks and part.disposition != "inline")


def _add_file(part: Part, found: _Found, *, related: bool = False) -> None:
    found.files.append(attached.file_of(part, related=related))


def _add_block(part: Part, found: _Found) -> None:
    data = mime.content(part, PART_OCTETS)
    found.octets_left -= len(data)
    if len(data) >= PART_OCTETS:
        found.files.append(InboundFile("full-text.txt", "text/plain", mime.content(part)))
    charset = part.parameters.get("charset", "")
    if part.content_type == "text/html":
        named = _META_CHARSET.search(data, 0, 2048) if not charset else None
        found.blocks.append(_Block(html=decode(data, named[1].decode("ascii") if named else charset)))
        return
    text = decode(data, charset).replace("\r\n", "\n").replace("\r", "\n")
    if part.parameters.get("format", "").lower() == "flowed":
        text = reflowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    if "begin" in text:
        text = _without_uuencoded(text, found)
    found.blocks.append(_Block(plain=text))


def reflowed(text: str, *, delete_space: bool = False) -> str:
    """RFC 3676: lines that end with a space go on in the next line of the same quote depth."""
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        inside = line.lstrip(">")
        depth = len(line) - len(inside)
        inside = inside.removeprefix(" ")  # 4.4: the stuffed space
        flows = inside.endswith(" ") and inside != "-- "  # 4.3: a signature mark never flows
        inside = inside[:-1] if flows and delete_space else inside
        if open_depth == depth and inside != "-- ":
            lines.append(inside)
        else:
            lines.append(("\n" if lines else "") + (">" * depth + " " if depth else "") + inside)
        open_depth = depth if flows else -1
    return "".join(lines)


def _without_uuencoded(text: str, found: _Found) -> str:
    """The text without its uuencoded files, which go to the files."""
    pieces, position = [], 0
    for _ in range(_UUENCODED_FILES):
        begin = _UUENCODED.search(text, position)
        if begin is None:
            break
        end = text.find("\nend", begin.end() - 1)
        if end < 0:
            break
        data = _uudecoded(text[begin.end() : end])
        if data is not None:
            pieces.append(text[position : begin.start()])
            found.files.append(
                InboundFile(attached.safe_name(begin[1]) or "attachment.bin", "application/octet-stream", data),
            )
        else:
            pieces.append(text[position : end + 4])
        position = end + 4
    return "".join(pieces) + text[position:]


def _uudecoded(lines: str) -> bytes | None:
    pieces: list[bytes] = []
    for line in lines.split("\n"):
        try:
            pieces.append(binascii.a2b_uu(line.rstrip().encode("ascii")) if line.strip() else b"")
        except (binascii.Error, UnicodeEncodeError):
            return None
    return b"".join(pieces)
