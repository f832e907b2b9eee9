"""The structure of a mail: bytes → a tree of parts. Never raises, linear, bounded; copies nothing until asked.

A part is a window on the raw bytes. Boundaries are found with `bytes.find`, so that a body never becomes Python
objects line by line. Beyond a cap nothing is lost: what is left stays in one part that is marked `whole`.
Tolerated, because real mail has it: the "From " line of mbox files, bare LF or CR as line ends, no or wrong or
unterminated boundaries, junk between the fields, a missing blank line, unknown transfer encodings, broken base64.
"""

import binascii
import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ingest import uuencoded
from ingest.headers import CR, EQUALS, LF, Headers, fields, is_field, parameters, unfolded

HEADER_OCTETS = 256 * 1024
PARTS = 500
DEPTH = 20
# Lines that begin like the boundary and are none: past this many the mail only wants to keep us busy.
_FALSE_BOUNDARIES = 10_000
_DASHED_LINE = re.compile(rb"^--([^\s\0][^\r\n\0]{0,200}+)\r?\n(?=Content-)", re.MULTILINE | re.IGNORECASE)
_GUESSED_WITHIN = 64 * 1024
_BOUNDARY_LINE = 1000
_LINE_END_SAMPLE = 4096
_BLANK_LINE = re.compile(rb"\n\r?\n")
# Not `From : ann@…`, which RFC 5322 4.5 allows.
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)[^\n]*+\n")
_BASE64_END = re.compile(rb"=[=\s]*+")
_BASE64_MORE = re.compile(rb"[A-Za-z0-9+/\r\n]{16,}+")
_BASE64_RUNS = 1000
# Words of a mailing list or a virus scanner that knew nothing of the encoding: a line that cannot be base64.
_FOOTER = re.compile(rb"\n[ \t]{0,10}\r?\n(?=--|__|[^\n]{0,200}?[A-Za-z] [A-Za-z])")
# `quoted printable`, `quotedprintable`, `quoted-printeable`: nothing else begins so.
_QUOTED_PRINTABLE = ("quoted", "qprint")
_CODED = frozenset({"base64", "quoted-printable"})
_BEHIND_ENCODING = re.compile(r"[;(]")  # a comment (RFC 2045 6.1), a parameter
_ENCODING_LENGTH = 200
# A first line of four words: somebody says base64 and writes as people do.
_WORDS = re.compile(rb"\s*+(?:[A-Za-z0-9+/]{1,40}+[^A-Za-z0-9+/=\r\n]{1,3}+){3}[A-Za-z]")
# Scripts confuse the halves of the type.
_TURNED = {"plain/text": "text/plain", "html/text": "text/html"}
_UUENCODED = frozenset({"x-uuencode", "uuencode", "x-uue", "x-uu"})
_SOFT_BREAK = re.compile(rb"=[ \t]++(?=\r?\n)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]++")


class Part(NamedTuple):
    """One part: its fields, where it lies in the raw bytes, and the parts inside it. Made in a third of the time that a
    frozen dataclass takes, and every mail has several.

    `whole` says that it was kept unread because a cap was reached; `cut` that its header was longer than we read.
    """

    raw: bytes
    start: int
    body: int
    end: int
    headers: Headers
    content_type: str
    parameters: Mapping[str, str]
    disposition: str = ""
    filename: str = ""
    children: tuple["Part", ...] = ()
    depth: int = 0
    whole: bool = False
    cut: bool = False


_CHILDREN = Part._fields.index("children")


@dataclass(slots=True)
class _Budget:
    """What one mail may still cost."""

    header_octets: int = HEADER_OCTETS
    parts: int = PARTS
    false_boundaries: int = _FALSE_BOUNDARIES


def parse(raw: bytes) -> Part:
    """The mail as a tree of parts."""
    raw = _with_line_feeds(raw).removeprefix(codecs.BOM_UTF8)  # saved by an editor that marks its UTF-8
    start = len(raw) - len(raw.lstrip(b"\r\n"))
    # An mbox file begins each mail with a line of its own; some gateways quote that line.
    while (line := _MBOX_LINE.match(raw, start)) is not None:
        start = line.end()
    return _part(raw, start, len(raw), "text/plain", 0, _Budget())


