"""``remint connect``: a first token by each way there is, and a secret by none that others can see."""

from __future__ import annotations

import json
import os
import stat

import pytest

from tests.cli.terminal import at_terminal
from tests.keeper.provider import access_token, refresh_token, refusal, reply

DIALECT = """
name = "acme"
title = "Acme"
summary = "A test."

[renewal]
rotation = "strict"

[call.refresh_token]
method = "POST"
path = "/oauth/token"

[call.refresh_token.request]
grant_type = { in = "form" }
refresh_token = { in = "form" }
client_id = { in = "form" }

[call.refresh_token.request.extras]
tenant = { in = "form" }
pin = { in = "form", secret = true }

[answer.fields]
access_token = {}
token_type = {}
expires_in = {}
refresh_token = { required = false }

[[failure]]
path = "error"
equals = ["invalid_grant"]
code = "invalid_grant"
outcome = "dead"
"""


@pytest.fixture
def secrets(tmp_path):
    """``secrets(text)``: a secrets file."""

    def write(text, mode=0o600, name="secrets.toml"):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def test_a_refresh_token_is_handed_over_by_the_environment(connect, remint, place):
    """It is used at once; one line says how to go on; the store is this user's alone."""
    done = connect("acme")
    assert done.out == ""
    assert done.err.startswith("acme is connected (oauth2); its token expires in 59 min")
    assert done.err.endswith("`remint token acme` prints a token.\n")
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "connections.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("form", ["toml", "json", "stdin"])
def test_secrets_come_from_a_file(process, supplier, secrets, form):
    """TOML or JSON, or standard input."""
    found = {"client_id": "me", "client_secret": "cs", "refresh_token": refresh_token("acme")}
    text = json.dumps(found)
    if form == "toml":
        text = "".join(f'{key} = "{value}"\n' for key, value in found.items())
    path = "-" if form == "stdin" else secrets(text)
    done = process(
        *("connect", "acme", "--base-url", supplier.base_url, "--secrets", path),
        typed=text if form == "stdin" else "",
    )
    assert done.status == 0, done.err
    assert supplier.calls[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "text, mode, said",
    [
        ('refresh_token = "x"', 0o644, "others may read it (mode 0644) (expected mode 0600"),
        ('refresh_token = "canary', 0o600, "cannot be understood (expected TOML"),
        ("{canary", 0o600, "cannot be understood (expected TOML"),
        ('refresh_tokem = "x"', 0o600, "refresh_tokem: is of no use here (expected some of"),
        ("extras = 1", 0o600, "extras: is no table"),
        ('refresh_token = ["canary"]', 0o600, "refresh_token: has a value of another type"),
    ],
)
def test_a_secrets_file_that_will_not_do(remint, supplier, secrets, text, mode, said):
    """The message says what would, and never quotes the file."""
    path = secrets(text, mode)
    done = remint(
        *("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me"),
        *("--secrets", path),
    )
    assert done.status == 1
    assert said in done.err
    assert "canary" not in done.err
    assert supplier.calls == []


def test_without_a_terminal_it_says_how_to_give_a_secret(remint, supplier):
    """And makes nothing."""
    done = remint("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me")
    assert done.status == 1
    assert done.err == (
        "remint: refresh_token: is missing, and there is no terminal to ask for it at (expected"
        " REMINT_REFRESH_TOKEN in the environment, or refresh_token in --secrets FILE)\n"
    )
    assert remint("status", "--json").json() == []


def test_a_terminal_is_asked_unseen(supplier, place):
    """What is missing, secrets without echo; an optional one may be left out."""
    token = refresh_token("acme")
    with at_terminal(
        *("connect", "acme", "--grant", "refresh_token", "--base-url", supplier.base_url)
    ) as terminal:
        terminal.answer(
            [
                ("Refresh token:", token),
                ("Client id:", "me"),
                ("Client secret (Enter if there is none):", ""),
            ]
        )
        assert terminal.end() == 0, terminal.said
    assert "acme is connected" in terminal.said
    assert token not in terminal.said
    assert supplier.calls[-1].form["client_id"] == "me"


def test_a_secret_is_no_option(remint, supplier, place, tmp_path):
    """There is none for it, and a secret extra is refused as one."""
    assert remint("connect", "acme", "--refresh-token", "x").status == 2
    file = tmp_path / "acme.toml"
    file.write_text(DIALECT)
    done = remint(
        *("connect", "acme", "--dialect", file, "--base-url", supplier.base_url),
        *("--client-id", "me", "--extra", "tenant=t", "--extra", "pin=1234"),
    )
    assert done.status == 2
    assert "REMINT_EXTRA_PIN" in done.err


def test_a_dialect_file_is_kept_beside_the_store(
    remint, supplier, place, tmp_path, monkeypatch, secrets
):
    """Later commands find it there; another of the same name does not take its place by accident."""
    file = tmp_path / "shop.toml"
    file.write_text(DIALECT)
    monkeypatch.setenv("REMINT_EXTRA_PIN", "1234")
    path = secrets(f'refresh_token = "{refresh_token("a")}"\n[extras]\ntenant = "t"\n')
    options = ("--base-url", supplier.base_url, "--client-id", "me", "--secrets", path)
    done = remint("connect", "a", "--dialect", file, *options)
    assert done.status == 0, done.err
    form = supplier.calls[-1].form
    assert (form["tenant"], form["pin"]) == ("t", "1234")
    assert (place / "dialects" / "acme.toml").read_text() == DIALECT
    file.unlink()
    assert remint("renew", "a").status == 0
    file.write_text(DIALECT.replace("A test.", "Another."))
    done = remint("connect", "b", "--dialect", file, *options)
    assert done.status == 1
    assert "another dialect of that name; --replace" in done.err


