"""What the token endpoints did, over time: counted in memory, written every ten seconds, read for charts.

A clean stop loses nothing; ``kill -9`` at most what was counted since the last writing.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice
from typing import Final

import msgspec
import structlog

from remint.errors import ConfigurationError
from remint.issuer.installation import Installation
from remint.issuer.metrics import LATENCY_SECONDS
from remint.store.activity import (
    ALL,
    Activity,
    Counts,
    Step,
    app_series,
    sum_of,
    workspace_series,
)
from remint.store.records import App

SPANS: Final = {300: 3 * 86_400, 3600: 400 * 86_400}
"""How long the steps are, and how long each is kept; both in seconds."""
FLUSH_SECONDS: Final = 10.0
MOST_BUCKETS: Final = 10_000
"""An overview has no more steps than this."""

_SHORTEST: Final = min(SPANS)
_PERIOD_MS: Final = _SHORTEST * 1000
_BOUNDS_MS: Final = tuple(bound * 1000 for bound in LATENCY_SECONDS)
# Beyond the last bound nothing is known but that it was longer.
_EDGES_MS: Final = (0.0, *_BOUNDS_MS, _BOUNDS_MS[-1])
#: Rows that one transaction writes: renewals wait meanwhile.
_AT_ONCE: Final = 500
#: What is kept for a database that does not answer.
_UNSAVED_KEPT: Final = 50_000
_log = structlog.get_logger("remint")

# Period, app, workspace, outcome and place in the latency histogram; the app is 0 where nobody knows it.
_Key = tuple[int, int, int, str, int]


class Recorder:
    """The counters of one process, tied to the loop that counts. One for each service."""

    def __init__(self, store: Activity) -> None:
        self._store = store
        self._counts: dict[_Key, int] = {}
        self._unsaved: dict[Step, Counts] = {}
        self._flushing = asyncio.Lock()
        self._flush: asyncio.Task[None] | None = None

    def count(self, app: App | None, outcome: str, elapsed_ms: int, at_ms: int) -> None:
        """Counts one call that came in at ``at_ms``. A few steps in memory, no lock."""
        place = bisect_left(_BOUNDS_MS, elapsed_ms)
        if app is None:
            key = (at_ms // _PERIOD_MS, 0, 0, outcome, place)
        else:
            key = (at_ms // _PERIOD_MS, app.id, app.workspace_id, outcome, place)
        counts = self._counts
        counts[key] = counts.get(key, 0) + 1

    async def run(self) -> None:
        """Writes every ten seconds until cancelled. A writing that is under way then goes on."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self._flush = asyncio.create_task(self.flush(), name="remint-activity")
            await asyncio.shield(self._flush)

    async def flush(self) -> None:
        """Writes what was counted. What cannot be written now is kept for the next time."""
        async with self._flushing:
            taken, self._counts = self._counts, {}
            try:
                await asyncio.to_thread(self._save, taken)
            except Exception as error:  # noqa: BLE001 - statistics are no reason to stop
                lost = len(self._unsaved) > _UNSAVED_KEPT
                if lost:
                    self._unsaved.clear()
                _log.warning("activity_not_saved", kind=type(error).__name__, lost=lost)

    def _save(self, taken: Mapping[_Key, int]) -> None:
        unsaved = self._unsaved
        for (period, app_id, workspace_id, outcome, place), times in taken.items():
            for step in _steps(period, app_id, workspace_id):
                unsaved.setdefault(step, Counts()).count(outcome, place, times)
        while unsaved:
            batch = dict(islice(unsaved.items(), _AT_ONCE))
            self._store.add(batch)
            for step in batch:
                del unsaved[step]


class Bucket(msgspec.Struct, frozen=True):
    """What happened in one step: calls by outcome, and by the place of their latency in the histogram.

    ``at`` is when it begins, in seconds.
    """

    at: int
    outcomes: dict[str, int]
    latency: list[int]

    @property
    def calls(self) -> int:
        """All calls, whatever they came to."""
        return sum(self.outcomes.values())

    @property
    def p50_ms(self) -> float | None:
        """What half of the calls did not exceed, in milliseconds; ``None`` for no calls."""
        return percentile(self.latency, 0.5)

    @property
    def p99_ms(self) -> float | None:
        """What 99 calls in 100 did not exceed."""
        return percentile(self.latency, 0.99)


class Overview(msgspec.Struct, frozen=True):
    """A row of steps without gaps, oldest first, and all of them together."""

    span_seconds: int
    buckets: list[Bucket]
    totals: Bucket


def overview(
    installation: Installation,
    *,
    series: str = ALL,
    span_seconds: int,
    since: int,
    until: int,
    together: int = 1,
) -> Overview:
    """What a series came to, from the step that ``since`` falls in to the one before ``until``.

    Both are seconds since the epoch. So many steps ``together`` are told as one: a chart has room for few.
    Raises ``ConfigurationError`` for another span than those of ``SPANS``, or more than ``MOST_BUCKETS``
    steps.
    """
    if span_seconds not in SPANS:
        words = " or ".join(map(str, SPANS))
        raise ConfigurationError("there are no such steps", key="span", expected=words)
    first = since - since % span_seconds
    if not 0 < until - first <= MOST_BUCKETS * span_seconds:
        raise ConfigurationError(
            "that is no stretch of time to tell of",
            key="since",
            expected=f"a moment before the end, at most {MOST_BUCKETS:,} steps before it",
        )
    length = span_seconds * together
    steps: list[list[Counts]] = [[] for _ in range(first, until, length)]
    for at, counts in installation.activity.read(series, span_seconds, first, until):
        steps[(at - first) // length].append(counts)
    summed = [sum_of(step) for step in steps]
    buckets = [_bucket(first + length * place, counts) for place, counts in enumerate(summed)]
    return Overview(length, buckets, _bucket(first, sum_of(summed)))


def forget_old(installation: Installation) -> bool:
    """One small step of forgetting counters that are kept no longer; whether there was anything to do."""
    now_s = installation.clock.now_ms() // 1000
    forget = installation.activity.forget_oldest
    # Both, each time: neither span waits for the other.
    done = [forget(span, now_s - kept) for span, kept in SPANS.items()]
    return any(done)


def percentile(latency: list[int], share: float) -> float | None:
    """The milliseconds that ``share`` of the calls did not exceed; ``None`` for no calls.

    ``latency`` counts by the steps of the histogram. Within one, calls are taken as spread evenly.
    """
    upto = list(accumulate(latency))
    if not upto or not upto[-1]:
        return None
    wanted = share * upto[-1]
    place = bisect_left(upto, wanted)
    low, high = _EDGES_MS[place], _EDGES_MS[place + 1]
    return round(low + (high - low) * (1 - (upto[place] - wanted) / latency[place]), 2)


def _bucket(at: int, counts: Counts) -> Bucket:
    return Bucket(at, counts.outcomes, counts.latency)


def _steps(period: int, app_id: int, workspace_id: int) -> Iterator[Step]:
    """The steps that a call of that app and period counts in."""
    series = [ALL]
    if app_id:
        series += [app_series(app_id), workspace_series(workspace_id)]
    for span in SPANS:
        at = period * _SHORTEST // span * span
        yield from (Step(name, span, at) for name in series)
