"""CSV, JSON and XML files → rows for the desk. Pure: a file in memory or on the disk in, values out, as they come.

A row is one ticket. Rows are counted from 1, the first line of a CSV (which names the columns) and empty lines not
counted: with `{"row": 2, "errors": ["Invalid email format: invalid-email"]}` it is the second ticket of the file that
is wrong. A bad row never stops the others, and everything that is wrong with it is said at once.

| column | what it is | without it |
|---|---|---|
| `subject` | | the row is bad |
| `description` | | empty |
| `customer_email`, `customer_name`, `customer_id` | who it is from: one of them at least | |
| `category`, `priority` | a word of core.vocabulary | the desk classifies |
| `status` | a word of core.vocabulary | new |
| `type` | incidence or suggestion | incidence |
| `tags` | separated by `;` or `,`; in JSON and XML a list too | none |
| `assigned_to` | an agent's user name | nobody's |
| `created_at`, `updated_at`, `resolved_at` | RFC 3339; without a zone it is UTC | now; as created; as updated |
| `external_id` or `id` | its id where it comes from, by which it is known again | known by its content |
| `external_source` | the system that this is, unless the whole file is said to be of one | that of the file |
| `source`, `browser`, `device_type` | the customer's `metadata`, an object of that name in JSON and XML | |

Other columns are not read. What a file as a whole can have wrong with it (no CSV, JSON or XML; a DTD; endless texts)
is `BadFile` when it shows before the first good row, and the last bad row when it shows later.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import IO

from core.rows import BadRow, Row, TicketRow
from ingest import import_csv, import_fields
from ingest.import_fields import Rules
from ingest.import_records import BadFile, Record

# Of a file that is mostly bad so many rows are read: whoever has to correct it has seen enough, and millions of `{}`
# would cost minutes.
MOST_BAD = 10_000


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    XML = "xml"


class UnsupportedFormat(Exception):
    """Neither by name nor by type one of the three. Its text is the customer's document's."""

    def __init__(self) -> None:
        super().__init__("Unsupported file format. Use csv, json, or xml")


def format_of(named: str = "", filename: str = "", content_type: str = "") -> Format:
    """The format: as it was named (`?format=`), else by the file's extension, else by its content type."""
    if named:
        return _known(_NAMES, named.strip().lower())
    extension = PurePath(filename).suffix.lower().removeprefix(".")
    return _NAMES.get(extension) or _known(_TYPES, content_type.partition(";")[0].strip().lower())


def rows(file: IO[bytes], kind: Format, rules: Rules = import_fields.NATIVE) -> Iterator[Row]:
    """The rows of the file, which is read from its beginning and stays open. Raises BadFile before the first good row."""
    number = good = 0
    file.seek(0)
    try:
        for number, record in enumerate(_READERS[kind](file), 1):
            row = import_fields.row(number, record, rules)
            good += isinstance(row, TicketRow)
            yield row
            _require_sense(number - good, good)
    except BadFile as problem:
        if not good:
            raise
        yield BadRow(number + 1, (f"{problem}; nothing after this was read",))


def _require_sense(bad: int, good: int) -> None:
    if bad > MOST_BAD + good:
        raise BadFile(f"most of its rows are bad, more than {MOST_BAD} of them: correct them and try again")


def _known(words: Mapping[str, Format], word: str) -> Format:
    if found := words.get(word):
        return found
    raise UnsupportedFormat


def _json(file: IO[bytes]) -> Iterator[Record]:
    # Its parser, and that of XML, is a megabyte that most desks never need.
    from ingest import import_json

    return import_json.records(file)


def _xml(file: IO[bytes]) -> Iterator[Record]:
    from ingest import import_xml

    return import_xml.records(file)


_READERS: Mapping[Format, Callable[[IO[bytes]], Iterator[Record]]] = {
    Format.CSV: import_csv.records,
    Format.JSON: _json,
    Format.XML: _xml,
}
_NAMES = {
    "csv": Format.CSV, "tsv": Format.CSV, "json": Format.JSON, "ndjson": Format.JSON, "jsonl": Format.JSON,
    "xml": Format.XML,
}  # fmt: skip
_TYPES = {
    "text/csv": Format.CSV, "application/csv": Format.CSV, "text/tab-separated-values": Format.CSV,
    "application/json": Format.JSON, "text/json": Format.JSON, "application/x-ndjson": Format.JSON,
    "application/xml": Format.XML, "text/xml": Format.XML,
}  # fmt: skip
