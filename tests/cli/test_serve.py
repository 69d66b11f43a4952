"""``remint serve``, and the commands beside it: other processes on the same data."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request

from tests.cli.conftest import running


def renew(base_url, client_id, secret, token):
    """The status and the answer of a renewal."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": secret,
        "refresh_token": token,
    }
    body = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(f"{base_url}/oauth/token", body, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def until(status, attempt, patience_seconds=10):
    """Attempts until the status is that one: what a command did reaches a server within a second."""
    deadline = time.monotonic() + patience_seconds
    while (found := attempt())[0] != status:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found[1]


def test_commands_work_while_the_server_runs(remint, data_dir):
    """From a new directory on: app, grant, renewal; new secret; disabled, enabled; revoked; new keys."""
    with running("serve", "--port", 0, ready="Remint serves at") as (_, said):
        base_url = said[-1].split("Remint serves at ")[1].split(",")[0]
        made = remint("app", "create", "A", "--json").json()
        client_id, secret = made["client_id"], made["client_secret"]
        issued = remint("grant", "issue", client_id, "--subject", "s", "--json").json()

        status, first = renew(base_url, client_id, secret, issued["refresh_token"])
        assert status == 200
        listed = remint("grant", "list", "--json").json()
        assert [each["generation"] for each in listed] == [1]

        told = remint("app", "rotate-secret", client_id, "--overlap", "0", "--json").json()
        until(401, lambda: renew(base_url, client_id, secret, first["refresh_token"]))
        new = told["client_secret"]
        second = until(200, lambda: renew(base_url, client_id, new, first["refresh_token"]))

        remint("app", "disable", client_id)
        until(401, lambda: renew(base_url, client_id, new, second["refresh_token"]))
        remint("app", "enable", client_id)
        third = until(200, lambda: renew(base_url, client_id, new, second["refresh_token"]))

        assert remint("key", "rotate", "--algorithm", "ES256", "--emergency").status == 0
        (key,) = [
            each for each in remint("key", "list", "--json").json() if each["algorithm"] == "ES256"
        ]
        deadline = time.monotonic() + 10
        while True:
            with urllib.request.urlopen(f"{base_url}/.well-known/jwks.json", timeout=30) as answer:
                if [each["kid"] for each in json.load(answer)["keys"]] == [key["id"]]:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.05)

        remint("grant", "revoke", "--app", client_id)
        until(400, lambda: renew(base_url, client_id, new, third["refresh_token"]))


def test_an_address_that_is_taken_is_told(remint, data_dir, tmp_path):
    """In one line, with the address."""
    with running("serve", "--port", 0, ready="Remint serves at") as (_, said):
        port = said[-1].split("http://127.0.0.1:")[1].split(",")[0]
        done = remint("serve", "--port", port, "--data-dir", tmp_path / "other")
        assert done.status == 1
        assert port in done.err
        assert done.err.count("\n") == 1


def test_settings_come_from_options_environment_and_file(remint, tmp_path, monkeypatch):
    """In that order: each is refused by its own name."""
    file = tmp_path / "remint.toml"
    file.write_text('workers = 2\nport = "x"\n')
    done = remint("serve", "--config", file)
    assert done.err.startswith(f"remint: {file}:2: port: ")
    monkeypatch.setenv("REMINT_PORT", "y")
    assert remint("serve", "--config", file).err.startswith("remint: REMINT_PORT: ")
    assert remint("serve", "--config", file, "--port", 70000).err.startswith("remint: --port: ")
    assert remint("serve", "--server", "other").err.startswith("remint: REMINT_PORT")
    monkeypatch.delenv("REMINT_PORT")
    assert remint("serve", "--server", "other").err.startswith("remint: --server: ")
