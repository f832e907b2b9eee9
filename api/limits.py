"""How often somebody may ask: one number for each key, in memory, for this process.

The generic cell rate algorithm: what is kept is the moment at which the key's allowance is whole again. (The
`limits` library scans every key it knows on every hit of its memory storage, which an attacker with many addresses
turns into the very load it should keep away.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from aiohttp import web

MINUTE = 60.0
MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left after a request. `wait` is None when it may proceed, else the seconds until the next may."""

    limit: int
    remaining: int
    reset: int
    wait: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }
        return found if self.wait is None else {**found, "Retry-After": str(ceil(self.wait))}


# For the headers of an answer, whatever that turns out to be.
SPENT = web.RequestKey("spent", Spent)


class Allowance:
    """So many requests a minute for each key. A whole minute's worth may come at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._limit = per_minute
        self._interval = MINUTE / per_minute
        self._clock = clock
        self._whole_again: dict[str, float] = {}

    def __call__(self, key: str) -> float | None:
        """None when this request may proceed, else how many seconds to wait."""
        return self.spend(key).wait

    def spend(self, key: str) -> Spent:
        now = self._clock()
        # Never further off than a minute: a clock that was set back must lock nobody out.
        whole = min(max(self._whole_again.get(key, now), now), now + MINUTE)
        owed = whole - now + self._interval
        # A hair of tolerance: sixty seconds cut into sevenths do not add up to sixty in floating point.
        if owed > MINUTE + 1e-6:
            return Spent(self._limit, 0, ceil(whole - now), wait=owed - MINUTE)
        if key not in self._whole_again and len(self._whole_again) >= MOST_KEYS:
            self._forget(now)
        self._whole_again[key] = now + owed
        return Spent(self._limit, int((MINUTE - owed + 1e-6) / self._interval), ceil(owed))

    def _forget(self, now: float) -> None:
        """Those whose allowance is whole owe nothing; if all owe, the half that owes least goes."""
        owing = sorted((whole, key) for key, whole in self._whole_again.items() if whole > now)
        self._whole_again = {key: whole for whole, key in owing[-MOST_KEYS // 2 :]}


def unlimited(key: str) -> float | None:
    """An allowance that allows everything, where limits are switched off."""
    return None
