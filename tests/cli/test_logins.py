"""First tokens by command: through a real browser, from our own issuer, by what an issuer says of itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading

import pytest

from remint.issuer.settings import Settings
from tests.cli.conftest import REMINT, running
from tests.keeper.browser.visits import log_in, redeem, turn_down, visit
from tests.keeper.provider import access_token, reply
from tests.servers import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_real_browser_comes_back(supplier, tmp_path):
    """Chromium follows the provider's redirect to the loopback, and shows the page."""
    supplier.do(log_in, redeem)
    browser = (
        f"{CHROMIUM} --headless --no-sandbox --disable-gpu --no-first-run"
        f" --user-data-dir={tmp_path / 'profile'} --dump-dom %s"
    )
    done = subprocess.run(
        [
            *(REMINT, "connect", "acme", "--base-url", supplier.base_url, "--client-id", "me"),
            *("--grant", "authorization_code", "--login-timeout", "90"),
        ],
        env={**os.environ, "BROWSER": browser, "REMINT_CLIENT_SECRET": "cs"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert "You can close this window." in done.stdout
    assert "acme is connected" in done.stderr


def login_at(said):
    """Visits the address that the command printed, and what it leads to."""
    address = next(line for line in said if line.startswith("http"))
    return visit(visit(address).headers["location"])


def rest_of(process):
    """What else the command says."""
    assert process.stdout is not None
    return process.stdout.read()


def test_without_a_browser_the_address_is_printed(supplier, place):
    """A person opens it where there is one."""
    supplier.do(log_in, redeem)
    with running(
        *("connect", "acme", "--no-browser", "--base-url", supplier.base_url, "--client-id", "me"),
        ready="http",
    ) as (process, said):
        assert login_at(said).status == 200
        rest = rest_of(process)
        assert process.wait(60) == 0
    assert "acme is connected" in rest
    done = subprocess.run([REMINT, "token", "acme"], capture_output=True, text=True)
    assert done.stdout == access_token("ada", 0) + "\n"


def test_a_no_in_the_browser(supplier, place):
    """It is told in the provider's words, and nothing is made."""
    supplier.do(turn_down)
    with running(
        *("connect", "acme", "--no-browser", "--base-url", supplier.base_url, "--client-id", "me"),
        ready="http",
    ) as (process, said):
        assert login_at(said).status == 400
        rest = rest_of(process)
        assert process.wait(60) == 1
    assert "remint: access_denied: She said <no>." in rest


def test_nobody_logs_in(remint, supplier, place):
    """It ends after its time."""
    done = remint(
        *("connect", "acme", "--no-browser", "--base-url", supplier.base_url, "--client-id", "me"),
        *("--login-timeout", 1),
    )
    assert done.status == 1
    assert "nobody came back from the browser within 1 seconds" in done.err


def test_an_issuer_is_looked_up_for_other_grants_too(remint, supplier, place, monkeypatch):
    """Only its token endpoint is of use there."""
    monkeypatch.setenv("REMINT_CLIENT_SECRET", "cs")
    said = {"issuer": supplier.base_url, "token_endpoint": f"{supplier.base_url}/elsewhere"}
    supplier.do(reply(200, json.dumps(said).encode()))
    done = remint(
        *("connect", "robot", "--issuer", supplier.base_url, "--client-id", "me"),
        *("--grant", "client_credentials"),
    )
    assert done.status == 0, done.err
    assert supplier.calls[-1].path == "/elsewhere"


def test_our_own_issuer(remint, data_dir, place, tmp_path, monkeypatch):
    """Both halves by command: an app, a grant and a user there; connections here, in two dialects."""
    app = remint("app", "create", "Web", "--client-id", "web", "--json").json()
    grant = remint("grant", "issue", "web", "--subject", "user-1", "--json").json()
    claims = ("--claim", "company_id=7713")
    logs = remint("app", "create", "Logs", "--dialect", "genlogs", *claims, "--json").json()
    user = remint("user", "create", "ada@example.com", "--generate", *claims, "--json").json()
    with serving(Settings(data_dir=data_dir)) as server:
        monkeypatch.setenv("REMINT_CLIENT_SECRET", app["client_secret"])
        monkeypatch.setenv("REMINT_REFRESH_TOKEN", grant["refresh_token"])
        options = ("--base-url", server.base_url)
        done = remint("connect", "web", *options, "--client-id", "web")
        assert done.status == 0, done.err
        monkeypatch.delenv("REMINT_REFRESH_TOKEN")
        monkeypatch.setenv("REMINT_API_KEY", logs["api_key"])
        monkeypatch.setenv("REMINT_PASSWORD", user["password"])
        done = remint(
            *("connect", "logs", "--dialect", "genlogs", "--username", "ada@example.com"), *options
        )
        assert done.status == 0, done.err
        assert remint("renew", "web", "logs").status == 0
        headers = remint("token", "logs", "--header").out
        assert "Access-Token: " in headers
        assert f"x-api-key: {logs['api_key']}\n" in headers
        assert remint("token", "web").out.count(".") == 2
        remint("grant", "revoke", "--app", "web")
        done = remint("renew", "web")
        assert done.status == 3
        assert "invalid_grant" in done.err


def test_ctrl_c_while_it_waits(supplier, place):
    """It ends without a traceback, and listens no more."""

    with running(
        *("connect", "acme", "--no-browser", "--base-url", supplier.base_url, "--client-id", "me"),
        ready="http",
    ) as (process, _said):
        threading.Event().wait(0.3)
        process.send_signal(signal.SIGINT)
        rest = rest_of(process)
        assert process.wait(30) != 0
    assert "Traceback" not in rest
