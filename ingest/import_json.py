"""JSON → records: an array of tickets, `{"tickets": [...]}` as a list answers, or one object a line (NDJSON).

Read as it comes, so that a large file needs little memory; and what is built of one row is bounded, because a hundred
megabytes of `[],` are a gigabyte of empty lists. Of a row that is too deep or says too much nothing is kept.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

import ijson
import orjson

from ingest.import_records import CHUNK, MOST_EMPTY, MOST_ROW, MOST_VALUES, BadFile, Broken, Record, encoding_of

_MOST_DEPTH = 32
# In octets, of which a character may have twelve (`\\ud83d\\ude00`).
_MOST_TEXT = 4 * MOST_ROW
# The parser looks at a text anew with every piece, so pieces are large.
_PIECE = 4 * CHUNK
_LIST = "tickets"
_SHAPE = 'the file must hold an array of tickets, or one ticket a line: [{"subject": "…", "description": "…"}]'
_NO_ROW = 'must be an object, such as {"subject": "…", "description": "…"}'

_Events = Iterator[tuple[str, object]]


def records(file: IO[bytes]) -> Iterator[Record]:
    """Raises BadFile."""
    encoding, mark = encoding_of(file)
    file.seek(mark)
    if encoding == "utf-8" and _is_lines(file, mark):
        yield from _lines(file)
        return
    # Not as floats: numbers would come as Decimals otherwise, which JSON cannot say again.
    events = ijson.basic_parse(_Utf8(file, encoding), use_float=True, multiple_values=True, buf_size=_PIECE)
    try:
        yield from _values(iter(events))
    except ijson.JSONError as error:
        raise BadFile(f"the file is no valid JSON: {_first_line(error)}") from None


# One object a line


def _is_lines(file: IO[bytes], mark: int) -> bool:
    """Whether the first line is an object by itself that is a ticket. Leaves the file where it was."""
    looked = iter(lambda: file.readline(_MOST_TEXT), b"")
    first = next((line for line in islice(looked, MOST_EMPTY) if line.strip()), b"")
    file.seek(mark)
    try:
        found = orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and not isinstance(found.get(_LIST), list)


def _lines(file: IO[bytes]) -> Iterator[Record]:
    empty = 0
    while line := file.readline(_MOST_TEXT):
        if len(line) == _MOST_TEXT and not line.endswith(b"\n"):
            raise BadFile(f"one of its lines has more than {_MOST_TEXT} octets: is this one ticket a line?")
        if line.strip():
            yield _of_line(line)
            continue
        empty += 1
        if empty > MOST_EMPTY:
            raise BadFile(f"more than {MOST_EMPTY} of its lines are empty: remove them")


def _of_line(line: bytes) -> Record:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Broken(f"is no valid JSON: {_first_line(error)}")
    return found if isinstance(found, dict) else Broken(_NO_ROW)


# An array, or objects behind each other


class _Utf8:
    """The file as UTF-8, and a guard: no honest text goes on for so long without the double quote that ends it."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
        self._without_quote = 0
        # Whether the piece before ended with a backslash that is not one itself.
        self._escaped = False

    def read(self, size: int) -> bytes:
        piece = self._next(size)
        plain = piece[self._escaped :].replace(b"\\\\", b"").replace(b'\\"', b"")
        self._escaped = plain.endswith(b"\\")
        self._without_quote = 0 if b'"' in plain else self._without_quote + len(piece)
        if self._without_quote > _MOST_TEXT:
            raise BadFile(f"one of its texts has more than {_MOST_TEXT} octets: is this a list of tickets?")
        return piece

    def _next(self, size: int) -> bytes:
        piece = self._file.read(size)
        if self._decoder is None:
            return piece
        text = self._decoder.decode(piece, final=not piece)
        # Decoded, it may be nothing yet; empty would mean the end.
        return text.encode("utf-8", "replace") or (self._next(size) if piece else b"")


def _values(events: _Events) -> Iterator[Record]:
    for event, _ in events:
        if event == "start_array":
            yield from _array(events)
        elif event == "start_map":
            yield from _object(events)
        else:
            raise BadFile(_SHAPE)


def _array(events: _Events) -> Iterator[Record]:
    for event, value in events:
        if event == "end_array":
            return
        yield _row(event, value, events)


def _object(events: _Events) -> Iterator[Record]:
    """A ticket by itself, or what holds a list of them and perhaps says more about it."""
    found: dict[str, object] = {}
    is_list = False
    for event, key in events:
        if event == "end_map":
            break
        event, value = next(events)
        if key == _LIST and event == "start_array":
            is_list = True
            yield from _array(events)
        elif len(found) < MOST_VALUES:
            found[str(key)] = _value(event, value, events, _Room(), 1)
        else:
            raise BadFile(_SHAPE)
    if not is_list:
        yield found


@dataclass(slots=True)
class _Room:
    """How much more one row may say. Below zero, nothing more of it is kept."""

    left: int = MOST_VALUES
    too_deep: bool = False


def _row(event: str, value: object, events: _Events) -> Record:
    room = _Room()
    found = _value(event, value, events, room, 1)
    if room.too_deep:
        return Broken(f"is nested more than {_MOST_DEPTH} levels deep")
    if room.left < 0:
        return Broken(f"says more than {MOST_VALUES} things")
    return found if isinstance(found, dict) else Broken(_NO_ROW)


def _value(event: str, value: object, events: _Events, room: _Room, depth: int) -> object:
    room.left -= 1
    if event not in ("start_map", "start_array"):
        return value
    if room.left < 0 or depth > _MOST_DEPTH:
        room.too_deep = room.too_deep or depth > _MOST_DEPTH
        _skip(events)
        return None
    return _map(events, room, depth) if event == "start_map" else _list(events, room, depth)


def _map(events: _Events, room: _Room, depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for event, key in events:
        if event == "end_map":
            break
        event, value = next(events)
        kept = _value(event, value, events, room, depth + 1)
        if room.left >= 0:
            found[str(key)] = kept
    return found


def _list(events: _Events, room: _Room, depth: int) -> list[object]:
    found: list[object] = []
    for event, value in events:
        if event == "end_array":
            break
        kept = _value(event, value, events, room, depth + 1)
        if room.left >= 0:
            found.append(kept)
    return found


def _skip(events: _Events) -> None:
    """To the end of what has begun."""
    depth = 1
    for event, _ in events:
        depth += event.startswith("start_") - event.startswith("end_")
        if not depth:
            return


def _first_line(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text.partition("\n")[0].strip() or "it ends before its end"