def walk(part: Part) -> list[Part]:
    """The part and all parts inside it, in the order of the mail."""
    children = part.children
    if not children:
        return [part]
    found = [part]
    for child in children:
        if child.children:
            found += walk(child)
        else:
            found.append(child)
    return found


def content(part: Part, most: int | None = None) -> bytes:
    """The bytes of the body with its transfer encoding undone; at most about `most` of them."""
    if part.whole:
        return part.raw[part.start : part.end]
    end = part.end if most is None else min(part.end, part.body + most * 3)
    encoding = transfer_encoding(part)
    if encoding == "base64":
        return _from_base64_with_words(part, end)[:most]
    if encoding.startswith(_QUOTED_PRINTABLE):
        data = part.raw[part.body : end]
        if data.find(b"= ") >= 0 or data.find(b"=\t") >= 0:
            # RFC 2045 6.7 (3): white space that a gateway put behind a soft line break.
            data = _SOFT_BREAK.sub(b"=", data)
        return binascii.a2b_qp(data)[:most]
    if encoding in _UUENCODED and (found := uuencoded.content(part.raw[part.body : end])) is not None:
        return found[:most]
    # 7bit, 8bit, binary, and whatever else is claimed (`7bits`, `utf-8`, `amazonses.com`): as it is.
    return part.raw[part.body : end if most is None else min(end, part.body + most)]


def head(part: Part) -> bytes:
    """The header block as it came."""
    return part.raw[part.start : part.body]


def transfer_encoding(part: Part) -> str:
    values = part.headers.get("content-transfer-encoding")
    return _encoding_named(values[0][:_ENCODING_LENGTH]) if values else ""


@lru_cache(maxsize=32)
def _encoding_named(value: bytes) -> str:
    return _BEHIND_ENCODING.split(unfolded(value).decode("utf-8", "replace"), 1)[0].strip("\"' ").lower()


def _from_base64_with_words(part: Part, end: int) -> bytes:
    is_text = part.content_type.startswith("text/")
    if is_text and _WORDS.match(part.raw, part.body, end):
        return part.raw[part.body : end]
    footer = _FOOTER.search(part.raw, part.body, end) if is_text else None
    if footer is None:
        return from_base64(part.raw[part.body : end])
    return from_base64(part.raw[part.body : footer.start()]) + b"\n\n" + part.raw[footer.end() : end]


def from_base64(data: bytes) -> bytes:
    """What can be read of it: junk between is skipped, a missing end is filled up, and several runs are joined."""
    if EQUALS not in data:
        return _run_of_base64(data)
    pieces, position = [], 0
    for end in _BASE64_END.finditer(data):
        if end.start() >= position:
            pieces.append(_run_of_base64(data[position : end.end()]))
            position = end.end()
        # Two encoded runs behind each other (mail gateways join them); a footer in plain words is none.
        if not _BASE64_MORE.match(data, position) or len(pieces) >= _BASE64_RUNS:
            return b"".join(pieces)
    pieces.append(_run_of_base64(data[position:]))
    return b"".join(pieces)


def _run_of_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        kept = _NOT_BASE64.sub(b"", data)
        kept = kept[:-1] if len(kept) % 4 == 1 else kept  # one lonely character holds no byte
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _with_line_feeds(raw: bytes) -> bytes:
    """`raw` with line ends that can be found: files from old Macs have only CR, some converters write CR CR LF."""
    if LF not in raw:
        return raw.replace(b"\r", b"\n")
    if CR in (sample := raw[:_LINE_END_SAMPLE]) and b"\r\r\n" in sample:
        return raw.replace(b"\r\r\n", b"\r\n")
    return raw


def _part(raw: bytes, start: int, end: int, default: str, depth: int, budget: _Budget) -> Part:
    budget.parts -= 1
    head_end, body = _split(raw, start, end, top=depth == 0)
    read_to = min(head_end, start + budget.header_octets)
    budget.header_octets -= read_to - start
    block = raw[start:read_to]
    read = _head_once(block, default) if depth and len(block) <= _SHORT_HEAD else _head(block, default)
    cut = read.cut or read_to < head_end
    if not cut and (rest := _text_behind(raw, start + read.last, head_end)) is not None:
        body = rest
    part = Part(
        raw, start, body, end, read.headers, read.content_type, read.parameters, read.disposition, read.filename,
        depth=depth, cut=cut,
    )  # fmt: skip
    return _with_children(part, budget) if read.content_type.startswith("multipart/") else part


