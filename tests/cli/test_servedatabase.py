"""``--database``: the issuer and its commands on PostgreSQL."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from remint.issuer.settings import Settings
from tests.cli.conftest import running
from tests.cli.test_serve import renew, until
from tests.postgrescluster import Cluster

PASSWORD = "open-sesame"


@pytest.fixture
def address(postgres_cluster: Cluster) -> Iterator[str]:
    """An empty database, by an address that may stand on a command line."""
    postgres_cluster.create("served")
    yield postgres_cluster.url("served").replace(f":{PASSWORD}", "")
    postgres_cluster.drop("served")


def ready(base_url: str) -> int:
    """The status of ``/readyz``."""
    try:
        with urllib.request.urlopen(f"{base_url}/readyz", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_workers_and_commands_share_a_database(
    remint, address, monkeypatch, postgres_cluster, data_dir
):
    """Two workers serve what commands make; a restart of the database is told, and got over."""
    options = ("--port", 0, "--database", address, "--workers", 2)
    with running("serve", *options, ready="Remint serves at") as (_, said):
        assert "postgresql://127.0.0.1/served" in said[-1]
        base_url = said[-1].split("Remint serves at ")[1].split(",")[0]
        monkeypatch.setenv("REMINT_DATABASE", address)
        made = remint("app", "create", "A", "--json").json()
        client_id, secret = made["client_id"], made["client_secret"]
        issued = remint("grant", "issue", client_id, "--subject", "s", "--json").json()
        token = until(200, lambda: renew(base_url, client_id, secret, issued["refresh_token"]))
        assert [each["generation"] for each in remint("grant", "list", "--json").json()] == [1]
        postgres_cluster.stop()
        try:
            assert ready(base_url) == 503
            assert renew(base_url, client_id, secret, token["refresh_token"])[0] == 503
        finally:
            postgres_cluster.start()
        token = until(200, lambda: renew(base_url, client_id, secret, token["refresh_token"]))
        deadline = time.monotonic() + 10
        while ready(base_url) != 200:
            assert time.monotonic() < deadline
        assert remint("app", "disable", client_id).status == 0
        until(401, lambda: renew(base_url, client_id, secret, token["refresh_token"]))
    assert not (data_dir / "remint.db").exists()


def test_a_password_on_the_command_line_is_refused(remint):
    """Everybody on the machine could read it; the message says where it may stand."""
    for address in (f"postgresql://me:{PASSWORD}@h/d", f"postgresql://me@h/d?password={PASSWORD}"):
        done = remint("serve", "--database", address)
        assert done.status == 2
        assert "REMINT_DATABASE" in done.err and "pgpass" in done.err
        assert PASSWORD not in done.err + done.out


@pytest.mark.parametrize("address", ["mysql://h/d", "remint", "postgresql://a@b@c/d"])
def test_what_is_no_address_is_told(remint, monkeypatch, address):
    """By its setting, with one that would do."""
    monkeypatch.setenv("REMINT_DATABASE", address)
    done = remint("app", "list")
    assert done.status and "database" in done.err and "postgresql://USER" in done.err


def test_a_database_that_is_away_is_told_without_its_password(remint, monkeypatch):
    """The address as far as it may be shown, and what was wrong."""
    monkeypatch.setenv("REMINT_DATABASE", f"postgresql://me:{PASSWORD}@127.0.0.1:1/d")
    done = remint("app", "list")
    assert done.status and "postgresql://127.0.0.1/d" in done.err
    assert PASSWORD not in done.err


def test_the_settings_show_no_address():
    """There may be a password in it, and settings are logged."""
    shown = repr(Settings(database=f"postgresql://me:{PASSWORD}@h/d"))
    assert "database='…'" in shown and PASSWORD not in shown
    assert "database=''" in repr(Settings())
