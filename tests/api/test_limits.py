"""How often somebody may ask."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import limits
from api.limits import Allowance
from core import desk as desks
from core.config import Settings
from tests.api.conftest import Api, served
from tests.builders import Clock


@dataclass
class Watch:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("per_minute", [1, 7, 10, 60, 1200])
def test_a_minutes_worth_may_come_at_once_and_no_more(per_minute: int) -> None:
    allow = Allowance(per_minute, Watch())

    waits = [allow("a") for _ in range(per_minute + 1)]

    assert waits[:-1] == [None] * per_minute
    assert waits[-1] == pytest.approx(60 / per_minute)


def test_what_was_spent_comes_back_bit_by_bit() -> None:
    watch = Watch()
    allow = Allowance(6, watch)
    for _ in range(6):
        allow("a")

    watch.now += 10

    assert allow("a") is None
    assert allow("a") is not None
    assert allow("b") is None


def test_the_headers_tell_what_is_left() -> None:
    watch = Watch()
    allowance = Allowance(3, watch)

    shown = [allowance.spend("a").headers for _ in range(4)]

    assert [h["RateLimit-Remaining"] for h in shown] == ["2", "1", "0", "0"]
    assert {h["RateLimit-Limit"] for h in shown} == {"3"}
    assert "Retry-After" not in shown[2]
    assert shown[3]["Retry-After"] == "20"


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    watch = Watch()
    allow = Allowance(1, watch)
    allow("a")

    watch.now -= 100_000

    assert allow("a") == pytest.approx(60)


def test_a_crowd_of_addresses_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEYS", 10)
    watch = Watch()
    allow = Allowance(1, watch)

    for number in range(1000):
        watch.now += 0.001
        allow(str(number))

    assert len(allow._whole_again) <= 10
    assert allow("999") is not None


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 30))
def test_no_minute_ever_sees_more_than_twice_the_limit(gaps: list[float], per_minute: int) -> None:
    """A whole allowance at once, and what comes back meanwhile."""
    watch = Watch()
    allow = Allowance(per_minute, watch)
    allowed: list[float] = []
    for gap in gaps:
        watch.now += gap
        if allow("a") is None:
            allowed.append(watch.now)

    for start in allowed:
        assert sum(start <= moment < start + 60 for moment in allowed) <= 2 * per_minute


async def test_who_has_signed_in_counts_for_themselves(desk_settings: Settings, clock: Clock) -> None:
    section = desk_settings.limits.model_copy(update={"api_per_minute": 3})
    async with (
        desks.opened(desk_settings.model_copy(update={"limits": section}), clock=clock) as desk,
        served(desk) as api,
    ):
        bobs = [(await api("GET", "/users/me", "bob")).status for _ in range(4)]
        erins = (await api("GET", "/users/me", "erin")).status
        strangers = [(await api("GET", "/users/me")).status for _ in range(4)]

    assert bobs == [200, 200, 200, 429]
    assert erins == 200
    assert strangers == [401, 401, 401, 429]


async def test_limits_can_be_switched_off(desk_settings: Settings, clock: Clock) -> None:
    section = desk_settings.limits.model_copy(update={"enabled": False, "status_per_minute": 1})
    async with (
        desks.opened(desk_settings.model_copy(update={"limits": section}), clock=clock) as desk,
        served(desk) as api,
    ):
        answers = [await api("GET", "/tickets/embed/x") for _ in range(3)]

    assert [answer.status for answer in answers] == [404] * 3
    assert "RateLimit-Limit" not in answers[0].headers


async def test_answers_carry_what_is_left(sqlite_api: Api) -> None:
    answer = await sqlite_api("GET", "/users/me", "bob")

    assert answer.headers["RateLimit-Limit"] == "1200"
    assert answer.headers["RateLimit-Remaining"] == "1199"


@pytest.mark.parametrize(
    ("method", "path", "by", "status"),
    [
        ("GET", "/tickets", "bob", 200),
        ("GET", "/tickets", None, 401),
        ("GET", "/users", "bob", 403),
        ("GET", "/tickets/4711", "bob", 404),
        ("POST", "/tickets", "bob", 400),
        ("DELETE", "/tickets/4711", "carol", 404),
        ("GET", "/tickets/embed/x", None, 404),
        ("POST", "/auth/token", None, 400),
    ],
)
async def test_every_answer_tells_what_is_left(
    sqlite_api: Api, method: str, path: str, by: str | None, status: int
) -> None:
    answer = await sqlite_api(method, path, by, json={} if method == "POST" else None)

    assert answer.status == status
    assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= answer.headers.keys()
