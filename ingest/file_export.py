"""Tickets → CSV, JSON or XML that `file_import` reads back. Pure: pieces of text, as they come.

CSV is for spreadsheets: with a BOM, or Excel takes it for the code page of Windows; every cell in quotes; and with a
`'` in front of what a spreadsheet would compute (`=1+1`), which importing takes away again. JSON is an array with a
ticket a line.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

import orjson

from core.exporting import Exported
from core.tickets import Ticket
from core.vocabulary import Channel
from ingest.file_import import Format
from ingest.import_csv import COMPUTED

# `number` is what people here call the ticket: to be read, and not imported. By `id` this desk knows it again.
COLUMNS = (
    "id", "external_source", "external_id", "number", "customer_id", "customer_email", "customer_name", "subject", "description", "category", "priority",
    "status", "type", "tags", "assigned_to", "created_at", "updated_at", "resolved_at", "source", "browser",
    "device_type",
)  # fmt: skip
_METADATA = COLUMNS[-3:]
_SOURCES: Mapping[Channel, str] = {
    Channel.EMAIL: "email",
    Channel.TELEGRAM: "chat",
    Channel.CONSOLE: "chat",
    Channel.WEB_FORM: "web_form",
    Channel.PHONE: "phone",
}

# What begins so, a spreadsheet computes (CSV injection); and what looks as if it had been disarmed already.
_ARMED = re.compile(f"'*[{COMPUTED}]")
# What cannot stand in a tag of a list that is joined by semicolons.
_SPECIAL = frozenset(",;[")
# XML has no way to say these (XML 1.0, 2.2).
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Writer:
    """What stands before the tickets, what they are written as, and what stands behind them."""

    before: str
    written: Callable[[Iterable[Exported]], str]
    between: str
    after: str


def writer(kind: Format) -> Writer:
    return _WRITERS[kind]


def _values(exported: Exported) -> _Values:
    ticket = exported.ticket
    own, metadata = _inside(ticket, "customer_support"), _inside(ticket, "metadata")
    return {
        "id": str(ticket.id),
        "external_source": exported.external_source,
        "external_id": exported.external_id,
        "number": ticket.number,
        # Who has no address is known again by it.
        "customer_id": own.get("customer_id") or ("" if ticket.requester.email else str(ticket.requester.id)),
        "customer_email": ticket.requester.email,
        "customer_name": ticket.requester.name,
        **{
            name: getattr(ticket, name) for name in ("subject", "description", "category", "priority", "status", "type")
        },
        "tags": ticket.tags,
        "assigned_to": ticket.assigned_to or "",
        "created_at": _time(ticket.created_at),
        "updated_at": _time(ticket.updated_at),
        "resolved_at": _time(ticket.resolved_at),
        "source": metadata.get("source") or _SOURCES.get(ticket.channel, "api"),
        "browser": metadata.get("browser") or "",
        "device_type": metadata.get("device_type") or "",
    }


def _inside(ticket: Ticket, name: str) -> _Values:
    found = ticket.extra.get(name)
    return found if isinstance(found, dict) else {}


def _time(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment else ""


def _as_csv(tickets: Iterable[Exported]) -> str:
    return _lines([_disarmed(_cell(values[name])) for name in COLUMNS] for values in map(_values, tickets))


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    return orjson.dumps(value).decode() if any(set(tag) & _SPECIAL for tag in value) else ";".join(value)


def _disarmed(cell: str) -> str:
    return f"'{cell}" if _ARMED.match(cell) else cell


def _as_json(tickets: Iterable[Exported]) -> str:
    return ",\n".join(orjson.dumps(_nested(_values(ticket))).decode() for ticket in tickets)


def _nested(values: _Values) -> _Values:
    """With `metadata` as an object, and null for what is not there."""
    flat = {name: values[name] or None for name in COLUMNS if name not in _METADATA and name != "tags"}
    return {**flat, "tags": values["tags"], "metadata": {name: values[name] or None for name in _METADATA}}


def _as_xml(tickets: Iterable[Exported]) -> str:
    return "".join(f"  <ticket>{_elements(_nested(_values(ticket)))}</ticket>\n" for ticket in tickets)


def _elements(values: _Values) -> str:
    return "".join(f"<{name}>{_content(value)}</{name}>" for name, value in values.items() if value)


def _content(value: object) -> str:
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, tuple):
        return "".join(f"<tag>{_content(tag)}</tag>" for tag in value)
    return escape(_UNSAYABLE.sub("\ufffd", str(value)))


_WRITERS: Mapping[Format, Writer] = {
    Format.CSV: Writer("\ufeff" + _lines([COLUMNS]), _as_csv, "", ""),
    Format.JSON: Writer("[\n", _as_json, ",\n", "\n]\n"),
    Format.XML: Writer('<?xml version="1.0" encoding="UTF-8"?>\n<tickets>\n', _as_xml, "", "</tickets>\n"),
}
