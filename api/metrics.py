"""Counting requests, as cheaply as can be: plain dictionaries on the way, Prometheus objects only when asked."""

from bisect import bisect_left
from collections.abc import Mapping

# Seconds. Fine where our own answers lie, coarse where only a fault gets.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


# For each name the values by word; the word "" means no label.
Gauges = Mapping[str, Mapping[str, int]]


class Metrics:
    """What one application has answered. `seen` is on the way of every request."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        # Anyone can invent methods; each would be a series of its own for ever.
        key = (method if method in _METHODS else "OTHER", route, status)
        self._answers[key] = self._answers.get(key, 0) + 1
        buckets = self._buckets.get(route)
        if buckets is None:
            buckets = self._buckets[route] = [0] * (len(BUCKETS) + 1)
        buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def page(self, gauges: Gauges) -> bytes:
        """The text for Prometheus. `gauges`: for each name the values by word; the word "" means no label."""
        from api import exposition

        return exposition.page(exposition.Counted(self._answers, BUCKETS, self._buckets, self._seconds, gauges))
