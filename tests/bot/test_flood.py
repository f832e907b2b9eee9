"""Who writes faster than anybody reads is told so once, and may write on."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import flood
from bot.flood import Flood, Pressure

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NONE, BEGINS, GOES_ON = Pressure.NONE, Pressure.BEGINS, Pressure.GOES_ON


@pytest.mark.parametrize(
    ("seconds", "judged"),
    [
        ([0, 1, 2], [NONE, NONE, NONE]),
        ([0, 1, 2, 3, 4], [NONE, NONE, NONE, BEGINS, GOES_ON]),
        # Not yet a pause.
        ([0, 1, 2, 3, 50, 100], [NONE, NONE, NONE, BEGINS, GOES_ON, GOES_ON]),
        ([0, 1, 2, 3, 63, 64], [NONE, NONE, NONE, BEGINS, NONE, NONE]),
        # Three a minute is what is allowed.
        ([0, 20, 40, 60, 80, 100], [NONE] * 6),
        # What waited while the desk was away was written at its own time.
        ([0, 100, 200, 300, 400], [NONE] * 5),
    ],
)
def test_more_than_three_a_minute_is_too_much_until_there_is_a_pause(
    seconds: list[int], judged: list[Pressure]
) -> None:
    watch = Flood(3)

    assert [watch.judge("7", NOON + timedelta(seconds=n), f"{n}") for n in seconds] == judged


def test_one_persons_flood_is_nobody_elses_and_none_at_all_where_limits_are_off() -> None:
    watch, off = Flood(1), Flood(0)

    assert [watch.judge(who, NOON, f"{n}") for n, who in enumerate(("7", "8", "7", "8"))] == [
        NONE,
        NONE,
        BEGINS,
        BEGINS,
    ]
    assert [off.judge("7", NOON, f"{n}") for n in range(100)] == [NONE] * 100


def test_it_is_remembered_of_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST_WATCHED", 2)
    watch = Flood(1)
    for who in ("7", "8", "7", "9"):
        watch.judge(who, NOON, who)

    assert set(watch._writers) == {"7", "9"}


def test_the_same_message_that_is_heard_again_is_no_further_one() -> None:
    watch = Flood(1)

    assert [watch.judge("7", NOON, key) for key in ("a", "a", "b", "b")] == [NONE, NONE, BEGINS, BEGINS]
