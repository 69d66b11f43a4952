"""``remint export`` and ``import``: connections from store to store, sealed; and from other libraries."""

from __future__ import annotations

import json
import stat

import pytest

from tests.cli.terminal import at_terminal
from tests.keeper.provider import access_token, refresh_token


@pytest.fixture
def passphrase(tmp_path):
    path = tmp_path / "passphrase"
    path.touch(0o600)
    path.write_text("correct horse battery\n")
    return path


def test_a_copy_is_sealed(connect, remint, tmp_path, passphrase):
    """Nothing of it can be read without the passphrase; with it, it is what was there."""
    connect("acme")
    connect("books")
    file = tmp_path / "all.export"
    done = remint("export", "--to", file, "--passphrase-file", passphrase)
    assert done.status == 0, done.err
    assert "2 connections are copied." in done.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for word in ("acme", access_token("acme", 1), refresh_token("acme", 1), "oauth2"):
        assert word.encode() not in file.read_bytes()
    other = tmp_path / "other"
    done = remint("import", file, "--passphrase-file", passphrase, "--store", other)
    assert (done.status, done.out) == (0, "2 imported, 0 not\n")
    assert remint("token", "books", "--store", other).out == access_token("books", 1) + "\n"
    assert remint("token", "books").status == 0


def test_a_move_leaves_nothing(connect, remint, tmp_path, passphrase):
    """There is one holder at any time."""
    connect("acme")
    connect("books")
    file, other = tmp_path / "one.export", tmp_path / "other"
    done = remint("export", "acme", "--to", file, "--move", "--passphrase-file", passphrase)
    assert "1 connection is moved." in done.err
    assert remint("token", "acme").status == 5
    assert remint("token", "books").status == 0
    remint("import", file, "--passphrase-file", passphrase, "--store", other)
    assert remint("renew", "acme", "--store", other).status == 0


def test_a_move_that_cannot_be_written_forgets_nothing(connect, remint, tmp_path, passphrase):
    """A folder that is not there; a file that is there already; a name that nobody has."""
    connect("acme")
    options = ("--move", "--passphrase-file", passphrase)
    done = remint("export", "--to", tmp_path / "none" / "x", *options)
    assert (done.status, "cannot be written" in done.err) == (1, True)
    file = tmp_path / "there"
    file.write_text("mine")
    done = remint("export", "--to", file, *options)
    assert (done.status, "a file here already" in done.err) == (1, True)
    assert file.read_text() == "mine"
    assert remint("export", "acme", "nobody", "--to", tmp_path / "new", *options).status == 5
    assert not (tmp_path / "new").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["keeper", "passphrase", "there"]
    assert remint("renew", "acme").status == 0


def test_a_plain_copy_is_warned_of(connect, remint, process, tmp_path):
    """On standard output it is for a pipe."""
    connect("acme")
    done = process("export", "--plain", "--to", "-")
    assert "They are not sealed" in done.err
    assert refresh_token("acme", 1) in done.out
    file = tmp_path / "plain"
    file.write_text(done.out)
    file.chmod(0o644)
    done = remint("import", file, "--store", tmp_path / "other")
    assert done.status == 0, done.err
    assert "can be read by others" in done.err


def test_nothing_is_overwritten(connect, remint, tmp_path, passphrase):
    """What is there stays, and is told; with --replace it does not."""
    connect("acme")
    file = tmp_path / "one.export"
    remint("export", "--to", file, "--passphrase-file", passphrase)
    remint("renew", "acme")
    connect("books")
    options = ("import", file, "--passphrase-file", passphrase)
    done = remint(*options)
    assert (done.status, done.out) == (1, "0 imported, 1 not\n")
    assert "acme: is there already; --replace" in done.err
    assert remint("token", "acme").out == access_token("acme", 2) + "\n"
    assert remint(*options, "--replace", "--json").json() == [
        {"name": "acme", "imported": True, "why": ""}
    ]
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"


def test_another_passphrase(connect, remint, tmp_path, passphrase):
    """Nothing is imported, and the passphrase is quoted nowhere."""
    connect("acme")
    file = tmp_path / "one.export"
    remint("export", "--to", file, "--passphrase-file", passphrase)
    passphrase.write_text("something else\n")
    done = remint("import", file, "--passphrase-file", passphrase, "--store", tmp_path / "other")
    assert done.status == 1
    assert "cannot be unsealed (expected the passphrase" in done.err
    assert "something else" not in done.err


