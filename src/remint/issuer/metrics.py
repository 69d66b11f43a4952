"""What the issuer counts. Plain numbers on the hot path; Prometheus asks for them when it likes.

The names, labels and meanings are listed in ``docs/operations.md``, which a test holds to this file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
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

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Counts one value."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class Snapshot(msgspec.Struct):
    """What one process, or several together, had counted at some moment.

    ``renewals`` and ``first_grants`` are by dialect and outcome, ``turned_away`` by reason. ``waiting`` is
    the only number that also falls.
    """

    renewals: dict[str, int]
    first_grants: dict[str, int]
    turned_away: dict[str, int]
    latency: list[int]
    latency_total: float
    batches: list[int]
    batches_total: float
    purged: int
    retry_streaks: int
    waiting: int

    def add(self, other: Snapshot) -> None:
        """Adds what another process counted."""
        for mine, its in (
            (self.renewals, other.renewals),
            (self.first_grants, other.first_grants),
            (self.turned_away, other.turned_away),
        ):
            for key, count in its.items():
                mine[key] = mine.get(key, 0) + count
        self.latency = [a + b for a, b in zip(self.latency, other.latency, strict=True)]
        self.batches = [a + b for a, b in zip(self.batches, other.batches, strict=True)]
        self.latency_total += other.latency_total
        self.batches_total += other.batches_total
        self.purged += other.purged
        self.retry_streaks += other.retry_streaks
        self.waiting += other.waiting


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.renewals: Counter[tuple[str, str]] = Counter()
        self.first_grants: Counter[tuple[str, str]] = Counter()
        self.turned_away: Counter[str] = Counter()
        self.latency = Histogram(LATENCY_SECONDS)
        self.batches = Histogram(BATCH_SIZES)
        self.purged = 0
        self.retry_streaks = 0
        self.waiting = 0

    def turn_away(self, reason: str) -> None:
        """Counts a connection or request that never became a call."""
        self.turned_away[reason] += 1

    def snapshot(self) -> Snapshot:
        """All of it, as it is now."""
        return Snapshot(
            renewals=_flat(self.renewals),
            first_grants=_flat(self.first_grants),
            turned_away=dict(self.turned_away),
            latency=list(self.latency.counts),
            latency_total=self.latency.total,
            batches=list(self.batches.counts),
            batches_total=self.batches.total,
            purged=self.purged,
            retry_streaks=self.retry_streaks,
            waiting=self.waiting,
        )

    def exposition(self, others: Iterable[Snapshot] = ()) -> bytes:
        """All of it in Prometheus' text format, with what other processes counted."""
        total = self.snapshot()
        for other in others:
            total.add(other)
        registry = CollectorRegistry()
        registry.register(_Page(total))
        return generate_latest(registry)


class _Page(Collector):
    def __init__(self, total: Snapshot) -> None:
        self._total = total

    def collect(self) -> Iterator[Metric]:
        """See ``prometheus_client``."""
        total = self._total
        yield _labelled("remint_renewals", "Renewals asked for.", total.renewals)
        yield _labelled("remint_first_grants", "First grants asked for.", total.first_grants)
        for name, outcome, text in (
            ("remint_retries", "retried", "Renewals answered again within the retry window."),
            ("remint_reuse_detected", "reuse_detected", "Grants revoked because of a replay."),
            ("remint_rewinds", "rewound", "Tokens newer than the database, brought forward."),
        ):
            count = sum(n for key, n in total.renewals.items() if key.endswith(f" {outcome}"))
            yield CounterMetricFamily(name, text, value=count)
        yield _labelled(
            "remint_turned_away",
            "Connections and requests that never became a call.",
            total.turned_away,
            ("reason",),
        )
        yield CounterMetricFamily(
            "remint_retry_streaks",
            "Grants with retries in five generations running: two parties may hold one token.",
            value=total.retry_streaks,
        )
        yield CounterMetricFamily("remint_purged", "Ended grants removed.", value=total.purged)
        yield GaugeMetricFamily(
            "remint_waiting", "Renewals that wait for a batch.", value=total.waiting
        )
        yield _histogram(
            "remint_request_seconds",
            "From a token request's headers to its answer.",
            LATENCY_SECONDS,
            total.latency,
            total.latency_total,
        )
        yield _histogram(
            "remint_batch_size",
            "Renewals that shared one commit.",
            BATCH_SIZES,
            total.batches,
            total.batches_total,
        )


def _flat(counts: Counter[tuple[str, str]]) -> dict[str, int]:
    # The names of dialects and outcomes have no blank in them.
    return {" ".join(key): count for key, count in counts.items()}


def _labelled(
    name: str, text: str, counts: dict[str, int], labels: tuple[str, ...] = ("dialect", "outcome")
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for key, count in sorted(counts.items()):
        family.add_metric(key.split(" "), count)
    return family


def _histogram(
    name: str, text: str, bounds: tuple[float, ...], counts: list[int], total: float
) -> HistogramMetricFamily:
    running = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip(
        [*(str(float(bound)) for bound in bounds), "+Inf"], counts, strict=True
    ):
        running += count
        buckets.append((bound, running))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=total)
