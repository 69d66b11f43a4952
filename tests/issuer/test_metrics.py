"""What is counted, how it is shown, and that the documentation knows all of it."""

from __future__ import annotations

import os
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from remint.grant.rules import Outcome
from remint.issuer.metrics import Metrics
from remint.issuer.tally import Tally, clear
from tests.house.tree import ROOT
from tests.issuer.conftest import Line, get

OPERATIONS = (ROOT / "docs/operations.md").read_text()


def section(title: str) -> str:
    """A section of the page, without those after it."""
    return re.split(r"\n##+ ", OPERATIONS.partition(f"# {title}\n")[2])[0]


def filled() -> Metrics:
    """Counters that have each counted something."""
    metrics = Metrics()
    metrics.renewals["oauth2", "advanced"] += 3
    metrics.renewals["oauth2", "retried"] += 2
    metrics.renewals["genlogs", "reuse_detected"] += 1
    metrics.renewals["genlogs", "rewound"] += 4
    metrics.first_grants["genlogs", "issued"] += 5
    metrics.turn_away("head")
    metrics.latency.observe(0.002)
    metrics.latency.observe(99)
    metrics.batches.observe(64)
    metrics.purged = 6
    metrics.waiting = 7
    return metrics


def samples(page: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every number of a page by name and labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_every_metric_is_documented():
    """``docs/operations.md`` lists each metric with its type and labels, and no other."""
    documented = {
        row[0]: (row[1], frozenset(re.findall(r"`(\w+)`", row[2])))
        for row in re.findall(r"^\| `(\w+)` \| (\w+) \|(.*?)\|", section("Metrics"), re.MULTILINE)
    }
    shown = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - {"le"},
        )
        for family in text_string_to_metric_families(filled().exposition().decode())
    }
    assert documented == shown


def test_every_outcome_is_documented():
    """Each word that the grant rules and the endpoints use as an outcome has its row."""
    documented = set(re.findall(r"`(\w+)`", section("Outcomes")))
    text = "".join(
        (ROOT / "src/remint/issuer/endpoints" / name).read_text()
        for name in ("endpoint.py", "renewal.py", "firstgrant.py")
    )
    used = set(re.findall(r'outcome = (?:call\.outcome or )?"(\w+)"', text))
    missing = (used | {str(outcome) for outcome in Outcome}) - documented
    assert not missing


def test_every_event_is_documented():
    """Each event that the issuer logs has its row in ``docs/operations.md``."""
    text = "".join(path.read_text() for path in (ROOT / "src/remint/issuer").rglob("*.py"))
    logged = set(re.findall(r'\.(?:info|warning|error)\(\s*"(\w+)"', text))
    documented = set(re.findall(r"^\| `(\w+)` \|", section("The log"), re.MULTILINE))
    assert documented == logged


def test_histograms_are_cumulative():
    """Each bucket counts those below it too; the last one counts all."""
    page = samples(filled().exposition())
    assert page["remint_request_seconds_bucket", ("0.001",)] == 0
    assert page["remint_request_seconds_bucket", ("0.0025",)] == 1
    assert page["remint_request_seconds_bucket", ("10.0",)] == 1
    assert page["remint_request_seconds_bucket", ("+Inf",)] == 2
    assert page["remint_request_seconds_count", ()] == 2
    assert page["remint_request_seconds_sum", ()] == pytest.approx(99.002)
    assert page["remint_batch_size_bucket", ("64.0",)] == 1


def test_events_of_interest_have_a_counter_of_their_own():
    """Retries, reuse and rewinds, over all dialects."""
    page = samples(filled().exposition())
    assert page["remint_retries_total", ()] == 2
    assert page["remint_reuse_detected_total", ()] == 1
    assert page["remint_rewinds_total", ()] == 4


def test_processes_add_up(tmp_path, monkeypatch):
    """Every number is the sum over the processes; a process that is gone keeps what it counted."""
    monkeypatch.setattr(os, "getpid", lambda: 11)
    Tally(tmp_path, filled()).publish()
    monkeypatch.setattr(os, "getpid", lambda: 12)
    second = Tally(tmp_path, filled())
    second.publish()
    alone, both = samples(filled().exposition()), samples(second.exposition())
    assert both == {key: 2 * value for key, value in alone.items()}
    old = time.time() - 60
    os.utime(tmp_path / "run/metrics-11.json", (old, old))
    later = samples(second.exposition())
    assert later["remint_waiting", ()] == 7
    assert later["remint_renewals_total", ("oauth2", "advanced")] == 6


def test_a_damaged_snapshot_is_left_out(tmp_path):
    """Metrics never fail for what lies in the folder; a new start clears it."""
    tally = Tally(tmp_path, filled())
    tally.publish()
    (tmp_path / "run/metrics-1.json").write_bytes(b'{"renewals"')
    (tmp_path / "run/metrics-2.json").write_bytes(b"{}")
    assert samples(tally.exposition()) == samples(filled().exposition())
    clear(tmp_path)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    """Publishing gives up quietly."""
    tally = Tally(tmp_path / "gone" / "too", filled())
    tally.publish()
    assert samples(tally.exposition())["remint_purged_total", ()] == 6


def test_a_server_counts(serve, client):
    """Each renewal is in the counter of its dialect and outcome, in the histogram and in a batch."""
    server = serve()
    line = Line(server.port)
    for _ in range(3):
        line.ask(client.request(client.tokens[0]))
    line.ask(client.request("remint_rt_" + "A" * 72))
    line.close()
    page = samples(get(server.port, "/metrics").body)
    assert page["remint_renewals_total", ("oauth2", "advanced")] == 1
    assert page["remint_renewals_total", ("oauth2", "retried")] == 2
    assert page["remint_renewals_total", ("oauth2", "forged")] == 1
    assert page["remint_request_seconds_count", ()] == 4
    assert page["remint_batch_size_count", ()] >= 1
