"""When somebody is there, and when the desk opens next."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core import config, office_hours
from core.errors import Invalid
from core.office_hours import Week

BERLIN = ZoneInfo("Europe/Berlin")
SPANS = tuple(
    span
    for one in ("mon-fri 09:00-12:00", "Mon-Fri 13:00-17:00", "sat 22:00-24:00", "sun 00:00-01:30")
    for span in office_hours.spans(one)
)
WEEK = Week(SPANS, BERLIN, frozenset({date(2026, 3, 9)}))


def berlin(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        # Monday, the second of March.
        (berlin(2, 8, 59), berlin(2, 9)),
        (berlin(2, 9), None),
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), None),
        (berlin(2, 12), berlin(2, 13)),
        (berlin(2, 17), berlin(3, 9)),
        (berlin(6, 18), berlin(7, 22)),
        # Midnight ends a day, and the night goes on.
        (berlin(7, 23, 59), None),
        (berlin(8, 1, 29), None),
        # The Monday after is a day off.
        (berlin(8, 1, 30), berlin(10, 9)),
        (berlin(9, 10), berlin(10, 9)),
        # The clocks go forward on the 29th: nine o'clock is nine o'clock.
        (berlin(29, 1, 30), berlin(30, 9)),
    ],
)
def test_outside_the_hours_it_is_known_when_they_begin(now: datetime, opens: datetime | None) -> None:
    assert office_hours.opens(WEEK, now) == opens


def test_a_desk_without_hours_is_always_open_and_one_that_never_opens_promises_nothing() -> None:
    never = Week(office_hours.spans("mon 09:00-10:00"), BERLIN, frozenset(date(2026, m, d) for m, d in _mondays()))

    assert office_hours.opens(Week((), BERLIN), berlin(2, 3)) is None
    assert office_hours.opens(never, berlin(3, 3)) is None


def _mondays() -> list[tuple[int, int]]:
    return [(3, 2), (3, 9), (3, 16), (3, 23), (3, 30), (4, 6), (4, 13), (4, 20), (4, 27), (5, 4)]


@pytest.mark.parametrize(
    "text", ["", "monday 09:00-17:00", "mon 9-17", "mon 17:00-09:00", "mon 29:00-30:00", "mon 09:00"]
)
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        office_hours.spans(text)


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('hours = ["always"]', "office.hours"),
        ('timezone = "Europe/Nowhere"', "office.timezone"),
        ('timezone = "../../etc/passwd"', "office.timezone"),
        ("closed = [2026-13-01]", ""),
    ],
)
def test_an_operator_reads_which_of_the_hours_is_wrong(tmp_path: Path, line: str, where: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[office]\n{line}\n", "utf-8")

    with pytest.raises(Invalid) as refused:
        config.load(file, {})

    assert where in refused.value.problems[0].field
