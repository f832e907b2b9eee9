"""What the readers of the three formats have in common: records on their way to rows, and what breaks a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

# No row is larger, in characters; a description may have a quarter of it.
MOST_ROW = 1024 * 1024
# No row says more single things: fields, tags, what is in metadata.
MOST_VALUES = 1_000
# Excel writes one for every row that somebody has ever formatted, and knows 1,048,576; a hundred megabytes of them would
# cost minutes.
MOST_EMPTY = 1_100_000
CHUNK = 64 * 1024

_WORKBOOK = b"PK\x03\x04"
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class BadFile(Exception):
    """The file cannot be read, or not from here on. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be read, though the next one can."""

    error: str


Record = Mapping[str, object] | Broken


def encoding_of(file: IO[bytes]) -> tuple[str, int]:
    """The encoding of a text, and how many octets of BOM stand in front of it. Leaves the file at its beginning."""
    head = file.read(4096)
    file.seek(0)
    if not head:
        raise BadFile("the file is empty")
    if head.startswith(_WORKBOOK):
        raise BadFile("the file is a workbook or an archive: save the table as CSV (UTF-8) and import that")
    if head.startswith(_UTF8_BOM):
        return "utf-8", len(_UTF8_BOM)
    if head[:2] in _UTF16:
        return _UTF16[head[:2]], 2
    # Without a mark: ASCII as UTF-16 has a NUL in every second octet.
    if len(head) > 3 and not (head[1] or head[3]) and head[0] and head[2]:
        return "utf-16-le", 0
    if len(head) > 3 and not (head[0] or head[2]) and head[1] and head[3]:
        return "utf-16-be", 0
    # One or two in a text are damage to their row.
    if head.count(0) > len(head) / 20:
        raise BadFile("the file is no text: save it as CSV, JSON or XML in UTF-8")
    return "utf-8", 0
