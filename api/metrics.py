"""Counting requests, as cheaply as can be: plain dictionaries on the way, Prometheus objects only when asked."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

# Seconds. Fine where our own answers lie, coarse where only a fault gets.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


# For each name the values by word; the word "" means no label.
Gauges = Mapping[str, Mapping[str, int]]


class Metrics(Collector):
    """What one application has answered. `seen` is on the way of every request."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._answers: dict[tuple[str, str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._gauges: dict[str, Mapping[str, int]] = {}

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
        self._gauges = dict(gauges)
        return generate_latest(self.registry)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        yield self._requests()
        yield self._durations()
        for name, values in self._gauges.items():
            yield _gauge(name, values)

    def _requests(self) -> CounterMetricFamily:
        family = CounterMetricFamily(
            "deskbell_http_requests", "HTTP requests answered", labels=["method", "route", "status"]
        )
        for (method, route, status), count in self._answers.items():
            family.add_metric([method, route, str(status)], count)
        return family

    def _durations(self) -> HistogramMetricFamily:
        family = HistogramMetricFamily("deskbell_http_seconds", "Seconds until the answer was ready", labels=["route"])
        for route, counts in self._buckets.items():
            family.add_metric([route], _cumulated(counts), self._seconds[route])
        return family


def _cumulated(counts: list[int]) -> list[tuple[str, float]]:
    total, found = 0, []
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
        total += count
        found.append((bound, float(total)))
    return found


def _gauge(name: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    if "" in values:
        return GaugeMetricFamily(f"deskbell_{name}", name.replace("_", " "), value=values[""])
    family = GaugeMetricFamily(f"deskbell_{name}", name.replace("_", " "), labels=["state"])
    for word, value in values.items():
        family.add_metric([word], value)
    return family
