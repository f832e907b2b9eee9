"""When somebody is there: the hours of a week in one timezone, and when the desk opens next. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Whoever is closed for longer than this is not told from when on.
LOOKED_AHEAD = 60
_SPAN = re.compile(
    r"(?P<first>mon|tue|wed|thu|fri|sat|sun)(-(?P<last>mon|tue|wed|thu|fri|sat|sun))?"
    r" (?P<opens>[0-2][0-9]:[0-5][0-9])-(?P<closes>[0-2][0-9]:[0-5][0-9])"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Open on that day of the week (Monday is 0), from `opens` until `closes`; midnight ends the day."""

    day: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Week:
    """No spans: always open. `closed` are days on which nobody comes."""

    spans: tuple[Span, ...]
    zone: ZoneInfo
    closed: frozenset[date] = frozenset()


def spans(text: str) -> tuple[Span, ...]:
    """`mon-fri 09:00-17:00`, `sat 10:00-12:00`; `24:00` is midnight. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no such thing as mon-fri 09:00-17:00")
    first = DAYS.index(found["first"])
    count = (DAYS.index(found["last"] or found["first"]) - first) % 7 + 1
    opens = time.fromisoformat(found["opens"])
    closes = time.max if found["closes"] == "24:00" else time.fromisoformat(found["closes"])
    if closes <= opens:
        raise ValueError(f"{text!r} ends before it begins: write two spans for a night")
    return tuple(Span((first + n) % 7, opens, closes) for n in range(count))


def opens(week: Week, now: datetime) -> datetime | None:
    """When the desk opens next, in its own time; None: it is open, or does not open within LOOKED_AHEAD days."""
    local = now.astimezone(week.zone)
    if not week.spans or any(one.opens <= local.time() < one.closes for one in _on(week, local.date())):
        return None
    for ahead in range(LOOKED_AHEAD):
        day = local.date() + timedelta(days=ahead)
        begins = [datetime.combine(day, one.opens, week.zone) for one in _on(week, day)]
        if later := [one for one in begins if one > local]:
            return min(later)
    return None


def _on(week: Week, day: date) -> Sequence[Span]:
    return () if day in week.closed else [one for one in week.spans if one.day == day.weekday()]
