"""``remint backup`` and ``restore``: the drill of the handbook, on both engines, and what is refused."""

from __future__ import annotations

import itertools
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from remint.issuer.settings import Settings
from remint.token import sealedstream
from tests.cli.conftest import Command
from tests.cli.renewing import renewed
from tests.postgrescluster import Cluster
from tests.servers import RunningServer, serving

_numbers = itertools.count(1)


@dataclass
class Drill:
    """An installation on one engine, its clients, and where its backups go."""

    remint: Command
    data_dir: Path
    passphrase: Path
    monkeypatch: pytest.MonkeyPatch
    cluster: Cluster | None
    url: str = ""
    secret: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The backup."""
        return self.passphrase.with_name("remint.backup")

    def fresh(self) -> None:
        """From now on the database is an empty one on a server; SQLite's is where it was."""
        if self.cluster is not None:
            name = f"backup{next(_numbers)}"
            self.cluster.create(name)
            self.made.append(name)
            self.url = self.cluster.url(name)
            self.monkeypatch.setenv("REMINT_DATABASE", self.url)

    def fill(self) -> None:
        """An app, and grants of people to it."""
        app = self.remint("app", "create", "Acme", "--client-id", "acme", "--json").json()
        self.secret = app["client_secret"]
        for name in ("idle", "busy", "busiest", "revoked"):
            done = self.remint("grant", "issue", "acme", "--subject", name, "--json")
            self.tokens[name] = done.json()["refresh_token"]

    def serving(self) -> Any:
        """A server of it."""
        return serving(Settings(data_dir=self.data_dir, database=self.url))

    def renew(self, issuer: RunningServer, name: str, times: int = 1) -> None:
        """Renews with the newest token."""
        for _ in range(times):
            self.tokens[name] = self.present(issuer, name)
            assert self.tokens[name] != "invalid_grant", name

    def present(self, issuer: RunningServer, name: str) -> str:
        """What the newest token gets."""
        return renewed(issuer, "acme", self.secret, self.tokens[name])

    def run(self, *words: object, status: int = 0) -> Any:
        """A command with the passphrase."""
        done = self.remint(*words, "--passphrase-file", self.passphrase)
        assert done.status == status, done.err
        return done


@pytest.fixture(params=["sqlite", "postgres"])
def drill(request, remint, data_dir, tmp_path, monkeypatch) -> Iterator[Drill]:
    """An installation with grants in it."""
    monkeypatch.setattr(sealedstream, "COST", 2)
    passphrase = tmp_path / "passphrase"
    passphrase.touch(0o600)
    passphrase.write_text("correct horse battery\n")
    on_server = request.param == "postgres"
    cluster = request.getfixturevalue("postgres_cluster") if on_server else None
    if on_server:
        folder = request.getfixturevalue("postgres_folder")
        monkeypatch.setenv("PATH", str(folder), prepend=":")
    made = Drill(remint, data_dir, passphrase, monkeypatch, cluster)
    made.fresh()
    made.fill()
    yield made
    if made.cluster is not None:
        for name in made.made:
            made.cluster.drop(name)


def test_the_drill(drill):
    """After a restore every token renews, also where the backup is behind; what was revoked stays revoked."""
    with drill.serving() as issuer:
        drill.renew(issuer, "busy", 2)
        drill.run("backup", drill.file)
        assert stat.S_IMODE(drill.file.stat().st_mode) == 0o600
        drill.renew(issuer, "busy", 1)
        drill.renew(issuer, "busiest", 7)
        assert drill.remint("grant", "revoke", "--subject", "revoked").status == 0
        assert drill.remint("key", "rotate", "--refresh").status == 0
        drill.run("restore", drill.file, status=1)
    drill.fresh()
    told = drill.run("restore", drill.file, "--json").json()
    assert (told["apps"], told["grants"]) == (1, 4)
    with drill.serving() as issuer:
        for name in ("idle", "busy", "busiest"):
            drill.renew(issuer, name, 2)
        assert drill.present(issuer, "revoked") == "invalid_grant"
    events = drill.remint("audit", "list", "--event", "rewound", "--json").json()
    assert len(events) == 2


def test_everything_is_lost_but_the_root_key(drill, tmp_path):
    """A new machine: the keys and the journal come out of the backup."""
    drill.remint("grant", "revoke", "--subject", "revoked")
    drill.run("backup", drill.file)
    root_key = tmp_path / "root.key"
    shutil.copy2(drill.data_dir / "root.key", root_key)
    shutil.rmtree(drill.data_dir)
    drill.fresh()
    done = drill.run("restore", drill.file, status=1)
    assert "there is no root key here" in done.err
    drill.monkeypatch.setenv("REMINT_ROOT_KEY_FILE", str(root_key))
    drill.run("restore", drill.file)
    assert (drill.data_dir / "revocations.jsonl").exists()
    settings = Settings(data_dir=drill.data_dir, database=drill.url, root_key_file=root_key)
    with serving(settings) as issuer:
        drill.renew(issuer, "idle", 2)
        assert drill.present(issuer, "revoked") == "invalid_grant"


