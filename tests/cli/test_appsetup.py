"""``contracts/eshopbox.md``, "Setting up", by command: up to a renewal over a real socket."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from remint.issuer.settings import load_settings
from remint.token.credentials import looks_like
from tests.conftest import lacking
from tests.contracts.patience import soon
from tests.contracts.verifiers import read
from tests.contracts.wire import Wire
from tests.servers import serving


@pytest.fixture
def server(data_dir, remint):
    """A server on the data directory of the commands."""
    if shutil.which("curl") is None:
        lacking("curl")
    remint("workspace", "create", "acme")
    with serving(load_settings()) as running:
        yield running


def renew(server, client_id, client_secret, refresh_token):
    """A renewal as the contract has it, by curl: the status and the answer."""
    body = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    done = subprocess.run(
        [
            *("curl", "-sS", "-w", "\n%{http_code}", "-H", "Content-Type: application/json"),
            *("--data-raw", json.dumps(body), f"{server.base_url}/api/v1/generateToken"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    text, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(text)


def claims_of(server, answer):
    """The claims of the access token, verified against the published keys."""
    return read(Wire(server.port), answer["access_token"], server.base_url)


def test_the_contracts_steps(remint, server):
    """Create, install here and in a new development workspace, copy, choose the identifier, renew."""
    made = remint(
        *("app", "create", "Acme Orders", "--dialect", "eshopbox", "--workspace", "acme"),
        *("--scope", "openid orders", "--description", "Brings orders in", "--json"),
    ).json()
    client_id, secret = made["client_id"], made["client_secret"]
    here = remint("app", "install", client_id, "--json").json()
    there = remint("app", "install", client_id, "--development", "acme-test", "--json").json()
    assert (here["workspace"], there["workspace"]) == ("acme", "acme-test")
    assert looks_like("refresh_token", here["refresh_token"])
    status, answer = renew(server, client_id, secret, here["refresh_token"])
    assert (status, answer["expires_in"], answer["token_type"]) == (200, 86400, "Bearer")
    assert "refresh_token" not in answer
    assert "sales_channel" not in claims_of(server, answer)
    channel = remint("app", "sales-channel", client_id, "--identifier", "sku", "--json").json()
    assert channel == {
        "client_id": client_id,
        "sales_channel": "ACME-ORDERS",
        "product_identifier": "sku",
    }
    # The server learns of it within a second.
    soon(
        lambda: (
            "sales_channel"
            in claims_of(server, renew(server, client_id, secret, there["refresh_token"])[1])
        )
    )
    for place in (here, there):
        status, answer = renew(server, client_id, secret, place["refresh_token"])
        claims = claims_of(server, answer)
        assert status == 200
        assert claims["sub"] == place["subject"]
        assert claims["workspace"] == place["subject"].removeprefix("workspace:")
        assert (claims["sales_channel"], claims["product_identifier"]) == ("ACME-ORDERS", "sku")


def test_what_was_taken_away_is_refused(remint, server):
    """An installation that ended, a workspace that was closed, a secret that was ended."""
    made = remint("app", "create", "A", "--dialect", "eshopbox", "--workspace", "acme", "--json")
    client_id, secret = made.json()["client_id"], made.json()["client_secret"]
    tokens = [
        remint("app", "install", client_id, *options, "--json").json()["refresh_token"]
        for options in ([], ["--development", "one"], ["--development", "two"])
    ]
    further = remint("app", "refresh-token", client_id, "--json").json()["refresh_token"]
    assert renew(server, client_id, secret, further)[0] == 200
    assert remint("app", "uninstall", client_id).status == 0
    assert remint("workspace", "close", "one").status == 0
    soon(lambda: renew(server, client_id, secret, tokens[1])[0] == 400)
    for token, status in zip([*tokens, further], (400, 400, 200, 400), strict=True):
        assert renew(server, client_id, secret, token)[0] == status
    new = remint("app", "rotate-secret", client_id, "--json").json()["client_secret"]
    old = remint("app", "show", client_id, "--json").json()["secrets"][1]
    assert (old["hint"], bool(old["expires_at"])) == (secret[-4:], True)
    assert renew(server, client_id, secret, tokens[2])[0] == 200
    assert remint("app", "end-secret", client_id, old["id"]).status == 0
    renewed = remint("app", "show", client_id, "--json").json()
    assert renewed["secrets"][0]["hint"] == new[-4:]
    soon(lambda: renew(server, client_id, secret, tokens[2])[0] == 401)
    assert renew(server, client_id, new, tokens[2])[0] == 200
    assert [each["workspace"] for each in renewed["installations"]] == ["two"]


def test_workspaces_by_command(remint):
    """Made, shown, renamed and closed; what is in earnest is not closed."""
    remint("workspace", "create", "acme")
    made = remint("workspace", "create", "acme-test", "--development-of", "acme", "--json").json()
    assert (made["kind"], made["parent"]) == ("development", "acme")
    remint("app", "create", "A", "--client-id", "a", "--workspace", "acme")
    remint("app", "install", "a", "--workspace", "acme-test")
    shown = remint("workspace", "show", "acme-test", "--json").json()
    assert (shown["apps"], shown["installed"]) == ([], ["a"])
    shown = remint("workspace", "show", "acme", "--json").json()
    assert (shown["apps"], shown["development"]) == (["a"], ["acme-test"])
    assert "installed   a" in remint("workspace", "show", "acme-test").out
    assert remint("workspace", "rename", "acme", "Acme Ltd", "--json").json()["name"] == "Acme Ltd"
    assert "no development workspace" in remint("workspace", "close", "Acme Ltd").err
    assert remint("workspace", "close", "acme-test").status == 0
    remint("workspace", "create", "gone", "--development-of", "Acme Ltd")
    remint("app", "create", "B", "--client-id", "b", "--workspace", "gone")
    remint("workspace", "close", "gone")
    assert [each["client_id"] for each in remint("app", "list", "--json").json()] == ["a"]
    assert remint("app", "show", "b", "--json").json()["disabled"] is True
    assert "there is no workspace" in remint("app", "enable", "b").err
    listed = remint("workspace", "list", "--json").json()
    assert [each["name"] for each in listed] == ["Acme Ltd"]
    assert "Acme Ltd" in remint("workspace", "list").out
    assert "no workspace named 'acme-test'" in remint("workspace", "show", "acme-test").err
    assert "exists already" in remint("workspace", "create", "Acme Ltd").err


def test_an_app_is_changed_by_command(remint):
    """Only what is given; the policy as a rule, a preset or the dialect's own."""
    remint("workspace", "create", "default")
    remint("company", "create", 7713, "Acme Freight")
    remint(
        *("app", "create", "A", "--client-id", "a", "--description", "first"),
        *("--company", 7713, "--claim", "x=1"),
    )
    before = remint("app", "show", "a", "--json").json()
    assert (before["company"], before["token_claims"]["customer_name"]) == (7713, "Acme Freight")
    changed = remint(
        *("app", "change", "a", "--name", "B", "--scope", "orders", "--policy"),
        *("access_lifetime_seconds=900", "--no-company", "--no-claims", "--json"),
    ).json()
    differ = {key for key in before if before[key] != changed[key]}
    assert differ == {"name", "scope", "company", "claims", "token_claims", "policy"}
    assert (changed["token_claims"], changed["policy"]["access_lifetime_seconds"]) == ({}, 900)
    changed = remint("app", "change", "a", "--preset", "own", "--company", 7713, "--json").json()
    assert changed["policy"] == before["policy"]
    assert changed["company"] == 7713
    assert "name  " in remint("app", "change", "a", "--name", "C").out
    for options, status in (
        (["--claim", "a=1", "--no-claims"], 2),
        (["--company", 1, "--no-company"], 2),
        (["--company", 1], 1),
        (["--name", " "], 1),
    ):
        assert remint("app", "change", "a", *options).status == status


