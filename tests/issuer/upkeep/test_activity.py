"""What was counted is written, adds up over processes, and is read as rows without gaps."""

from __future__ import annotations

import asyncio
import threading

import pytest

from remint.errors import ConfigurationError, StoreUnavailable
from remint.issuer.installation import Installation
from remint.issuer.metrics import LATENCY_SECONDS, Metrics
from remint.issuer.settings import Settings
from remint.issuer.upkeep.activity import (
    MOST_BUCKETS,
    SPANS,
    Recorder,
    forget_old,
    overview,
    percentile,
)
from remint.issuer.upkeep.housekeeping import Housekeeping
from remint.store.activity import ALL, Counts, Step, app_series, workspace_series
from tests.issuer.conftest import Line, make_client

NOON_MS = 1_800_014_400_000
NOON = NOON_MS // 1000


@pytest.fixture
def installation(tmp_path):
    """An installation."""
    made = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    yield made
    made.close()


def told(installation, series=ALL, span=300, since=NOON - 3600, until=NOON + 3600):
    """The steps of a series in which something happened."""
    seen = overview(installation, series=series, span_seconds=span, since=since, until=until)
    return {bucket.at: bucket.outcomes for bucket in seen.buckets if bucket.calls}


async def test_a_call_counts_for_its_app_its_workspace_and_all(installation):
    """In steps of both lengths, by when it came in; a call of nobody known counts for all alone."""
    app = make_client(installation).app
    recorder = Recorder(installation.activity)
    recorder.count(app, "advanced", 3, NOON_MS + 299_999)
    recorder.count(app, "retried", 7, NOON_MS + 300_000)
    recorder.count(None, "invalid_client", 1, NOON_MS + 300_001)
    await recorder.flush()
    of_app = {NOON: {"advanced": 1}, NOON + 300: {"retried": 1}}
    for series in (app_series(app.id), workspace_series(app.workspace_id)):
        assert told(installation, series) == of_app
        assert told(installation, series, 3600) == {NOON: {"advanced": 1, "retried": 1}}
    every = {"retried": 1, "invalid_client": 1}
    assert told(installation) == {**of_app, NOON + 300: every}


async def test_what_cannot_be_written_is_written_later(installation, monkeypatch, capsys):
    """Nothing is counted twice either, where a part had been written; and nobody else minds."""
    recorder = Recorder(installation.activity)
    add, left = installation.activity.add, [1]

    def at_times(counts):
        if not left:
            raise StoreUnavailable("the database is away")
        left.pop()
        add(counts)

    monkeypatch.setattr(installation.activity, "add", at_times)
    monkeypatch.setattr("remint.issuer.upkeep.activity._AT_ONCE", 1)
    recorder.count(None, "advanced", 1, NOON_MS)
    await recorder.flush()
    recorder.count(None, "advanced", 1, NOON_MS)
    await recorder.flush()
    left += [1] * 20
    await recorder.flush()
    await recorder.flush()
    assert told(installation) == {NOON: {"advanced": 2}}
    assert told(installation, span=3600) == {NOON: {"advanced": 2}}


async def test_a_writing_under_way_is_not_cut_short(installation, monkeypatch):
    """A stop that comes in its middle neither loses nor doubles anything."""
    monkeypatch.setattr("remint.issuer.upkeep.activity.FLUSH_SECONDS", 0.0)
    add = installation.activity.add
    begun, let_go = threading.Event(), threading.Event()

    def slowly(counts):
        begun.set()
        let_go.wait(30)
        add(counts)

    monkeypatch.setattr(installation.activity, "add", slowly)
    recorder = Recorder(installation.activity)
    recorder.count(None, "advanced", 1, NOON_MS)
    running = asyncio.create_task(recorder.run())
    await asyncio.to_thread(begun.wait, 30)
    running.cancel()
    recorder.count(None, "advanced", 1, NOON_MS)
    last = asyncio.create_task(recorder.flush())
    let_go.set()
    await last
    assert told(installation) == {NOON: {"advanced": 2}}


async def test_what_is_kept_for_a_database_that_is_away_is_bounded(installation, monkeypatch):
    """Beyond it the oldest counts are given up."""

    def away(_counts):
        raise StoreUnavailable("the database is away")

    monkeypatch.setattr("remint.issuer.upkeep.activity._UNSAVED_KEPT", 2)
    recorder = Recorder(installation.activity)
    with monkeypatch.context() as patch:
        patch.setattr(installation.activity, "add", away)
        for number in range(2):
            recorder.count(None, "advanced", 1, NOON_MS + number * 300_000)
            await recorder.flush()
            await recorder.flush()
    recorder.count(None, "kept", 1, NOON_MS)
    await recorder.flush()
    assert told(installation) == {NOON: {"kept": 1}}


