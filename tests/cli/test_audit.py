"""``remint audit`` and ``remint activity``."""

from __future__ import annotations

import asyncio
import json

import pytest

from remint.issuer.installation import Installation
from remint.issuer.settings import load_settings
from remint.issuer.upkeep.activity import Recorder


@pytest.fixture
def apps(remint):
    """Two apps in two workspaces, and what making them left in the trail."""
    remint("app", "create", "A", "--client-id", "a", "--scope", "read")
    remint("app", "create", "B", "--client-id", "b", "--workspace", "two")
    remint("grant", "issue", "a", "--subject", "user-1")
    return ("a", "b")


def events(remint, *options):
    """The events that a list tells, by name and app."""
    told = remint("audit", "list", "--json", *options).json()
    return [(each["event"], each["client_id"]) for each in told]


def test_events_are_listed_newest_first(remint, apps):
    """By workspace, event, app and actor; each with who did it."""
    told = remint("audit", "list", "--json").json()
    assert told[0]["event"] == "grant_issued"
    assert {each["actor"] for each in told} == {"command"}
    assert [each["id"] for each in told] == sorted((each["id"] for each in told), reverse=True)
    assert ("app_created", "a") not in events(remint, "--workspace", "two")
    assert events(remint, "--event", "app_created") == [("app_created", "b"), ("app_created", "a")]
    assert events(remint, "--app", "b") == [("app_created", "b")]
    assert events(remint, "--actor", "nobody") == []
    assert events(remint, "--grant", told[0]["grant"]) == [("grant_issued", "a")]
    assert events(remint, "--until", "2020-01-01T00:00:00Z") == []
    assert len(events(remint, "--since", "2020-01-01T00:00:00Z")) == len(told)
    assert "grant_issued" in remint("audit", "list").out


def test_a_list_of_events_goes_on_where_it_ended(remint, apps):
    """Before the last one that was listed."""
    every = remint("audit", "list", "--json").json()
    first = remint("audit", "list", "--limit", 2, "--json").json()
    rest = remint("audit", "list", "--before", first[-1]["id"], "--json").json()
    assert first + rest == every
    told = remint("audit", "list", "--limit", 2)
    assert told.err.strip() == f"There may be more: --before {first[-1]['id']}"


@pytest.mark.parametrize(
    "options, words",
    [
        (["--event", "nothing"], "event: there is no such event"),
        (["--app", "zzz"], "client_id: there is no such app"),
        (["--app", "b", "--workspace", "default"], "client_id: there is no such app"),
        (["--grant", "remint_rt_secret"], "grant: that is no grant id"),
        (["--workspace", "zzz"], "there is no workspace named 'zzz'"),
        (["--since", "yesterday"], "since: is no moment"),
    ],
)
def test_what_cannot_be_searched_for_is_said(remint, apps, options, words):
    """And what it should be; never what may be a token."""
    for verb in ("list", "export"):
        done = remint("audit", verb, *options)
        assert done.status == 1
        assert words in done.err
        assert "remint_rt_secret" not in done.err + done.out


def test_events_are_exported_as_json_lines(process, remint, apps):
    """Oldest first, to standard output, and nothing else there."""
    listed = remint("audit", "list", "--json").json()
    lines = process("audit", "export").out.splitlines()
    assert [json.loads(line) for line in lines] == listed[::-1]
    mine = process("audit", "export", "--app", "b").out.splitlines()
    assert [json.loads(line)["event"] for line in mine] == ["app_created"]


def test_activity_is_told_step_by_step(remint, apps):
    """Of all, of a workspace and of an app; a table for people, every step for machines."""
    assert remint("activity").err.strip() == "Nothing happened."
    installation = Installation(load_settings())
    app = installation.catalogue.app("a")
    recorder = Recorder(installation.activity)
    now_ms = installation.clock.now_ms()
    for _ in range(3):
        recorder.count(app, "advanced", 2, now_ms)
    recorder.count(app, "reuse_detected", 2, now_ms)
    recorder.count(None, "invalid_client", 2, now_ms)
    asyncio.run(recorder.flush())
    installation.close()
    for options, calls in (([], 5), (["--workspace", "default"], 4), (["--app", "a"], 4)):
        for step in (300, 3600):
            told = remint("activity", "--step", step, *options, "--json").json()
            assert sum(told["total"]["outcomes"].values()) == calls
            assert len(told["steps"]) >= 86_400 // step
    assert sum(remint("activity", "--app", "b", "--json").json()["total"]["outcomes"].values()) == 0
    told = remint("activity").out.split()
    assert {"reuse_detected", "others", "p99"} <= set(told)
    assert told[told.index("all") :][:3] == ["all", "5", "3"]


def test_activity_of_no_such_time_is_refused(remint, apps):
    """Two ways to say of what, other steps, or a time that ends before it begins."""
    assert remint("activity", "--app", "a", "--workspace", "default").status == 2
    done = remint("activity", "--step", 60)
    assert (done.status, "expected 300 or 3600" in done.err) == (1, True)
    assert "since: " in remint("activity", "--since", "2099-01-01T00:00:00Z").err