def test_a_passphrase_is_typed_twice_unseen(connect, tmp_path, remint):
    """Where there is no file for it; a short one will not do."""
    connect("acme")
    file = tmp_path / "one.export"
    assert "--passphrase-file" in remint("export", "--to", file).err
    word = "a long enough one"
    with at_terminal("export", "--to", file) as terminal:
        terminal.answer([("Passphrase", word), ("Repeat", word)])
        assert terminal.end() == 0
    assert word not in terminal.said
    with at_terminal("export", "--to", tmp_path / "short") as terminal:
        terminal.answer([("Passphrase", "seven77"), ("Repeat", "seven77")])
        assert terminal.end() == 1
    assert "too short" in terminal.said


def test_a_dialect_that_is_not_here(connect, remint, tmp_path):
    """That connection is left out, and the others come in."""
    connect("acme")
    connect("books")
    file = tmp_path / "plain"
    remint("export", "--plain", "--to", file)
    file.write_text(file.read_text().replace('"dialect":"oauth2"', '"dialect":"shop"', 1))
    done = remint("import", file, "--store", tmp_path / "other")
    assert (done.status, done.out) == (1, "1 imported, 1 not\n")
    assert "acme: dialect: " in done.err


TOKENS = {
    "authlib": {
        "access_token": "AT",
        "refresh_token": refresh_token("acme"),
        "token_type": "Bearer",
        "expires_in": 3600,
        "expires_at": 4_000_000_000,
    },
    "requests-oauthlib": {
        "access_token": "AT",
        "refresh_token": refresh_token("acme"),
        "scope": ["a", "b"],
        "expires_at": 4_000_000_000.25,
    },
}


@pytest.mark.parametrize("library", TOKENS)
def test_a_token_of_another_library(remint, supplier, place, tmp_path, library):
    """It goes on being used until it expires; then its refresh token renews it."""
    file = tmp_path / "token.json"
    file.touch(0o600)
    file.write_text(json.dumps(TOKENS[library]))
    options = ("--name", "acme", "--base-url", supplier.base_url, "--client-id", "me")
    done = remint("import", file, *options)
    assert (done.status, done.out, done.err) == (0, "1 imported, 0 not\n", "")
    assert supplier.calls == []
    assert remint("token", "acme").out == "AT\n"
    assert remint("renew", "acme").status == 0
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"
    done = remint("import", file, *options)
    assert (done.status, "--replace" in done.err) == (1, True)


@pytest.mark.parametrize("kind", ["google-auth", "gcloud"])
def test_credentials_of_google(remint, supplier, place, tmp_path, kind):
    """They bring the client and the token endpoint along; a naive expiry is in UTC."""
    found = {
        "token": "AT",
        "refresh_token": refresh_token("acme"),
        "token_uri": f"{supplier.base_url}/oauth/token",
        "client_id": "me",
        "client_secret": "cs",
        "scopes": ["a"],
        "expiry": "2001-01-01T00:00:00.000000",
    }
    if kind == "gcloud":
        found = {key: found[key] for key in ("refresh_token", "client_id", "client_secret")}
        found["type"] = "authorized_user"
    file = tmp_path / "credentials.json"
    file.touch(0o600)
    file.write_text(json.dumps(found))
    options = ("--token-url", f"{supplier.base_url}/oauth/token") if kind == "gcloud" else ()
    done = remint("import", file, "--name", "acme", *options)
    assert done.status == 0, done.err
    assert remint("token", "acme").out == access_token("acme", 1) + "\n"


@pytest.mark.parametrize(
    "text, said",
    [
        ("canary", "holds no tokens that are known here"),
        ('{"canary": 1}', "holds no tokens that are known here"),
        ('{"access_token": "canary"}', "refresh_token"),
        ('{"remint_export":9,"sealed":false}', "is no export of this release"),
        ('{"remint_export":1,"sealed":false}\n', "is not all of an export"),
        ('{"remint_export":1,"sealed":false}\n{"canary":1}\n', "a line that is no connection"),
    ],
)
def test_files_that_will_not_do(remint, place, tmp_path, text, said):
    """They are quoted nowhere."""
    file = tmp_path / "file"
    file.touch(0o600)
    file.write_text(text)
    done = remint("import", file, "--name", "acme", "--client-id", "me", "--base-url", "https://a")
    assert done.status == 1
    assert said in done.err
    assert "canary" not in done.err
    assert remint("import", tmp_path / "none").status == 1
    assert remint("token", "acme").status == 5


def test_a_foreign_file_needs_a_name(remint, place, tmp_path):
    """Nobody else can know it."""
    file = tmp_path / "token.json"
    file.write_text(json.dumps(TOKENS["authlib"]))
    done = remint("import", file)
    assert (done.status, "--name" in done.err) == (2, True)