def test_wrong_usage_is_told(remint):
    """Options that exclude each other, and what is not there."""
    remint("app", "create", "A", "--client-id", "a")
    assert remint("app", "install", "a", "--workspace", "x", "--development", "y").status == 2
    for options in ([], ["--end", "--identifier", "sku"], ["--code", "AB"]):
        assert remint("app", "sales-channel", "a", *options).status == 2
    assert "is no sales channel" in remint("app", "sales-channel", "a", "--end").err
    assert "is not installed in the workspace 'default'" in remint("app", "uninstall", "a").err
    refused = remint("app", "sales-channel", "a", "--identifier", "asin")
    assert "product_identifier: " in refused.err and "sku, esin" in refused.err
    assert remint("app", "sales-channel", "a", "--identifier", "ean").status == 0
    ended = remint("app", "sales-channel", "a", "--end", "--json").json()
    assert (ended["sales_channel"], ended["product_identifier"]) == (None, None)


def test_companies_by_command(remint):
    """Made, listed and renamed, by the number that tokens carry."""
    remint("workspace", "create", "default")
    assert "has no companies" in remint("company", "list").err
    remint("company", "create", 7713, "Acme Freight")
    assert remint("company", "change", 7713, "Acme").status == 0
    (found,) = remint("company", "list", "--json").json()
    assert (found["number"], found["name"]) == (7713, "Acme")
    assert "Acme" in remint("company", "list").out
    assert "no company number 1" in remint("company", "change", 1, "B").err


def test_policies_are_told(remint):
    """With the standards' names, and each rule as a sentence; for machines with the numbers."""
    remint("workspace", "create", "default")
    told = remint("policy", "list")
    assert "FAPI 2.0 Security Profile §5.3.2.1" in told.out
    assert "An access token is good for 10 minutes." in told.out
    found = {each["name"]: each for each in remint("policy", "list", "--json").json()}
    assert found["eshopbox"]["policy"]["rotation"] == "keep"
    assert found["fapi2-confidential"]["rules"][0]["key"] == "rotation"
