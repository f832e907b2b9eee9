"""The header block of a mail or of one of its parts: bytes → fields, and the little grammars inside them.

Fields stay bytes until somebody asks, because few of them are ever read. Nothing here raises, and every reader is
linear in its input: `email.policy.default` takes 81 s for one 64 KB `From:`.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote_to_bytes

from core.text import NAME_LENGTH, clean_line
from ingest.charsets import decode, meant

Headers = dict[str, list[bytes]]

FIELDS = 1000
FIELD_LENGTH = 16 * 1024
_PARAMETERS = 100
_ADDRESSES = 200
_IDS = 50

# A field and its folded lines (RFC 5322 2.2). Lines that are no field fall between two matches.
_FIELD = re.compile(rb"^([!-9;-~]{1,200}+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_ID = re.compile(rb"<([^<>]{1,996}+)>")
_PARAMETER = re.compile(r";\s*+([^\s=;\"]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"([^;]*+)|([^;]*+))", re.DOTALL)
# Comments nest (RFC 5322 3.2.2).
_NESTING = {"(": 1, ")": -1}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_Q_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_TOKEN = re.compile(
    r"\"((?:[^\"\\]|\\.)*+)\"?"  # 1 quoted string
    r"|<([^<>]*+)>?"  # 2 angle address
    r"|([,;:()])"  # 3 separator, or the bracket of a comment
    r"|([^\"<>,;:()]++)"  # 4 anything else
    r"|.",
    re.DOTALL,
)


def fields(raw: bytes, start: int, end: int) -> tuple[Headers, int, bool]:
    """The fields of `raw[start:end]`, where the last one ends, and whether there were more than we read."""
    found: Headers = {}
    last, cut = start, False
    for count, match in enumerate(_FIELD.finditer(raw, start, end)):
        if count == FIELDS:
            return found, last, True
        name, value = match.groups()
        if len(value) > FIELD_LENGTH:
            value, cut = value[:FIELD_LENGTH], True
        found.setdefault(name.lower().decode("ascii"), []).append(value)
        last = match.end()
    return found, last, cut


def is_field(raw: bytes, start: int) -> bool:
    """Whether a field begins at `start`, which must be the beginning of a line."""
    return _FIELD.match(raw, start) is not None


def unfolded(value: bytes) -> bytes:
    # A lone CR is never a line end inside a field: what stands behind it must not become a field of its own.
    if b"\r" in value or b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")
    return value.strip()


def said(headers: Headers, name: str) -> str:
    """The first field of that name as plain characters: for the machine's own words, not for people's."""
    values = headers.get(name)
    return unfolded(values[0]).decode("utf-8", "replace") if values else ""


def text(headers: Headers, name: str, hint: str = "") -> str:
    """The first field of that name as people read it, in one clean line."""
    values = headers.get(name)
    return clean_line(words(unfolded(values[0]), hint)) if values else ""


@lru_cache(maxsize=32)
def words(value: bytes, hint: str = "") -> str:
    """`value` with its encoded words read (RFC 2047); `hint` is the character set that raw bytes are likely in."""
    if b"=?" not in value:
        return _raw(value, hint)
    pieces: list[tuple[str, bytes]] = []
    position = 0
    for begin, end, charset, octets in _encoded_words(value):
        between = value[position:begin]
        # White space between two encoded words belongs to the encoding (RFC 2047 6.2).
        if between and not (pieces and pieces[-1][0] and not between.strip()):
            pieces.append(("", between))
        if pieces and pieces[-1][0] == charset:
            # Many mailers split a multibyte character over two words: decode what belongs together at once.
            pieces[-1] = (charset, pieces[-1][1] + octets)
        else:
            pieces.append((charset, octets))
        position = end
    pieces.append(("", value[position:]))
    return "".join(decode(octets, charset) if charset else _raw(octets, hint) for charset, octets in pieces)


def _raw(octets: bytes, hint: str) -> str:
    """Bytes that say nothing about themselves. What fits UTF-8 is UTF-8 (RFC 6532), whatever the body is in."""
    try:
        return octets.decode() if b"\x1b" not in octets else decode(octets, hint)
    except UnicodeDecodeError:
        return decode(octets, hint)


def _encoded_words(value: bytes) -> Iterator[tuple[int, int, str, bytes]]:
    """(begin, end, charset, bytes) of each encoded word. Each byte is looked at a bounded number of times."""
    position = 0
    while (begin := value.find(b"=?", position)) >= 0:
        position = begin + 2
        name_end = value.find(b"?", position, position + 80)
        if name_end < 0 or value[name_end + 2 : name_end + 3] != b"?":
            continue
        letter = value[name_end + 1 : name_end + 2].lower()
        if letter not in (b"b", b"q"):
            continue
        end = value.find(b"?=", name_end + 3)
        if end < 0:
            return  # no later word can end either
        charset = value[position:name_end].partition(b"*")[0].decode("ascii", "replace").strip().lower()
        octets = value[name_end + 3 : end]
        yield begin, end + 2, charset or "us-ascii", _b_word(octets) if letter == b"b" else _q_word(octets)
        position = end + 2


def _b_word(octets: bytes) -> bytes:
    kept = _NOT_BASE64.sub(b"", octets)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _q_word(octets: bytes) -> bytes:
    return _Q_BYTE.sub(lambda m: bytes((int(m[1], 16),)), octets.replace(b"_", b" "))


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=x` as its first word, lower case, and its parameters by lower-case name (RFC 2045, 2231)."""
    if b";" not in value:
        return unfolded(value).decode("latin-1").lower(), {}
    line = unfolded(value).decode("utf-8", "surrogateescape")
    first = line.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    split: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in islice(_PARAMETER.finditer(line, len(line.partition(";")[0])), _PARAMETERS):
        name = match[1].lower()
        content = _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[4].strip()
        if "*" in name:
            base, _, number = name.rstrip("*").partition("*")
            index = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0
            split.setdefault(base, {})[index] = (name.endswith("*"), content)
        else:
            plain.setdefault(name, _legible(content))
    # A parameter in both forms: the extended one knows its character set (RFC 6266 4.3 says so for HTTP too).
    return first, plain | {name: _joined(pieces) for name, pieces in split.items()}


