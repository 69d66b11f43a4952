"""``remint serve --demo``: what it prints works as printed."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess

import pytest

from remint.dialect import builtin_names
from remint.dialect.catalogue import builtin
from tests.cli.conftest import running
from tests.conftest import lacking

LAST = "# partner: Get a partner's first tokens"

# The shape of the issue: each name, and the type of what it holds.
CREDENTIALS: dict[str, dict[str, type]] = {
    "oauth2": {"client_id": str, "client_secret": str, "refresh_token": str},
    "eshopbox": {"client_id": str, "client_secret": str, "refresh_token": str},
    "partner": {"partner_id": int, "refresh_token": str, "username": str, "password": str},
    "genlogs": {"api_key": str, "refresh_token": str, "email": str, "password": str},
}

FIFTH = """
name = "acme"
title = "Acme"
[call.refresh_token]
path = "/acme/{shop}/token"
[call.refresh_token.request]
refresh_token = { in = "json", name = "rt" }
client_id = { in = "path", name = "shop", credential = "shop_id" }
client_secret = { in = "json", name = "it's a secret" }
[answer.fields]
access_token = {}
extras.level = { format = "integer", example = 5 }
extras.city = {}
"""


@pytest.fixture(autouse=True)
def _curl():
    if shutil.which("curl") is None:
        lacking("curl")


def demo(*options):
    """A demonstration that has printed all but its last line."""
    return running("serve", "--demo", "--port", 0, *options, ready=LAST)


def curl_lines(process, said):
    """The curl lines: all but the last are said, and the last follows the line that was waited for."""
    return [line for line in [*said, process.stdout.readline()] if line.startswith("curl ")]


def run(line):
    """What a line that was copied into a shell answers."""
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), (line, done.stderr)
    return json.loads(done.stdout)


def has_token(answer):
    return "access_token" in answer or "token" in answer.get("access_token_data", {})


def test_every_line_works_as_printed_and_again_after_a_restart(data_dir, tmp_path):
    """A line for each call of each dialect. An earlier file of credentials stays good."""
    file = tmp_path / "credentials.json"
    calls = sum(len(builtin(name).served) for name in builtin_names())
    with demo("--credentials", file) as (process, said):
        lines = curl_lines(process, said)
        assert len(lines) == calls
        for line in lines:
            assert has_token(run(line))
        first = json.loads(file.read_text())
        (base_url,) = {
            url for line in lines for url in re.findall(r"http://127\.0\.0\.1:\d+", line)
        }
        assert first["base_url"] == base_url
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()
    with demo("--credentials", file) as (process, said):
        again = curl_lines(process, said)
        assert set(again).isdisjoint(lines)
        for line in again:
            assert has_token(run(line))
        second = json.loads(file.read_text())
        old_port, port = first["base_url"].split(":")[2], second["base_url"].split(":")[2]
        # Each renewal was answered once; within the window its line is answered again.
        for line in lines:
            assert has_token(run(line.replace(f":{old_port}/", f":{port}/")))
    for name, credentials in CREDENTIALS.items():
        for key in credentials.keys() - {"refresh_token"}:
            assert first[name][key] == second[name][key]


def test_the_file_has_the_promised_shape(data_dir, tmp_path):
    """By the names that the dialect files give; the user and the password are one."""
    file = tmp_path / "credentials.json"
    file.write_text("what was here before")
    with demo("--credentials", file):
        written = json.loads(file.read_text())
    assert written.keys() == {"base_url", *CREDENTIALS}
    for name, credentials in CREDENTIALS.items():
        found = {key: type(value) for key, value in written[name].items()}
        assert found == credentials
    assert written["partner"]["password"] == written["genlogs"]["password"]


def test_what_is_printed_is_plain(data_dir, monkeypatch):
    """No colours, nothing folded, whatever the terminal claims; comments and lines alternate."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with demo() as (process, said):
        lines = curl_lines(process, said)
    assert all("\x1b" not in line for line in lines)
    text = "\n".join(said)
    for word in ("/docs", "/metrics", "data", "delete it whenever you like"):
        assert word in text
    for line in lines[:-1]:
        assert said[said.index(line) - 1].startswith("# ")


def test_a_fifth_dialect_is_demonstrated_without_code(data_dir, tmp_path, monkeypatch):
    """What it needs is read from its file: a path, odd names, claims with and without an example."""
    folder = tmp_path / "dialects"
    folder.mkdir()
    (folder / "acme.toml").write_text(FIFTH)
    monkeypatch.setenv("REMINT_DIALECT_FOLDERS", str(folder))
    file = tmp_path / "credentials.json"
    with demo("--credentials", file) as (process, said):
        (line,) = [line for line in curl_lines(process, said) if "/acme/" in line]
        answer = run(line)
        credentials = json.loads(file.read_text())["acme"]
    assert (answer["level"], answer["city"]) == (5, "example")
    assert credentials.keys() == {"shop_id", "client_secret", "refresh_token"}


def test_a_credential_that_was_rotated_away_is_put_back(data_dir, remint, tmp_path):
    """A later start prints lines that work, whatever was done in between."""
    with demo():
        apps = remint("app", "list", "--json").json()
    for app in apps:
        if app["authentication"] == "secret":
            for _ in range(2):
                remint("app", "rotate-secret", app["client_id"], "--overlap", 0)
        if app["authentication"] == "api_key":
            remint("api-key", "revoke", app["client_id"], 1)
    with demo() as (process, said):
        for line in curl_lines(process, said):
            assert has_token(run(line))
    assert remint("app", "list", "--json").json() == apps


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com"])
def test_others_can_not_reach_it(remint, data_dir, host):
    """Its credentials are printed: so only an address of this machine will do."""
    done = remint("serve", "--demo", "--host", host)
    assert done.status == 1
    assert done.err.startswith("remint: host: a demonstration prints its credentials")
    assert "127.0.0.1" in done.err
    assert not data_dir.exists()


def test_an_installation_in_earnest_is_left_alone(remint, process):
    """The message says how else to go on."""
    remint("app", "create", "A")
    done = process("serve", "--demo", "--port", 0)
    assert done.status == 1
    assert "holds apps that are no demonstration" in done.err
    assert "--data-dir" in done.err
    assert len(remint("app", "list", "--json").json()) == 1


def test_credentials_are_for_a_demonstration_only(remint, tmp_path):
    """Elsewhere none are known; and a folder that is not there is told."""
    assert remint("serve", "--credentials", tmp_path / "c.json").status == 2
    done = remint("serve", "--demo", "--port", 0, "--credentials", tmp_path / "none" / "c.json")
    assert done.status == 1
    assert "the credentials cannot be written" in done.err