@pytest.mark.parametrize(
    "change, said",
    [
        (('name = "acme"', 'name = "oauth2"'), 'oauth2" is the name of a dialect that comes'),
        (("[renewal]", "[renewall]"), "renewal"),
    ],
)
def test_a_dialect_file_that_will_not_do(remint, supplier, place, tmp_path, change, said):
    """It is told by file and line, and kept nowhere."""
    file = tmp_path / "shop.toml"
    file.write_text(DIALECT.replace(*change))
    done = remint("connect", "a", "--dialect", file, "--base-url", supplier.base_url)
    assert done.status == 1
    assert f"{file}:" in done.err
    assert said.replace('"', "'") in done.err
    assert not (place / "dialects").exists()


def test_a_name_that_is_taken_stays(connect, remint, supplier, monkeypatch):
    """Unless it is to be replaced; and a bad token does not cost the connection that there is."""
    connect("acme")
    calls = len(supplier.calls)
    monkeypatch.setenv("REMINT_REFRESH_TOKEN", refresh_token("other"))
    options = ("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me")
    done = remint(*options)
    assert done.status == 1
    assert "--replace" in done.err
    assert len(supplier.calls) == calls
    monkeypatch.setenv("REMINT_REFRESH_TOKEN", "nonsense")
    assert remint(*options, "--replace").status in (1, 3)
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    monkeypatch.setenv("REMINT_REFRESH_TOKEN", refresh_token("other"))
    assert remint(*options, "--replace").status == 0
    assert remint("token", "acme").out == access_token("other", 1) + "\n"


def test_the_provider_s_no_is_told(remint, supplier, place, monkeypatch):
    """No connection is left of it."""
    monkeypatch.setenv("REMINT_REFRESH_TOKEN", "nonsense")
    done = remint("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me")
    assert done.status in (1, 3)
    assert "invalid_grant" in done.err
    assert "nonsense" not in done.err
    assert remint("token", "acme").status == 5


def test_a_provider_that_is_away(remint, supplier, place, monkeypatch):
    """The token is kept, and tried again: it must not be lost to an outage."""
    monkeypatch.setenv("REMINT_REFRESH_TOKEN", refresh_token("acme"))
    supplier.do(reply(503, b"", Retry_After="300"))
    done = remint("connect", "acme", "--base-url", supplier.base_url, "--client-id", "me")
    assert done.status == 4
    assert "is kept, and will be tried again" in done.err
    assert remint("status", "acme", "--json").json()["code"]


def test_a_client_of_its_own(remint, supplier, place, monkeypatch):
    """client_credentials: renewed by the same call again."""
    monkeypatch.setenv("REMINT_CLIENT_SECRET", "cs")
    options = ("--base-url", supplier.base_url, "--client-id", "me", "--scope", "read")
    done = remint("connect", "robot", "--grant", "client_credentials", *options)
    assert done.status == 0, done.err
    assert supplier.calls[-1].form == {"grant_type": "client_credentials", "scope": "read"}
    told = remint("status", "robot", "--json").json()
    assert told["grant"] == "client_credentials"
    supplier.do(lambda _provider, _call: refusal("invalid_client", 401))
    assert remint("renew", "robot").status == 3


def test_wrong_words(remint, supplier, place):
    """Each names what would do."""
    done = remint("connect", "acme", "--dialect", "nonsense")
    assert done.status == 1
    assert "dialect" in done.err
    done = remint("connect", "acme", "--grant", "nonsense", "--base-url", supplier.base_url)
    assert "expected one of refresh_token" in done.err
    done = remint(
        *("connect", "acme", "--grant", "refresh_token", "--base-url", supplier.base_url),
        *("--extra", "dc=eu"),
    )
    assert "dc: the dialect 'oauth2' has no use for it" in done.err


@pytest.mark.parametrize(
    "url", ["postgresql://me:canary@db/keeper", "postgresql://db/keeper?password=canary"]
)
def test_a_password_in_an_address_is_refused(remint, place, url):
    """On the command line everybody would see it."""
    done = remint("status", "--store", url)
    assert done.status == 2
    assert "REMINT_KEEPER_STORE" in done.err
    assert remint("status", "--store", "memory:").status == 2


def test_the_key_may_come_from_the_environment(connect, remint, place, monkeypatch):
    """Then there is no key file; and without it nothing opens."""
    monkeypatch.setenv("REMINT_KEEPER_KEY", os.urandom(32).hex())
    connect("acme")
    assert not (place / "keeper.key").exists()
    monkeypatch.delenv("REMINT_KEEPER_KEY")
    done = remint("token", "acme")
    assert done.status == 1
    assert "REMINT_KEEPER_KEY" in done.err