def test_a_clone_is_another_installation(drill, tmp_path):
    """Its apps are there, and no token of the original works in it; the original goes on."""
    drill.run("backup", drill.file)
    original, url = drill.data_dir, drill.url
    drill.fresh()
    drill.data_dir = tmp_path / "clone"
    drill.monkeypatch.setenv("REMINT_DATA_DIR", str(drill.data_dir))
    drill.data_dir.mkdir()
    shutil.copy2(original / "root.key", drill.data_dir)
    told = drill.run("restore", drill.file, "--as-clone", "--json").json()
    assert told["installation"] != told["clone_of"]
    with drill.serving() as issuer:
        assert drill.present(issuer, "idle") == "invalid_grant"
        made = drill.remint("grant", "issue", "acme", "--subject", "new", "--json").json()
        assert renewed(issuer, "acme", drill.secret, made["refresh_token"]) != "invalid_grant"
    drill.data_dir, drill.url = original, url
    with drill.serving() as issuer:
        drill.renew(issuer, "idle", 2)
    if drill.cluster is None:
        drill.run("restore", drill.file, "--as-clone", status=1)


def test_a_restore_twice_is_harmless(drill):
    """On SQLite the database before it is set aside; on a server it is refused, and nothing changes."""
    drill.run("backup", drill.file)
    if drill.cluster is not None:
        assert (
            "there is a database of Remint here" in drill.run("restore", drill.file, status=1).err
        )
        drill.fresh()
    drill.run("restore", drill.file)
    if drill.cluster is None:
        drill.run("restore", drill.file)
        assert list(drill.data_dir.glob("remint.db.before-*"))
    assert not list(drill.data_dir.glob(".backup-*"))
    with drill.serving() as issuer:
        drill.renew(issuer, "idle")


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _cut_at_the_end(content: bytes) -> bytes:
    return content[:-1]


def _changed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _dear(content: bytes) -> bytes:
    return content.replace(b'"cost":2,', b'"cost":1073741824,')


@pytest.mark.parametrize("drill", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "damage", [_cut, _cut_at_the_end, _changed, _dear, lambda _: b"", lambda _: b"{}\n" * 99]
)
def test_a_backup_that_is_not_as_it_was_is_refused(drill, damage):
    """Nothing of it is put in place."""
    drill.run("backup", drill.file)
    drill.file.write_bytes(damage(drill.file.read_bytes()))
    before = (drill.data_dir / "keyring.json").read_bytes()
    assert "expected" in drill.run("restore", drill.file, status=1).err
    assert (drill.data_dir / "keyring.json").read_bytes() == before
    assert not list(drill.data_dir.glob("remint.db.before-*"))


@pytest.mark.parametrize("drill", ["sqlite"], indirect=True)
def test_what_does_not_belong_together_is_refused(drill, remint, tmp_path, monkeypatch):
    """Another passphrase, another installation, another engine, no file; a file that is there already."""
    drill.run("backup", drill.file)
    assert "a file here already" in drill.run("backup", drill.file, status=1).err
    assert "cannot be used" in drill.run("restore", tmp_path / "none", status=1).err
    monkeypatch.setenv("REMINT_DATA_DIR", str(tmp_path / "other"))
    remint("app", "create", "Other")
    shutil.copy2(drill.data_dir / "root.key", tmp_path / "other.key")
    monkeypatch.setenv("REMINT_ROOT_KEY_FILE", str(tmp_path / "other.key"))
    assert drill.run("restore", drill.file, status=1).err
    monkeypatch.setenv("REMINT_DATA_DIR", str(drill.data_dir))
    drill.passphrase.write_text("another passphrase\n")
    assert "cannot be unsealed" in drill.run("restore", drill.file, status=1).err


@pytest.mark.parametrize("drill", ["postgres"], indirect=True)
def test_a_program_that_is_missing_is_told(drill, tmp_path):
    """PostgreSQL's own programs do the work; the password is not in what they are called with."""
    drill.monkeypatch.setenv("PATH", str(tmp_path))
    assert "pg_dump is not found" in drill.run("backup", drill.file, status=1).err
    assert not drill.file.exists()
    script = tmp_path / "pg_dump"
    script.write_text('#!/bin/sh\necho "$@" >&2\necho "$PGPASSWORD" >&2\nexit 1\n')
    script.chmod(0o755)
    done = drill.run("backup", drill.file, status=4)
    assert "pg_dump failed" in done.err
    assert "open-sesame" not in done.err
