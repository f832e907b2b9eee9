"""CSV as spreadsheets write it → records. The first line names the columns.

The delimiter is what an Excel line `sep=;` says, or whichever of `, ; tab |` the first line has most of. The text is
UTF-8 or UTF-16 by its BOM, or UTF-8 if all of it is, or else what Excel on Windows means by "CSV" (Windows-1252).
A quote that is never closed makes its row a bad one; the next row is looked for on the line after its first.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO

from ingest.import_fields import COLUMNS
from ingest.import_records import CHUNK, MOST_EMPTY, MOST_ROW, BadFile, Broken, Record, encoding_of

_DELIMITERS = ",;\t|"
# What begins with one of these a spreadsheet computes, for a character class; some take the wide ones of East Asia too.
COMPUTED = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MOST_COLUMNS = 500
# After so many rows with broken quotes the file is given up: each costs another look at what follows.
_MOST_BROKEN = 100
# A program that exports puts it in front of what a spreadsheet would compute.
_DISARMED = re.compile(f"'+[{COMPUTED}]")


def records(file: IO[bytes]) -> Iterator[Record]:
    """Raises BadFile."""
    encoding, mark = encoding_of(file)
    if encoding == "utf-8" and not _is_utf8(file):
        encoding = "cp1252"
    file.seek(mark)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        yield from _records(_Lines(text))
    finally:
        # The file is its opener's to close, and may be closed already by one who has lost interest.
        if not file.closed:
            text.detach()


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Lines:
    """The lines of the text; those of the row in hand can be put back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._back: deque[str] = deque()
        self._row: list[str] = []
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._text.readline(MOST_ROW)
        if not line:
            raise StopIteration
        self._row.append(line)
        self._size += len(line)
        if self._size > MOST_ROW or (len(line) == MOST_ROW and not line.endswith(("\n", "\r"))):
            raise csv.Error(f"it has more than {MOST_ROW} characters")
        return line

    def begin_row(self) -> None:
        self._row.clear()
        self._size = 0

    def back_to_second_line(self) -> None:
        self._back.extendleft(reversed(self._row[1:]))

    def peek(self) -> str:
        line = self._text.readline(MOST_ROW)
        self._back.append(line)
        return line


def _records(lines: _Lines) -> Iterator[Record]:
    delimiter = _delimiter(lines)
    names: list[str] | None = None
    empty = 0
    for cells in _cells(lines, delimiter):
        if isinstance(cells, Broken):
            if names is None:
                raise BadFile(f"the first line, which names the columns, cannot be read: {cells.error}")
            yield cells
        elif not any(cells):
            # An empty line, or what Excel makes of one.
            empty += 1
            if empty > MOST_EMPTY:
                raise BadFile(f"more than {MOST_EMPTY} of its lines are empty: remove them")
        elif names is None:
            names = _names(cells)
        elif len(cells) > len(names) and any(cells[len(names) :]):
            yield Broken(
                f"has {len(cells)} cells where the first line names {len(names)} columns: "
                f"put a text that has a `{delimiter}` in it into double quotes"
            )
        else:
            yield {name: _armed(cell) for name, cell in zip(names, cells, strict=False) if cell}


def _delimiter(lines: _Lines) -> str:
    first = lines.peek()
    if said := _SEP.fullmatch(first):
        next(lines)
        return said[1]
    plain = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=plain.count)


def _cells(lines: _Lines, delimiter: str) -> Iterator[Sequence[str] | Broken]:
    # One for the process; what no limit of ours stops shall not be stopped by it.
    csv.field_size_limit(MOST_ROW)
    broken = 0
    # strict: what stands behind a closing quote would be glued to what stands in it.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_row()
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            broken += 1
            if broken > _MOST_BROKEN:
                raise BadFile("the double quotes of too many rows are broken: correct them from here on") from None
            lines.back_to_second_line()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield Broken(f"cannot be read ({error}): is one of its double quotes missing, or not doubled in a text?")


def _names(cells: Sequence[str]) -> list[str]:
    if len(cells) > _MOST_COLUMNS:
        raise BadFile(f"the first line names more than {_MOST_COLUMNS} columns: is this a CSV file?")
    names = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in cells]
    if COLUMNS.isdisjoint(names):
        # The first ticket would be taken for them, and missing ones of others for what is wrong with each.
        raise BadFile("its first line names none of the columns that are read: begin it with a line such as subject,…")
    return names


def _armed(cell: str) -> str:
    """As it was before an export disarmed it (`'=1+1`)."""
    return cell[1:] if cell[0] == "'" and _DISARMED.match(cell) else cell
