"""What was counted, as Prometheus reads it. Loaded when it asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from api.metrics import Gauges

CONTENT_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, eq=False)
class Counted(Collector):
    """`answers` by method, route and status; for each route the seconds, and how many lay up to each of `bounds`."""

    answers: Mapping[tuple[str, str, int], int]
    bounds: Sequence[float]
    buckets: Mapping[str, Sequence[int]]
    seconds: Mapping[str, float]
    gauges: Gauges

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        yield self._requests()
        yield self._durations()
        for name, values in self.gauges.items():
            yield _gauge(name, values)

    def _requests(self) -> CounterMetricFamily:
        family = CounterMetricFamily(
            "deskbell_http_requests", "HTTP requests answered", labels=["method", "route", "status"]
        )
        for (method, route, status), count in self.answers.items():
            family.add_metric([method, route, str(status)], count)
        return family

    def _durations(self) -> HistogramMetricFamily:
        family = HistogramMetricFamily("deskbell_http_seconds", "Seconds until the answer was ready", labels=["route"])
        for route, counts in self.buckets.items():
            family.add_metric([route], self._cumulated(counts), self.seconds[route])
        return family

    def _cumulated(self, counts: Sequence[int]) -> list[tuple[str, float]]:
        total, found = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


def page(counted: Counted) -> bytes:
    registry = CollectorRegistry()
    registry.register(counted)
    return generate_latest(registry)


def _gauge(name: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    if "" in values:
        return GaugeMetricFamily(f"deskbell_{name}", name.replace("_", " "), value=values[""])
    family = GaugeMetricFamily(f"deskbell_{name}", name.replace("_", " "), labels=["state"])
    for word, value in values.items():
        family.add_metric([word], value)
    return family
