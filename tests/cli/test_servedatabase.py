"""``--database``: the issuer and its commands on PostgreSQL."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from remint.cli.root import app
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


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command there is, by what one types."""
    if not hasattr(command, "commands"):
        yield " ".join(words), command
        return
    for name in command.commands:
        yield from leaves(command.commands[name], (*words, name))


def options(command: Any) -> dict[str, Any]:
    """The options of a command."""
    return {option: each for each in command.params for option in each.opts}


def test_every_command_says_where_alike():
    """Whatever opens an installation is told where it is by the same three options."""
    known = {name: options(each) for name, each in leaves(get_command(app))}
    opening = {name for name, found in known.items() if "--data-dir" in found}
    assert opening == {name for name, found in known.items() if "--database" in found}
    assert {"serve", "backup", "restore", "database copy", "grant import", "key rotate"} <= opening
    for option in ("--data-dir", "--database", "--config"):
        assert len({known[name][option].help for name in opening}) == 1


def test_workers_and_commands_share_a_database(remint, address, postgres_cluster, data_dir):
    """Two workers serve what commands make; a restart of the database is told, and got over."""
    there = ("--database", address)
    with running("serve", "--port", 0, *there, "--workers", 2, ready="Remint serves at") as (
        _,
        said,
    ):
        assert re.search("postgresql://127.0.0.1:[0-9]+/served", said[-1])
        base_url = said[-1].split("Remint serves at ")[1].split(",")[0]
        made = remint("app", "create", "A", "--json", *there).json()
        client_id, secret = made["client_id"], made["client_secret"]
        issued = remint("grant", "issue", client_id, "--subject", "s", "--json", *there).json()
        token = until(200, lambda: renew(base_url, client_id, secret, issued["refresh_token"]))
        listed = remint("grant", "list", "--json", *there).json()
        assert [each["generation"] for each in listed] == [1]
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
        assert remint("app", "disable", client_id, *there).status == 0
        until(401, lambda: renew(base_url, client_id, secret, token["refresh_token"]))
    assert not (data_dir / "remint.db").exists()


@pytest.mark.parametrize(
    "words",
    [("serve",), ("app", "list"), ("restore", "x"), ("database", "check")],
    ids=lambda words: words[0],
)
def test_a_password_on_the_command_line_is_refused(remint, words):
    """Everybody on the machine could read it; the message says where it may stand."""
    for address in (f"postgresql://me:{PASSWORD}@h/d", f"postgresql://me@h/d?password={PASSWORD}"):
        done = remint(*words, "--database", address)
        assert done.status == 2
        assert "REMINT_DATABASE" in done.err and "pgpass" in done.err
        assert PASSWORD not in done.err + done.out


@pytest.mark.parametrize("address", ["mysql://h/d", "remint", "postgresql://a@b@c/d"])
def test_what_is_no_address_is_told(remint, monkeypatch, address):
    """By its setting, with one that would do."""
    monkeypatch.setenv("REMINT_DATABASE", address)
    done = remint("app", "list")
    assert done.status and "database" in done.err and "postgresql://USER" in done.err


@pytest.mark.parametrize(
    "address, named",
    [
        ("postgresql://a@h/d?sslrotcert=x&connect_timeout=3", "sslrotcert"),
        (f"postgresql://a/d?{PASSWORD}@h", None),
        (f"postgresql://a@h/d?{PASSWORD}=1", None),
    ],
)
def test_a_parameter_that_libpq_does_not_know_is_named(remint, monkeypatch, address, named):
    """Unless it may be a piece of a password."""
    monkeypatch.setenv("REMINT_DATABASE", address)
    done = remint("app", "list")
    assert done.status and PASSWORD not in done.err
    assert (f"{named} is no parameter" in done.err) if named else ("no address" in done.err)


def test_another_machine_without_tls_is_told_what_would_do(remint, monkeypatch, postgres_cluster):
    """The certificate of another machine is verified; a name makes this one another."""
    address = postgres_cluster.url("postgres") + "?sslmode=verify-full&sslrootcert=system"
    monkeypatch.setenv("REMINT_DATABASE", address)
    done = remint("database", "migrate")
    assert done.status and "?sslrootcert=FILE" in done.err and "?sslmode=" in done.err


def test_a_database_that_is_away_is_told_without_its_password(remint, monkeypatch):
    """The address as far as it may be shown, and what was wrong."""
    monkeypatch.setenv("REMINT_DATABASE", f"postgresql://me:{PASSWORD}@127.0.0.1:1/d")
    done = remint("app", "list")
    assert done.status and "postgresql://127.0.0.1:1/d" in done.err
    assert PASSWORD not in done.err


def test_the_settings_show_no_address():
    """There may be a password in it, and settings are logged."""
    shown = repr(Settings(database=f"postgresql://me:{PASSWORD}@h/d"))
    assert "database='…'" in shown and PASSWORD not in shown
    assert "database=''" in repr(Settings())


def test_a_role_that_may_only_use_the_tables(remint, address, postgres_cluster, monkeypatch):
    """Its owner makes them; until it has every right it is told which, and nobody takes it for ready."""
    assert remint("database", "migrate", "--database", address).status == 0
    assert "no installation here" in remint("app", "list", "--database", address).err
    execute = postgres_cluster.execute
    execute("served", "CREATE ROLE clerk LOGIN")
    tables = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
    execute("served", f"GRANT {tables} TO clerk")
    theirs = ("--database", postgres_cluster.url("served").replace("remint:open-sesame", "clerk"))
    try:
        done = remint("app", "create", "A", *theirs)
        assert (done.status, "Traceback" in done.err) == (4, False)
        assert "permission denied for sequence" in done.err and "USAGE" in done.err
        execute("served", "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk")
        assert remint("app", "create", "A", *theirs).status == 0
        with running("serve", "--port", 0, *theirs, ready="Remint serves at") as (_, said):
            base_url = said[-1].split("Remint serves at ")[1].split(",")[0]
            assert ready(base_url) == 200
            execute("served", "REVOKE UPDATE ON grants FROM clerk")
            assert ready(base_url) == 503
    finally:
        execute("served", "DROP OWNED BY clerk")
        execute("served", "DROP ROLE clerk")
