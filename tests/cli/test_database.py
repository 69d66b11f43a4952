"""``remint database``: the schema, what can be told of a database, and a copy to another engine and back."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from remint.issuer.settings import Settings
from tests.cli.conftest import Command
from tests.cli.renewing import renewed
from tests.postgrescluster import Cluster
from tests.servers import serving

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """An empty database on a server; ``url`` holds no password."""

    cluster: Cluster
    name: str

    @property
    def url(self) -> str:
        return self.cluster.url(self.name).replace(":open-sesame", "")

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Rows of it."""
        return self.cluster.execute(self.name, statement)


@pytest.fixture
def server(postgres_cluster: Cluster) -> Iterator[Server]:
    """One of our own."""
    made = Server(postgres_cluster, f"copied{next(_numbers)}")
    postgres_cluster.create(made.name)
    yield made
    postgres_cluster.drop(made.name)


@dataclass(frozen=True)
class Filled:
    """An installation with an app, and the refresh tokens of its grants."""

    secret: str
    tokens: dict[str, str]


@pytest.fixture
def filled(remint: Command) -> Filled:
    """On SQLite, with three grants."""
    app = remint("app", "create", "Acme", "--client-id", "acme", "--json").json()
    tokens = {
        name: remint("grant", "issue", "acme", "--subject", name, "--json").json()["refresh_token"]
        for name in ("ann", "bob", "eve")
    }
    return Filled(app["client_secret"], tokens)


def query(data_dir: Path, statement: str) -> list[Any]:
    """Rows of the database file."""
    with contextlib.closing(sqlite3.connect(data_dir / "remint.db")) as connection:
        return connection.execute(statement).fetchall()


def test_there_and_back(remint, filled, server, data_dir):
    """A copy is made while a server renews, finished when it has stopped, and taken back: nothing is lost."""
    with serving(Settings(data_dir=data_dir)) as issuer:
        done = remint("database", "copy", server.url)
        assert done.status == 0, done.err
        assert "Stop every server" in done.err
        ann = renewed(issuer, "acme", filled.secret, filled.tokens["ann"])
        remint("grant", "revoke", "--subject", "eve")
        later = remint("grant", "issue", "acme", "--subject", "dan", "--json").json()
        done = remint("database", "copy", server.url, "--finish")
        assert done.status == 1
        assert "stop every server" in done.err
    assert server.query("SELECT count(*) FROM grants") == [(3,)]
    done = remint("database", "copy", server.url, "--finish", "--json")
    assert done.json()["written"] >= 2
    assert server.query("SELECT count(*) FROM grants") == [(4,)]
    assert "it was moved to postgresql://" in remint("app", "list").err

    with serving(Settings(data_dir=data_dir, database=server.url)) as issuer:
        ann = renewed(issuer, "acme", filled.secret, ann)
        assert renewed(issuer, "acme", filled.secret, filled.tokens["eve"]) == "invalid_grant"
        dan = renewed(issuer, "acme", filled.secret, later["refresh_token"])
    done = remint("database", "copy", "sqlite", "--finish", "--database", server.url)
    assert done.status == 0, done.err

    with serving(Settings(data_dir=data_dir)) as issuer:
        for token in (ann, dan, filled.tokens["bob"]):
            assert renewed(issuer, "acme", filled.secret, token) != "invalid_grant"
    remint("app", "create", "Next")
    assert query(data_dir, "SELECT id FROM apps ORDER BY id") == [(1,), (2,)]


def test_a_copy_that_is_not_finished_is_nobodys(remint, filled, server, monkeypatch):
    """Whoever opens it is told so; the source goes on."""
    assert remint("database", "copy", server.url).status == 0
    assert remint("app", "list").status == 0
    monkeypatch.setenv("REMINT_DATABASE", server.url)
    done = remint("app", "list")
    assert (done.status, "a copy of" in done.err) == (1, True)


def test_a_further_run_writes_what_differs(remint, filled, server, data_dir):
    """Nothing where nothing changed; a row that was damaged or is gone comes back, one too many goes."""
    assert remint("database", "copy", server.url, "--json").json()["written"] == 3 + 5
    assert remint("database", "copy", server.url, "--json").json()["written"] == 0
    server.query("UPDATE grants SET generation = 7 WHERE key = (SELECT min(key) FROM grants)")
    server.query("DELETE FROM grants WHERE key = (SELECT max(key) FROM grants)")
    server.query("INSERT INTO audit (at_ms, event) VALUES (1, 'log_in_refused')")
    done = remint("database", "copy", server.url, "--json").json()
    assert (done["written"], done["removed"]) == (2, 2)


def test_another_installation_is_not_overwritten(remint, filled, server, data_dir, monkeypatch):
    """Nor is one that is at work already, be it the same."""
    assert remint("database", "copy", server.url, "--finish").status == 0
    done = remint("database", "copy", server.url)
    assert (done.status, "moved to" in done.err or "works on" in done.err) == (1, True)
    monkeypatch.setenv("REMINT_DATA_DIR", str(data_dir.with_name("other")))
    remint("app", "create", "Other")
    done = remint("database", "copy", server.url)
    assert (done.status, "another installation is in this database" in done.err) == (1, True)


@pytest.mark.parametrize(
    "to, said",
    [
        ("postgresql://ann:secret@localhost/x", "has a password in it"),
        ("mysql://localhost/x", "this is no address of a database"),
        ("sqlite", "SQLite's already"),
        ("", "is empty"),
        ("postgresql://127.0.0.1:1/x", "does not answer"),
    ],
)
def test_a_target_that_will_not_do_is_told(remint, filled, to, said):
    """In one line, without the password."""
    done = remint("database", "copy", to)
    assert done.status != 0
    assert said in " ".join(done.err.replace("│", " ").split())
    assert "secret" not in done.err


def test_members_numbers_are_not_given_out_again(remint, filled, server, data_dir):
    """A number whose row is gone is not used on the other side either."""
    with contextlib.closing(sqlite3.connect(data_dir / "remint.db")) as connection:
        connection.execute("INSERT INTO sqlite_sequence VALUES ('members', 41)")
        connection.commit()
    assert remint("database", "copy", server.url).status == 0
    assert server.query("SELECT nextval('members_id_seq')") == [(42,)]


def test_check_tells_of_sqlite(remint, filled):
    """What is there; a schema that is too old is advised on, and migrated."""
    found = remint("database", "check", "--json")
    told = found.json()
    assert told["engine"].startswith("SQLite")
    assert (told["grants"], told["whole"], told["advice"]) == (3, True, [])
    assert "revision" in remint("database", "check").out


def test_check_tells_of_postgresql(remint, filled, server):
    """The settings that matter; what would be better gives the status 1."""
    assert remint("database", "copy", server.url, "--finish").status == 0
    done = remint("database", "check", "--database", server.url)
    assert done.status == 1
    assert "fsync is off" in done.out
    assert "fill factor" in done.out
    told = json.loads(remint("database", "check", "--database", server.url, "--json").out)
    assert (told["pooled by"], told["keeps what was prepared"]) == ("nobody", True)
    assert remint("database", "migrate", "--database", server.url).status == 0


def test_without_a_database_there_is_nothing_to_do(remint, data_dir):
    """None of the three makes one."""
    for words in (["migrate"], ["check"], ["copy", "postgresql://localhost/x"]):
        done = remint("database", *words)
        assert (done.status, "there is no database here" in done.err) == (1, True)
    assert not data_dir.exists()