class _Head(NamedTuple):
    """What a header block says of its part; `last` is where its last field ends."""

    headers: Headers
    last: int
    cut: bool
    content_type: str
    parameters: Mapping[str, str]
    disposition: str
    filename: str


def _head(block: bytes, default: str) -> _Head:
    headers, last, cut = fields(block, 0, len(block))
    content_type, params = _type_of(headers, default)
    disposition, more = parameters(headers["content-disposition"][0]) if "content-disposition" in headers else ("", {})
    filename = _file_name(more.get("filename", ""), params.get("name", ""))
    return _Head(headers, last, cut, content_type, params, disposition, filename)


# The parts of most mails begin with the same few lines: of what type and in which character set they are.
_SHORT_HEAD = 300
_head_once = lru_cache(maxsize=256)(_head)


def _file_name(of_disposition: str, of_type: str) -> str:
    """The name that the disposition says (RFC 2183), unless only the other one could be read."""
    if "\ufffd" in of_disposition and of_type and "\ufffd" not in of_type:
        return of_type
    if "?" in of_disposition and _is_whole(of_type, of_disposition):
        return of_type
    # A name of blanks is none (IncrediMail).
    return of_disposition if of_disposition.strip() else of_type if of_type.strip() else ""


def _is_whole(name: str, damaged: str) -> bool:
    """Whether `damaged` is `name` in a character set that lacks some of its letters, for which it has a `?`: web mailers
    that write the disposition by RFC 2231 in the character set of the page, and the type in encoded words."""
    return (
        len(name) == len(damaged)
        and name != damaged
        and all(one == other or other == "?" for one, other in zip(name, damaged, strict=True))
    )


def _split(raw: bytes, start: int, end: int, *, top: bool) -> tuple[int, int]:
    """Where the header block ends and where the body begins."""
    if raw.startswith((b"\n", b"\r\n"), start):
        return start, min(end, raw.find(b"\n", start) + 1)
    if not top and not is_field(raw, start):
        return start, start  # a part without a header, whose blank line was forgotten as well
    blank = _BLANK_LINE.search(raw, start, end)
    return (blank.start() + 1, blank.end()) if blank else (end, end)


def _text_behind(raw: bytes, last: int, head_end: int) -> int | None:
    """Where text begins that stands behind the last field without a blank line between, if any does."""
    if head_end - last <= 1:
        return None  # the line end of the last field
    rest = raw[last : min(head_end, last + 1000)]
    return last + len(rest) - len(rest.lstrip()) if rest.strip() else None


def _type_of(headers: Headers, default: str) -> tuple[str, Mapping[str, str]]:
    values = headers.get("content-type")
    if not values:
        return default, {}
    content_type, params = parameters(values[0])
    content_type = content_type.strip("\"'; ")
    # RFC 2045 5.2: what has no valid type is plain text; `text` and `html` alone are seen in the wild.
    if content_type.count("/") != 1:
        unnamed = default if not params.get("name") or content_type == "text" else "application/octet-stream"
        return {"html": "text/html"}.get(content_type, unnamed), params
    return _TURNED.get(content_type, content_type), params


def _with_children(part: Part, budget: _Budget) -> Part:
    """The multipart with its parts found; as it is where there are none to find."""
    windows = _windows(part, budget)
    if not windows and transfer_encoding(part) in _CODED:
        # RFC 2045 6.4 forbids to encode a multipart as a whole; gateways and scripts do it.
        part = _decoded_whole(part)
        windows = _windows(part, budget)
    if not windows:
        # No boundary that fits: what it holds is text for people to read, not nothing.
        return part._replace(content_type="text/plain")
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    children: list[Part] = []
    for start, end in windows:
        if budget.parts <= 0:
            children.append(_kept_whole(part, start, windows[-1][1]))
            break
        if part.depth + 1 >= DEPTH:
            children.append(_kept_whole(part, start, end))
            budget.parts -= 1
        else:
            children.append(_part(part.raw, start, end, default, part.depth + 1, budget))
    # As `_replace` does it, in a third of the time.
    return Part._make((*part[:_CHILDREN], tuple(children), *part[_CHILDREN + 1 :]))


