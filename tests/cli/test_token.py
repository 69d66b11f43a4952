"""``remint token``: the token and nothing else, and an exit status that says the rest."""

from __future__ import annotations

import subprocess
import sys

import pytest

from remint.cli import athand
from tests.cli.conftest import REMINT
from tests.keeper.provider import access_token, refusal, reply


def test_it_prints_the_token_and_a_newline(connect, process):
    """Fit for ``$(…)``: nothing on standard error either."""
    connect("acme")
    done = process("token", "acme")
    assert (done.status, done.out, done.err) == (0, access_token("acme", 1) + "\n", "")


def test_it_renews_what_has_expired(expired, remint, supplier):
    """One call, and the next time none."""
    expired("acme")
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    assert len(supplier.calls) == 1


def test_headers_for_curl(connect, remint):
    """One a line, as ``curl -H @-`` reads them."""
    connect("acme")
    assert remint("token", "acme", "--header").out == (
        f"Authorization: Bearer {access_token('acme', 1)}\n"
    )


def test_json(connect, remint):
    """Type, expiry and headers beside the token."""
    connect("acme")
    told = remint("token", "acme", "--json").json()
    assert told.keys() == {
        *("access_token", "token_type", "expires_at", "expires_in", "headers", "query")
    }
    assert told["access_token"] == access_token("acme", 1)
    assert 3500 < told["expires_in"] <= 3600
    assert told["expires_at"].endswith("Z")
    assert remint("token", "acme", "--json", "--header").status == 2


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["at hand", "in full"])
def test_a_dead_connection_is_status_3(expired, remint, supplier, options):
    """It says why and what to do; the provider is asked once only."""
    expired("acme")
    supplier.do(lambda _provider, _call: refusal("invalid_grant"))
    for _ in range(2):
        done = remint("token", "acme", *options)
        assert (done.status, done.out) == (3, "")
        assert done.err.startswith("remint: connection 'acme' is dead: invalid_grant")
        assert "`remint connect acme`" in done.err
        assert done.err.count("\n") == 1
    assert len(supplier.calls) == 1


def test_trying_later_is_status_4(expired, remint, supplier):
    """It says when."""
    expired("acme")
    supplier.do(reply(503, b"", Retry_After="300"))
    done = remint("token", "acme")
    assert (done.status, done.out) == (4, "")
    assert "again in 300 s" in done.err


def test_no_such_connection_is_status_5(connect, remint, place):
    """And so where there is no store at all, which is not made by asking."""
    done = remint("token", "acme")
    assert (done.status, done.out) == (5, "")
    assert f"{place}: there is no keeper's store here" in done.err
    assert not place.exists()
    connect("other")
    done = remint("token", "acme")
    assert done.status == 5
    assert "`remint connect acme` makes one" in done.err


def test_another_fault_is_status_1(connect, remint, place):
    """Here a key that is another."""
    connect("acme")
    (place / "keeper.key").write_text("0123456789abcdef" * 4)
    done = remint("token", "acme")
    assert (done.status, done.out) == (1, "")
    assert "sealed under another key" in done.err
    assert "Traceback" not in done.err


def test_a_token_at_hand_loads_little(connect, place):
    """Neither options, nor dialects, nor a client: a script calls it often."""
    connect("acme")
    code = (
        "import sys; from remint.cli import main; sys.argv[1:] = ['token', 'acme']; main();"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == access_token("acme", 1) + "\n"
    loaded = set(done.stderr.split())
    assert not loaded & {"typer", "rich", "httpx2", "remint.dialect", "remint.issuer", "asyncio"}


def test_the_command_proper_loads_no_issuer(connect, place):
    """Nor what only the issuer needs."""
    connect("acme")
    code = (
        "import sys; from remint.cli import main; sys.argv[1:] = ['token', 'acme', '--header'];"
        "\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert "remint.keeper.keeper" in loaded
    assert not loaded & {"remint.issuer", "sqlalchemy", "starlette", "uvicorn", "rich.table"}


@pytest.mark.parametrize(
    "arguments", [[], ["token"], ["token", "--help"], ["token", "a", "b"], ["status", "a"]]
)
def test_only_the_plain_question_is_answered_at_hand(connect, arguments, place):
    """All else is the command's."""
    connect("a")
    assert athand.print_token_at_hand(arguments) is False


@pytest.mark.parametrize("where", ["postgresql://db/keeper", "memory:", "~nobody-here/x"])
def test_only_a_directory_is_looked_into(monkeypatch, where):
    """Whatever the environment says."""
    monkeypatch.setenv("REMINT_KEEPER_STORE", where)
    assert athand.print_token_at_hand(["token", "a"]) is False


def test_a_pipe_that_closes_is_no_traceback(connect):
    """``remint token acme | true``"""
    connect("acme")
    line = f"{REMINT} token acme --json | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_names_may_be_odd(connect, remint):
    """Spaces, slashes and letters of any script."""
    for number, name in enumerate(("my shop", "a/b", "bücher-→", "[red]x[/red]")):
        connect(name, subject=f"s{number}")
        assert remint("token", name).status == 0
        assert name in remint("status").out
        assert remint("forget", name, "--yes").status == 0
