"""What the agent counts. Names, labels and meanings are listed in ``docs/agent.md``, held to this file."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from remint.keeper.connection import State
from remint.keeper.events import Event

STATES: Final[tuple[State, ...]] = ("fresh", "renewing", "in_doubt", "dead")
OUTCOMES: Final = ("renewed", "recovered", "delayed", "in_doubt", "unreadable", "dead", "login")


class Gauges(msgspec.Struct):
    """What is looked up when somebody asks. ``states`` is ``None`` where the store does not answer."""

    states: dict[str, int] | None = None
    overdue_seconds: float = 0.0
    lag_seconds: float = 0.0


class Metrics:
    """The counters of one agent."""

    def __init__(self) -> None:
        self.tokens: Counter[str] = Counter({"warm": 0, "cold": 0})
        self.requests: Counter[tuple[str, int]] = Counter()
        self.renewals: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self.store_errors = 0
        self._lock = threading.Lock()

    def hear(self, event: Event) -> None:
        """Counts what the keeper tells, from whatever thread."""
        if event.kind in OUTCOMES:
            with self._lock:
                self.renewals[event.kind] += 1

    def exposition(self, gauges: Gauges) -> bytes:
        """All of it in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Page(self, gauges))
        return generate_latest(registry)


class _Page(Collector):
    def __init__(self, metrics: Metrics, gauges: Gauges) -> None:
        self._metrics = metrics
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """See ``prometheus_client``."""
        metrics, gauges = self._metrics, self._gauges
        tokens = CounterMetricFamily("remint_agent_tokens", "Tokens handed out.", labels=("from",))
        for temperature, count in metrics.tokens.items():
            tokens.add_metric([temperature], count)
        yield tokens
        renewals = CounterMetricFamily(
            "remint_agent_renewals", "Renewals by this agent.", labels=("outcome",)
        )
        for outcome, count in metrics.renewals.items():
            renewals.add_metric([outcome], count)
        yield renewals
        requests = CounterMetricFamily(
            "remint_agent_requests", "Requests answered.", labels=("path", "status")
        )
        for (path, status), count in sorted(metrics.requests.items()):
            requests.add_metric([path, str(status)], count)
        yield requests
        yield CounterMetricFamily(
            "remint_agent_store_errors",
            "Requests that failed because of the store.",
            value=metrics.store_errors,
        )
        yield from _looked_up(gauges)


def _looked_up(gauges: Gauges) -> Iterator[Metric]:
    is_up = gauges.states is not None
    yield GaugeMetricFamily("remint_agent_store_up", "Whether the store answers.", value=int(is_up))
    yield GaugeMetricFamily(
        "remint_agent_scheduler_lag_seconds",
        "For how long the oldest that the scheduler has not begun has been due.",
        value=gauges.lag_seconds,
    )
    if gauges.states is None:
        return
    connections = GaugeMetricFamily(
        "remint_agent_connections", "Connections in the store.", labels=("state",)
    )
    for state in STATES:
        connections.add_metric([state], gauges.states.get(state, 0))
    yield connections
    yield GaugeMetricFamily(
        "remint_agent_overdue_seconds",
        "For how long the oldest connection that is due has been so.",
        value=gauges.overdue_seconds,
    )
