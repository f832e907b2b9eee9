"""multipart/form-data (RFC 7578), read as it comes. No I/O: octets go in, events come out.

`feed` finds what it can and keeps back no more than a delimiter's length; `close` tells whether that was all. Nothing is
decoded: a form has no transfer encodings (RFC 7578 4.7), so a part that claims one is malformed, as is one without a
name. What is in front of the first part and behind the last is skipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import unquote

# More than the names of a field and a file and a type can need.
HEADERS = 16 * 1024
_PADDING = 256
# RFC 2046 5.1.1.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PLAIN = ("7bit", "8bit", "binary")
# Backslashes stand for themselves, because old browsers send whole Windows paths; only \" is an escape, of curl's.
_PARAMETER = re.compile(r';\s*(name|filename\*?)\s*=\s*(?:"((?:[^"\\]|\\"|\\)*)"|([^;\s"]*))', re.IGNORECASE)


class Malformed(Exception):
    """This is not a form, or not a whole one."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    """`filename` is None for a field; for a file it is whatever the sender wrote, which may be nothing.

    `content_type` is the sender's word too, and empty where they gave none.
    """

    name: str
    filename: str | None
    content_type: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Data:
    """The next octets of the part that began last."""

    octets: bytes


Event = PartBegins | Data


class _At(Enum):
    PREAMBLE = auto()
    DELIMITER = auto()
    HEADERS = auto()
    BODY = auto()
    EPILOGUE = auto()


class Reader:
    """Reads one form. `boundary` is the parameter of its content type. Raises Malformed, here and from `feed`."""

    def __init__(self, boundary: str) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise Malformed("no usable boundary")
        self._delimiter = b"\r\n--" + boundary.encode()
        # The first delimiter may be the very beginning: the line end that belongs to it stands in the HTTP header.
        self._buffer = bytearray(b"\r\n")
        self._at = _At.PREAMBLE
        self._steps = {
            _At.PREAMBLE: self._preamble,
            _At.DELIMITER: self._after_delimiter,
            _At.HEADERS: self._headers,
            _At.BODY: self._body,
            _At.EPILOGUE: self._epilogue,
        }

    def feed(self, octets: bytes) -> Iterator[Event]:
        """What these octets complete. To be exhausted before the next are fed."""
        self._buffer += octets
        while True:
            before = self._at, len(self._buffer)
            if (event := self._steps[self._at]()) is not None:
                yield event
            if before == (self._at, len(self._buffer)):
                return

    def close(self) -> None:
        """Say that nothing more comes. Raises Malformed when the last delimiter is missing."""
        if self._at is not _At.EPILOGUE:
            raise Malformed("it ends before its end")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _certain(self) -> int:
        """How many octets are there in front of what may turn out to be the beginning of a delimiter."""
        begin = self._buffer.find(b"\r", max(0, len(self._buffer) - len(self._delimiter) + 1))
        while begin >= 0 and not self._delimiter.startswith(self._buffer[begin:]):
            begin = self._buffer.find(b"\r", begin + 1)
        return len(self._buffer) if begin < 0 else begin

    def _preamble(self) -> None:
        found = self._buffer.find(self._delimiter)
        if found < 0:
            self._take(self._certain())
            return
        self._take(found + len(self._delimiter))
        self._at = _At.DELIMITER

    def _after_delimiter(self) -> None:
        if self._buffer.startswith(b"--"):
            self._at = _At.EPILOGUE
            return
        end = self._buffer.find(b"\r\n", 0, _PADDING)
        if end < 0:
            if len(self._buffer) >= _PADDING:
                raise Malformed("a delimiter without an end")
            return
        if self._take(end).strip(b" \t"):
            raise Malformed("a delimiter that goes on")
        # Its line end stays: a part may have no header at all, and its blank line is then found like any other.
        self._at = _At.HEADERS

    def _headers(self) -> Event | None:
        end = self._buffer.find(b"\r\n\r\n", 0, HEADERS)
        if end < 0:
            if len(self._buffer) >= HEADERS:
                raise Malformed("headers without an end")
            return None
        lines = self._take(end + 4)[2:end].split(b"\r\n")
        self._at = _At.BODY
        return _part(dict(_header(line) for line in lines if line))

    def _body(self) -> Event | None:
        found = self._buffer.find(self._delimiter)
        if found < 0:
            octets = self._take(self._certain())
            return Data(octets) if octets else None
        octets = self._take(found)
        self._take(len(self._delimiter))
        self._at = _At.DELIMITER
        return Data(octets) if octets else None

    def _epilogue(self) -> None:
        self._buffer.clear()


def _header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.decode("utf-8", "replace").partition(":")
    if not colon or not name or name != name.strip():
        raise Malformed("a header that is none")
    return name.lower(), value.strip()


def _part(headers: dict[str, str]) -> PartBegins:
    if headers.get("content-transfer-encoding", "binary").lower() not in _PLAIN or "content-encoding" in headers:
        raise Malformed("an encoded part")
    if headers.get("content-type", "").lower().startswith("multipart/"):
        raise Malformed("a form inside the form")
    disposition = headers.get("content-disposition", "")
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(disposition):
        found.setdefault(match[1].lower(), match[3] if match[2] is None else match[2].replace('\\"', '"'))
    # curl says `attachment` where the form was given another type (-H "Content-Type: text/xml" -F …, as in seed 002).
    if not disposition.lower().startswith(("form-data", "attachment")) or not found.get("name"):
        raise Malformed("a part without a name")
    filename = _extended(found["filename*"]) if "filename*" in found else found.get("filename")
    return PartBegins(found["name"], filename, headers.get("content-type", ""))


def _extended(value: str) -> str:
    """RFC 8187 in the one charset that is used with it; RFC 7578 4.2 forbids it here, and clients send it."""
    return unquote(value.rpartition("'")[2], errors="replace")