def _legible(content: str) -> str:
    """Encoded words are forbidden in parameters (RFC 2047 5), and Outlook and Gmail write them there all the same."""
    if content.isascii() and "=?" not in content:
        return content
    return words(content.encode("utf-8", "surrogateescape"))


def _joined(pieces: dict[int, tuple[bool, str]]) -> str:
    """The pieces of an RFC 2231 parameter in their order; only the first names the character set."""
    charset, octets = "", b""
    for position, (index, (extended, content)) in enumerate(sorted(pieces.items())):
        if extended and index == 0 and position == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        data = content.encode("utf-8", "surrogateescape")
        octets += unquote_to_bytes(data) if extended else data
    return decode(octets, charset) if meant(charset) or not octets.isascii() else words(octets)


def ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The message ids in a field, with their brackets, in order, each once; the newest when there are too many."""
    found: dict[str, None] = {}
    for value in headers.get(name, ()):
        line = unfolded(value)
        for match in _ID.finditer(line):
            found[clean_line(f"<{b''.join(match[1].split()).decode('utf-8', 'replace')}>")] = None
        if not found and line and b" " not in line and b"<" not in line:
            # Some mailers forget the brackets.
            found[clean_line(f"<{line.decode('utf-8', 'replace')}>")] = None
    return tuple(found)[-_IDS:]


def addresses(headers: Headers, name: str, hint: str = "") -> tuple[tuple[str, str], ...]:
    """(name, address) of everybody in a field; the address is as it was written, and may be no address at all."""
    return tuple(pair for value in headers.get(name, ())[:10] for pair in mailboxes(unfolded(value), hint))[:_ADDRESSES]


# Who sent a mail is asked several times of the same field.
@lru_cache(maxsize=32)
def mailboxes(value: bytes, hint: str = "") -> tuple[tuple[str, str], ...]:
    """The mailboxes of one address field, read tolerantly: groups, comments, names with commas, missing brackets."""
    found: list[tuple[str, str]] = []
    if b"@" not in value and b"=?" in value:  # the whole of it was encoded
        value = words(value, hint).encode("utf-8", "surrogateescape")
    box, depth = _Mailbox(), 0
    for match in _TOKEN.finditer(value.decode("utf-8", "surrogateescape")):
        quoted, angle, sign, other = match.groups()
        if sign in ("(", ")"):
            depth = max(0, depth + _NESTING[sign])
        elif depth:
            box.comment.append(match[0])
        elif sign == ":" and not box.address:
            box.name.clear()  # the name of a group (RFC 5322 3.4)
        elif sign and (box.address or sign == ";" or "@" in "".join(box.name)):
            found += _pair(box, hint)
            box = _Mailbox()
        elif angle is not None:
            box.address = angle.strip() or box.address
        else:
            box.name.append(_ESCAPED.sub(r"\1", quoted) if quoted is not None else other or sign or "")
    found += _pair(box, hint)
    if _lost_address(value, found):
        return mailboxes(value.replace(b"(", b" ").replace(b'"', b" "), hint)
    return tuple(found[:_ADDRESSES])


def _lost_address(value: bytes, found: list[tuple[str, str]]) -> bool:
    """Whether a bracket or a quotation mark that nobody closed has swallowed the address."""
    if b"@" not in value or not (b"(" in value or b'"' in value):
        return False
    return not any(address for _, address in found)


@dataclass(slots=True)
class _Mailbox:
    """What has been read of one mailbox."""

    name: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    address: str = ""


def _pair(box: _Mailbox, hint: str) -> list[tuple[str, str]]:
    """The mailbox as (name, address), in a list that is empty when it was none."""
    name, address = "".join(box.name).strip(), box.address
    if not address and "@" in name:
        # `ann@example.com (Ann)`, or `Ann ann@example.com` where the brackets were forgotten.
        parts = name.split()
        address = next(part for part in parts if "@" in part)
        name = " ".join(part for part in parts if part != address)
    name = name or " ".join(box.comment)
    if not (name or address):
        return []
    readable = clean_line(words(name.encode("utf-8", "surrogateescape"), hint), most=NAME_LENGTH)
    return [(readable.strip("'\" "), clean_line(address.strip("'\" ")))]
