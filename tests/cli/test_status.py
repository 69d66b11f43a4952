"""``remint status``: what there is, how it is, and why; never a secret."""

from __future__ import annotations

import signal
import time

import pytest

from tests.cli.terminal import at_terminal
from tests.keeper.provider import access_token, refresh_token, refusal


def test_a_table(connect, remint):
    """A row for each, by name; no token in it."""
    connect("books")
    connect("acme")
    done = remint("status")
    rows = [line.split() for line in done.out.splitlines() if "oauth2" in line]
    assert [row[:3] for row in rows] == [
        ["acme", "oauth2", "fresh"],
        ["books", "oauth2", "fresh"],
    ]
    assert "59 min" in done.out
    assert "expires in" in done.out
    for name in ("acme", "books"):
        assert access_token(name, 1) not in done.out
        assert refresh_token(name, 1) not in done.out


def test_it_says_why(expired, remint, supplier):
    """A dead one is told with the provider's words."""
    expired("acme")
    expired("books")
    supplier.do(lambda _provider, _call: refusal("invalid_grant"))
    remint("token", "acme")
    done = remint("status")
    row = next(line for line in done.out.splitlines() if "acme" in line)
    assert "dead" in row
    assert "invalid_grant: No." in row
    assert [each["name"] for each in remint("status", "--state", "dead", "--json").json()] == [
        "acme"
    ]
    assert remint("status", "--state", "nonsense").status == 2
    assert "None." in remint("status", "--state", "renewing").err


def test_one_in_full(connect, remint):
    """For people and for machines."""
    connect("acme")
    told = remint("status", "acme", "--json").json()
    assert (told["name"], told["state"], told["renewals"]) == ("acme", "fresh", 1)
    assert told["expires_at"].endswith("Z")
    assert remint("status", "acme").out.startswith("name        acme\n")
    assert remint("status", "other").status == 5


def test_nothing_yet(remint, place):
    """It says how to begin, and makes nothing."""
    done = remint("status")
    assert (done.status, done.out) == (0, "")
    assert "`remint connect NAME` makes one" in done.err
    assert remint("status", "--json").json() == []
    assert not place.exists()


def test_a_long_list_has_a_limit(connect, remint):
    """And says how to go on."""
    for name in ("a", "b b", "c"):
        connect(name, subject=name[0])
    done = remint("status", "--limit", 2)
    assert "There are more: --after 'b b'" in done.err
    assert " c " not in done.out
    told = remint("status", "--after", "b b", "--json").json()
    assert [each["name"] for each in told] == ["c"]
    assert "more" not in remint("status", "--limit", 3).err


def test_watch_draws_until_ctrl_c(connect, supplier):
    """It shows what changes, and ends well."""
    connect("acme")
    with at_terminal("status", "--watch") as terminal:
        terminal.until("acme")
        terminal.until("1 fresh")
        connect("books")
        terminal.until("books")
        time.sleep(0.1)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 0
    assert "Traceback" not in terminal.said
    assert access_token("acme", 1) not in terminal.said


def test_watch_needs_a_terminal(connect, remint):
    """In a pipe there is nothing to draw on."""
    connect("acme")
    assert remint("status", "--watch").status == 2


@pytest.mark.parametrize(
    "seconds, said",
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3659, "1 h"),
        (7260, "2 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_spans_in_words(seconds, said):
    """In the two largest units."""
    from remint.cli.duration import since, span, until

    assert span(seconds) == said
    assert until(seconds * 1000, 0) == said
    assert until(None, 0) == "never"
    assert until(0, 2000) == "−2 s"
    assert since(0, seconds * 1000) == f"{said} ago"
    assert since(None, 0) == ""
