"""winmail.dat: what Outlook makes of a mail when it thinks that the reader is Outlook too (TNEF, [MS-OXTNEF]).

Pure, bounded, never raises: bytes → the files inside, and the text where the mail itself has none. A broken stream gives
what could be read before it broke; `None` means that this is no TNEF at all.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.charsets import decode
from ingest.rich_text import decompressed, to_text

SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTRIBUTES = 5_000
_PROPERTIES = 2_000
_VALUES = 1_000
_FILES = 200
# Attributes by the low half of their id ([MS-OXTNEF] 2.1.3.2).
_BODY, _ATTACH_DATA, _ATTACH_TITLE = 0x800C, 0x800F, 0x8010
_ATTACH_BEGIN, _MESSAGE_PROPERTIES, _ATTACH_PROPERTIES, _CODE_PAGE = 0x9002, 0x9003, 0x9005, 0x9007
# Properties by their id ([MS-OXPROPS]).
_P_BODY, _P_RTF, _P_HTML = 0x1000, 0x1009, 0x1013
_P_DATA, _P_FILENAME, _P_LONG_FILENAME, _P_TYPE, _P_CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_P_DISPLAY_NAME = 0x3001
# How many octets a value of a fixed size takes, with its padding.
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_STRING, _WIDE_STRING, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MANY = 0x1000
_INTERFACE = 16  # an embedded message begins with the name of its interface


@dataclass(slots=True)
class File:
    name: str = ""
    content_type: str = ""
    content_id: str = ""
    data: bytes = b""
    embedded: bool = False


@dataclass(slots=True)
class Contents:
    files: list[File] = field(default_factory=list)
    text: str = ""
    html: bytes = b""
    rich: bytes = b""
    code_page: str = ""


def read(data: bytes, *, with_text: bool = True) -> Contents | None:
    """What is inside; None when these bytes are no TNEF. `with_text` False: only the files."""
    if not data.startswith(SIGNATURE):
        return None
    found = Contents()
    for attribute, value in _attributes(data):
        if attribute == _CODE_PAGE and len(value) >= 4:
            found.code_page = f"cp{struct.unpack_from('<I', value)[0]}"
        elif attribute == _BODY:
            found.text = found.text or _text(value, found)
        elif attribute == _MESSAGE_PROPERTIES:
            _take_message(value, found)
        elif attribute == _ATTACH_BEGIN:
            if len(found.files) >= _FILES:
                break
            found.files.append(File())
        elif found.files:
            _take_file(attribute, value, found)
    found.files = [file for file in found.files if file.data or file.name]
    if not with_text:
        found.text, found.html = "", b""
    elif found.rich and not (found.text or found.html):
        found.text = to_text(decompressed(found.rich))
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, value) in order, as far as the stream holds together."""
    position = 6  # the signature and a key
    for _ in range(_ATTRIBUTES):
        if position + 9 > len(data):
            return
        level, attribute, length = struct.unpack_from("<BII", data, position)
        position += 9
        if level not in (1, 2) or position + length > len(data):
            return
        yield attribute & 0xFFFF, data[position : position + length]
        position += length + 2  # a checksum, which Outlook itself gets wrong at times


def _take_message(value: bytes, found: Contents) -> None:
    for name, kind, content in _properties(value):
        if name == _P_BODY:
            found.text = _string(kind, content, found) or found.text
        elif name == _P_HTML:
            found.html = found.html or content.rstrip(b"\0")
        elif name == _P_RTF:
            found.rich = found.rich or content


def _take_file(attribute: int, value: bytes, found: Contents) -> None:
    file = found.files[-1]
    if attribute == _ATTACH_TITLE:
        file.name = file.name or _text(value, found)
    elif attribute == _ATTACH_DATA:
        file.data = value
    elif attribute == _ATTACH_PROPERTIES:
        said: dict[int, str] = {}
        for name, kind, content in _properties(value):
            if name == _P_DATA:
                file.embedded = kind == _OBJECT
                file.data = content[_INTERFACE:] if file.embedded else content
            else:
                said[name] = _string(kind, content, found)
        file.name = said.get(_P_LONG_FILENAME) or file.name or said.get(_P_FILENAME) or said.get(_P_DISPLAY_NAME) or ""
        file.content_type, file.content_id = said.get(_P_TYPE, ""), said.get(_P_CONTENT_ID, "")


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(id, type, first value) of each property, as far as the list holds together."""
    try:
        position = 4
        for _ in range(min(struct.unpack_from("<I", value)[0], _PROPERTIES)):
            kind, name = struct.unpack_from("<HH", value, position)
            position += 4
            if name >= 0x8000:
                position = _after_name(value, position)
            content, position = _first_value(value, position, kind)
            yield name, kind & ~_MANY, content
    except struct.error:
        return


def _after_name(value: bytes, position: int) -> int:
    """Behind the name of a named property: a GUID, and a number or a string."""
    kind, length = struct.unpack_from("<II", value, position + 16)
    return position + 24 + (_padded(length) if kind == 1 else 0)


def _first_value(value: bytes, position: int, kind: int) -> tuple[bytes, int]:
    """The first value of a property, and where the next property begins."""
    base = kind & ~_MANY
    counted = kind & _MANY or base in (_STRING, _WIDE_STRING, _OBJECT, _BINARY)
    count = 1
    if counted:
        count = struct.unpack_from("<I", value, position)[0]
        position += 4
    first = b""
    for number in range(min(count, _VALUES)):
        if base in _SIZES:
            length = padded = _SIZES[base]
        else:
            length = struct.unpack_from("<I", value, position)[0]
            padded, position = _padded(length), position + 4
        if position + length > len(value):
            raise struct.error("a value that is longer than its attribute")
        first = value[position : position + length] if number == 0 else first
        position += padded
    return first, position


def _padded(length: int) -> int:
    return length + -length % 4


def _string(kind: int, content: bytes, found: Contents) -> str:
    if kind == _WIDE_STRING:
        return content.decode("utf-16-le", "replace").rstrip("\0")
    return _text(content, found) if kind == _STRING else ""


def _text(value: bytes, found: Contents) -> str:
    return decode(value.rstrip(b"\0"), found.code_page)
