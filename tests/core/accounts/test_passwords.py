"""Passwords: all of a long one counts, and nobody learns from the clock who has an account."""

import time

import pytest

from core.accounts import passwords
from tests.builders import FAST_ROUNDS, USUAL_ROUNDS

GOOD = ["correct horse", "x" * 1000, "🦊" * 8, "pass\x00word", "ÄÖÜäöüß", " spaces ", "\ud800lone-surrogate"]


@pytest.fixture
def usual_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "ROUNDS", USUAL_ROUNDS)


@pytest.mark.parametrize("password", GOOD, ids=range(len(GOOD)))
async def test_a_password_matches_itself_and_nothing_near_it(password: str) -> None:
    stored = await passwords.hashed(password, rounds=FAST_ROUNDS)

    assert await passwords.matches(password, stored)
    for near in (password + "x", password[:-1], password[:72] if len(password) > 72 else password.swapcase() + "x"):
        assert not await passwords.matches(near, stored)


async def test_what_comes_behind_a_nul_or_the_72nd_byte_counts() -> None:
    long, nul = "x" * 72, "pass"
    for stored, other in ((long + "a", long + "b"), (f"{nul}\x00a", f"{nul}\x00b"), (f"{nul}\x00a", nul)):
        assert not await passwords.matches(other, await passwords.hashed(stored, rounds=FAST_ROUNDS))


@pytest.mark.usefixtures("usual_cost")
async def test_a_hash_is_bcrypt_of_the_usual_cost_and_never_the_same_twice() -> None:
    first, second = await passwords.hashed("correct horse"), await passwords.hashed("correct horse", rounds=FAST_ROUNDS)

    assert first.startswith("$2b$12$")
    assert second != await passwords.hashed("correct horse", rounds=FAST_ROUNDS)


@pytest.mark.usefixtures("usual_cost")
async def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    stored = await passwords.hashed("correct horse")

    known, unknown = [await _cpu_seconds(of) for of in (stored, None)]

    assert known / 3 < unknown < known * 3
    assert not await passwords.matches("correct horse", None)


async def _cpu_seconds(stored: str | None) -> float:
    begun = time.process_time()
    await passwords.matches("wrong horse", stored)
    return time.process_time() - begun


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("", False),
        ("1234567", False),
        ("12345678", True),
        ("🦊" * 8, True),
        ("x" * 1024, True),
        ("x" * 1025, False),
        ("🦊" * 1024, True),
        ("🦊" * 1025, False),
        ("\ud800" * 8, True),
    ],
    ids=range(9),
)
def test_a_password_has_eight_characters_and_at_most_1024(password: str, good: bool) -> None:
    assert bool(passwords.problems(password)) is not good