def _decoded_whole(part: Part) -> Part:
    """The multipart as if it had never been encoded."""
    head_octets, decoded = head(part), content(part)
    headers = {name: values for name, values in part.headers.items() if name != "content-transfer-encoding"}
    raw, body = head_octets + decoded, len(head_octets)
    return part._replace(raw=raw, start=0, body=body, end=len(raw), headers=headers)


def _kept_whole(parent: Part, start: int, end: int) -> Part:
    return Part(
        raw=parent.raw,
        start=start,
        body=start,
        end=end,
        headers={},
        content_type="application/octet-stream",
        parameters={},
        depth=parent.depth + 1,
        whole=True,
    )


def _windows(part: Part, budget: _Budget) -> list[tuple[int, int]]:
    """Start and end of each part inside a multipart, at most as many as may still be read and one more for the rest."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
    marks = _marks(part, boundary, budget) if boundary else []
    if not marks and b" (" in boundary:  # a comment behind it (RFC 2045 5.1)
        marks = _marks(part, boundary.partition(b" (")[0].rstrip(), budget)
    if not marks and (guess := _DASHED_LINE.search(part.raw, part.body, min(part.end, part.body + _GUESSED_WITHIN))):
        # The boundary is missing or wrong; the first dashed line before a field is what the sender really used.
        marks = _marks(part, guess[1].rstrip(), budget)
    ends = [_before_line_end(part.raw, begin, part.body) for begin, _ in marks[1:]]
    if marks and not marks[-1][1] < 0:
        ends.append(part.end)  # never terminated
    return [(after, max(after, end)) for (_, after), end in zip(marks, ends, strict=False) if after >= 0]


def _marks(part: Part, boundary: bytes, budget: _Budget) -> list[tuple[int, int]]:
    """(begin of the boundary line, begin of the next line) in order; a closing one has -1 for the latter."""
    raw, mark = part.raw, b"--" + boundary
    marks: list[tuple[int, int]] = []
    position = part.body
    while (begin := raw.find(mark, position, part.end)) >= 0 and len(marks) <= budget.parts + 1:
        position = begin + len(mark)
        after = _boundary_line_end(part, begin, position)
        if after is None:
            budget.false_boundaries -= 1
            if budget.false_boundaries < 0:
                break
        elif raw.startswith(b"--", position):
            marks.append((begin, -1))
            if not _begins_again(raw, mark, after, part.end):
                break
        else:
            marks.append((begin, after))
            position = after
    return marks


def _begins_again(raw: bytes, mark: bytes, position: int, end: int) -> bool:
    """Whether more parts follow the end: of a multipart inside that has the same boundary, as some programs write it."""
    again = raw.find(b"\n" + mark, position - 1, end)
    line_end = raw.find(b"\n", again + 1, end) if again >= 0 else -1
    return line_end > 0 and raw[line_end + 1 : line_end + 9].lower() == b"content-"


def _boundary_line_end(part: Part, begin: int, position: int) -> int | None:
    """Where the line behind a boundary that ends at `position` begins; None when this is no boundary line."""
    raw = part.raw
    if begin != part.body and raw[begin - 1] not in b"\r\n":
        return None
    # With nothing behind it, as nearly all have it.
    if raw.startswith((b"\n", b"\r\n"), position, part.end):
        return raw.find(b"\n", position) + 1
    limit = min(part.end, position + _BOUNDARY_LINE)
    line_end = raw.find(b"\n", position, limit)
    if line_end < 0 and limit < part.end:
        return None
    line_end = limit if line_end < 0 else line_end + 1
    # RFC 2046 5.1.1 allows white space behind it; anything else is a longer boundary, or a line of text.
    tail = raw[position:line_end].strip()
    return line_end if tail in (b"", b"--") or tail.startswith((b"-- ", b"--\t")) else None


def _before_line_end(raw: bytes, position: int, least: int) -> int:
    """`position` without the line end in front of it, which belongs to the boundary (RFC 2046 5.1.1)."""
    if position > least and raw[position - 1] == LF:
        position -= 1
    if position > least and raw[position - 1] == CR:
        position -= 1
    return position