def test_an_overview_has_no_gaps(installation):
    """A step in which nothing happened is there, with nothing; the sum is of all."""
    installation.activity.add(
        {
            Step(ALL, 300, NOON): Counts({"advanced": 3, "retried": 1}, [2, 0, 2]),
            Step(ALL, 300, NOON + 900): Counts({"advanced": 2}, [0, 0, 0, 2]),
        }
    )
    seen = overview(installation, span_seconds=300, since=NOON + 7, until=NOON + 1200)
    assert [bucket.at for bucket in seen.buckets] == [NOON, NOON + 300, NOON + 600, NOON + 900]
    assert [bucket.calls for bucket in seen.buckets] == [4, 0, 0, 2]
    assert [bucket.p50_ms is None for bucket in seen.buckets] == [False, True, True, False]
    assert seen.totals.outcomes == {"advanced": 5, "retried": 1}
    assert seen.totals.calls == 6


def test_longer_steps_lose_no_call(installation):
    """Several steps told as one keep their outcomes, their latencies and where they begin."""
    counted = [{"kept": 1}, {"kept": 2, "retried": 1}, None, {"kept": 5}]
    installation.activity.add(
        {
            Step(ALL, 300, NOON + 300 * place): Counts(each, [sum(each.values())])
            for place, each in enumerate(counted)
            if each
        }
    )
    seen = overview(installation, span_seconds=300, since=NOON, until=NOON + 1300, together=2)
    assert seen.span_seconds == 600
    assert [(each.at, each.outcomes, each.latency) for each in seen.buckets] == [
        (NOON, {"kept": 3, "retried": 1}, [4]),
        (NOON + 600, {"kept": 5}, [5]),
        (NOON + 1200, {}, []),
    ]
    assert seen.totals.outcomes == {"kept": 8, "retried": 1}


@pytest.mark.parametrize(
    "span, since, until, key",
    [
        (60, NOON - 60, NOON, "span"),
        (300, NOON, NOON, "since"),
        (300, NOON + 600, NOON, "since"),
        (300, NOON - MOST_BUCKETS * 300 - 1, NOON, "since"),
    ],
)
def test_an_overview_that_cannot_be_is_refused(installation, span, since, until, key):
    """Other steps, no time at all, or more steps than anybody draws."""
    with pytest.raises(ConfigurationError) as caught:
        overview(installation, span_seconds=span, since=since, until=until)
    assert caught.value.key == key


@pytest.mark.parametrize(
    "latency, share, expected",
    [
        ([], 0.5, None),
        ([0, 0], 0.5, None),
        ([10], 0.5, 0.5),
        ([0, 0, 4], 0.5, 3.75),
        ([98, 0, 0, 2], 0.5, 0.51),
        ([98, 0, 0, 2], 0.99, 7.5),
        ([0] * len(LATENCY_SECONDS) + [5], 0.5, LATENCY_SECONDS[-1] * 1000),
    ],
)
def test_latency_is_read_from_the_histogram(latency, share, expected):
    """Within a step, calls are spread evenly; beyond the last bound only that is known."""
    assert percentile(latency, share) == expected


def test_old_counts_go(installation):
    """Those of short steps after three days, of long ones after four hundred, by the housekeeping."""
    now_s = installation.clock.now_ms() // 1000
    for span, kept in SPANS.items():
        now = now_s - now_s % span
        for at in (now, now - kept + 2 * span, now - kept - 2 * span, now - kept - 3 * span):
            installation.activity.add({Step(ALL, span, at): Counts({"kept": 1}, [1])})
    housekeeping = Housekeeping(installation, Metrics())
    while not housekeeping.purge_step():
        pass
    for span in SPANS:
        assert len(installation.activity.read(ALL, span, 0, now_s + 1)) == 2
    assert not forget_old(installation)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_clean_stop_loses_nothing(serve, client, workers, tmp_path):
    """Every call that was answered is counted, by however many processes."""
    server = serve(workers=workers)
    for number in range(12):
        line = Line(server.port)
        assert line.ask(client.request(client.tokens[number])).status == 200
        assert line.ask(client.request("remint_rt_" + "A" * 72)).status == 400
        line.close()
    assert server.stop() == 0
    installation = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    now_s = installation.clock.now_ms() // 1000
    for series in (ALL, app_series(client.app.id), workspace_series(client.app.workspace_id)):
        seen = overview(
            installation, series=series, span_seconds=300, since=now_s - 3600, until=now_s + 1
        )
        assert seen.totals.outcomes == {"advanced": 12, "forged": 12}
        assert sum(seen.totals.latency) == 24
    installation.close()
