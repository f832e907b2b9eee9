"""Calendar invitations (iCalendar, RFC 5545 and 5546): one line that says what, when and who. Pure, bounded.

No library: the line needs six properties, and whoever has to act opens the .ics, which stays on the ticket.
"""

import re
from dataclasses import dataclass, field

from core.text import clean_line
from ingest.charsets import decode

_OCTETS = 64 * 1024
_LINES = 2000
_PROPERTY = re.compile(r"([A-Z-]{1,40})((?:;[A-Z0-9-]{1,40}=(?:\"[^\"]*+\"|[^:;\"]*+)){0,20}):(.*)", re.IGNORECASE)
_PARAMETER = re.compile(r";([A-Z0-9-]+)=(?:\"([^\"]*+)\"|([^:;\"]*+))", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d{0,2}(Z?))?")
_ESCAPED = re.compile(r"\\(.)")
_WANTED = frozenset({"SUMMARY", "DTSTART", "DTEND", "ORGANIZER", "LOCATION"})
# RFC 5546 1.4: what the sender wants.
_METHODS = {
    "REQUEST": "Invitation",
    "PUBLISH": "Event",
    "REPLY": "Answer to an invitation",
    "CANCEL": "Cancelled",
    "COUNTER": "Other time proposed",
    "ADD": "Further dates",
    "REFRESH": "Question for the present state",
    "DECLINECOUNTER": "Other time declined",
}


@dataclass(slots=True)
class _Event:
    said: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)
    method: str = ""

    def value(self, name: str) -> str:
        return self.said.get(name, ({}, ""))[1]


def summary(data: bytes, charset: str = "", method: str = "") -> str:
    """`[Invitation: what, when, where, organiser, METHOD]`; empty where the file says none of it."""
    event = _read(decode(data[:_OCTETS], charset))
    method = (event.method or method).upper()
    when = _moment(event, "DTSTART")
    if when and (end := _moment(event, "DTEND")):
        # The day is not repeated where it is the same.
        when = f"{when} – {end.removeprefix(when[:11])}"
    said = (event.value("SUMMARY"), when, event.value("LOCATION"), _organiser(event), method)
    if not any(said[:2]):
        return ""
    return clean_line(f"[{_METHODS.get(method, 'Event')}: {', '.join(filter(None, said))}]", most=500)


def _read(text: str) -> _Event:
    """The first event of the calendar; alarms and time zones have properties of the same names."""
    found, inside = _Event(), ""
    unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    for line in unfolded.split("\n", _LINES)[:_LINES]:
        match = _PROPERTY.fullmatch(line.strip()[:2000])
        if match is None:
            continue
        name, value = match[1].upper(), _ESCAPED.sub(lambda sign: " " if sign[1] in "nN" else sign[1], match[3])
        if name in ("BEGIN", "END"):
            inside = value.upper() if name == "BEGIN" else "VEVENT" if value.upper() == "VALARM" else ""
        elif name == "METHOD":
            found.method = value
        elif name in _WANTED and inside in ("VEVENT", "VTODO", "VFREEBUSY") and name not in found.said:
            more = {one[1].upper(): one[2] or one[3] or "" for one in _PARAMETER.finditer(match[2])}
            found.said[name] = (more, value)
    return found


def _moment(event: _Event, name: str) -> str:
    """`2026-03-01 10:00 Europe/Berlin`, as it is written: what hour that is elsewhere is the reader's calendar's work."""
    more, value = event.said.get(name, ({}, ""))
    match = _MOMENT.fullmatch(value.strip())
    if match is None:
        return ""
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if match[4] is None:
        return day
    return f"{day} {match[4]}:{match[5]} {'UTC' if match[6] else more.get('TZID', '')}".rstrip()


def _organiser(event: _Event) -> str:
    more, value = event.said.get("ORGANIZER", ({}, ""))
    address = value[7:] if value[:7].lower() == "mailto:" else value
    name = more.get("CN", "")
    return f"{name} <{address}>" if name and address and name != address else name or address
