"""What the issuer counts. Plain numbers on the hot path; Prometheus asks for them when it likes.

The names, labels and meanings are listed in ``docs/operations.md``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

LATENCY_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BATCH_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Histogram:
    """Counts values by upper bound."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Counts one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def family(self, name: str, text: str) -> HistogramMetricFamily:
        """As Prometheus wants it: cumulative."""
        total = 0
        buckets: list[tuple[str, float]] = []
        bounds = [*(str(bound) for bound in self._bounds), "+Inf"]
        for bound, count in zip(bounds, self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(name, text, buckets=buckets, sum_value=self._sum)


class Metrics(Collector):
    """The counters of one process."""

    def __init__(self) -> None:
        self.renewals: Counter[tuple[str, str]] = Counter()
        self.first_grants: Counter[tuple[str, str]] = Counter()
        self.latency = Histogram(LATENCY_SECONDS)
        self.batches = Histogram(BATCH_SIZES)
        self.purged = 0
        self.waiting = 0
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """See ``prometheus_client``."""
        yield _labelled(
            "remint_renewals", "Renewals asked for, by dialect and outcome.", self.renewals
        )
        yield _labelled(
            "remint_first_grants", "First grants asked for, by dialect and outcome.", self.first_grants
        )
        for name, outcome, text in (
            ("remint_retries", "retried", "Renewals answered again within the retry window."),
            ("remint_reuse_detected", "reuse_detected", "Grants revoked because of a replay."),
            ("remint_rewinds", "rewound", "Tokens newer than the database, brought forward."),
        ):
            total = sum(count for (_, was), count in self.renewals.items() if was == outcome)
            yield CounterMetricFamily(name, text, value=total)
        yield CounterMetricFamily("remint_purged", "Ended grants removed.", value=self.purged)
        yield GaugeMetricFamily(
            "remint_waiting", "Renewals that wait for a batch.", value=self.waiting
        )
        yield self.latency.family(
            "remint_request_seconds", "From a token request's headers to its answer."
        )
        yield self.batches.family("remint_batch_size", "Renewals that shared one commit.")


def _labelled(name: str, text: str, counts: Counter[tuple[str, str]]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=("dialect", "outcome"))
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family
