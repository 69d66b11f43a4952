"""``remint renew``, ``forget``, ``keep`` and ``rekey``: what is asked for in so many words."""

from __future__ import annotations

import os
import signal

import pytest

from tests.cli.conftest import running
from tests.cli.terminal import at_terminal
from tests.keeper.provider import access_token, refresh_token, refusal


def test_each_is_renewed(connect, remint, supplier):
    """Whatever its age; no token is shown."""
    connect("acme")
    connect("books")
    done = remint("renew", "acme", "books")
    assert done.status == 0
    assert [line.split(";")[0] for line in done.out.splitlines()] == [
        "acme is renewed",
        "books is renewed",
    ]
    assert remint("token", "acme").out == access_token("acme", 2) + "\n"
    assert access_token("acme", 2) not in done.out


def test_one_fault_does_not_hinder_the_others(connect, remint, supplier):
    """The exit status is that of the first fault."""
    connect("acme")
    connect("books")
    supplier.do(lambda _provider, _call: refusal("invalid_grant"))
    told = remint("renew", "acme", "nobody", "books", "--json")
    assert told.status == 3
    done = remint("renew", "nobody", "books")
    assert done.status == 5
    assert "books is renewed" in done.out


def test_a_dead_one_may_come_back(expired, remint, supplier):
    """A renewal that is asked for is tried."""
    expired("acme")
    supplier.do(lambda _provider, _call: refusal("invalid_grant"))
    assert remint("token", "acme").status == 3
    assert remint("renew", "acme").status == 0
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"


def test_all_that_are_due(connect, expired, remint, supplier):
    """And no others: for cron. What fails is told, and does not hinder."""
    connect("fresh")
    for name in ("a", "b", "c"):
        expired(name)
    supplier.do(lambda _provider, _call: refusal("invalid_client", 401))
    done = remint("renew", "--all-due")
    assert done.status == 1
    assert "2 renewed, 1 failed." in done.err
    assert remint("renew", "--all-due", "--json").json() == {"renewed": 0, "failed": 0}
    assert remint("token", "fresh").out == access_token("fresh", 1) + "\n"


def test_renew_wants_names_or_all(remint, place):
    """One of the two."""
    assert remint("renew").status == 2
    assert remint("renew", "a", "--all-due").status == 2
    assert remint("renew", "--all-due").status == 5


def test_forget_asks(connect, place):
    """At a terminal; no is no."""
    connect("acme")
    with at_terminal("forget", "acme") as terminal:
        terminal.answer([("Forget acme?", "n")])
        assert terminal.end() == 1
    with at_terminal("forget", "acme") as terminal:
        terminal.answer([("Forget acme?", "y")])
        assert terminal.end() == 0
    assert "acme is forgotten" in terminal.said


def test_forget_without_a_terminal(connect, remint):
    """--yes has to be said; an unknown name forgets nothing."""
    connect("acme")
    assert remint("forget", "acme").status == 2
    assert remint("forget", "acme", "nobody", "--yes").status == 5
    assert remint("token", "acme").status == 0
    assert remint("forget", "acme", "--yes", "--json").json() == [
        {"name": "acme", "forgotten": True}
    ]
    assert remint("token", "acme").status == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_keep_renews_what_falls_due(expired, connect, remint, supplier, number):
    """Until it is stopped, and then it ends well; no token in what it says."""
    expired("acme")
    with running("keep", ready="acme renewed") as (process, said):
        assert process.stdout is not None
        assert any("Remint keeps connections fresh, 1 of them now." in line for line in said)
        expired("books")
        for line in process.stdout:
            said.append(line)
            if "books renewed" in line:
                break
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(30) == 0
    assert "renewals: 2" in rest
    shown = "".join(said) + rest
    assert "Traceback" not in shown
    assert access_token("acme", 1) not in shown
    assert refresh_token("acme", 1) not in shown
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"


def test_rekey_keeps_everything(connect, remint, place):
    """A new data key; a new root key in the file; connections as they were."""
    connect("acme")
    old = (place / "keeper.key").read_text()
    assert remint("rekey").status == 0
    assert (place / "keeper.key").read_text() == old
    assert remint("rekey", "--root", "file").status == 0
    assert (place / "keeper.key").read_text() != old
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    (place / "keeper.key").write_text(old)
    assert remint("token", "acme").status == 1


def test_rekey_into_the_environment(connect, remint, place, monkeypatch):
    """The new key is read from there, and told nowhere."""
    connect("acme")
    done = remint("rekey", "--root", "environment")
    assert done.status == 1
    assert "REMINT_KEEPER_NEW_KEY" in done.err
    key = os.urandom(32).hex()
    monkeypatch.setenv("REMINT_KEEPER_NEW_KEY", key)
    done = remint("rekey", "--root", "environment")
    assert done.status == 0, done.err
    assert key not in done.out + done.err
    assert "REMINT_KEEPER_KEY has to hold" in done.err
    monkeypatch.setenv("REMINT_KEEPER_KEY", key)
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    done = remint("rekey", "--root", "file")
    assert "REMINT_KEEPER_KEY must not be set" in done.err
    monkeypatch.delenv("REMINT_KEEPER_KEY")
    assert remint("token", "acme").status == 0
