"""A full, locked, read-only, missing or damaged store says so, and gets over it with nothing half done."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from remint.errors import StoreError, StoreUnavailable
from tests.conftest import lacking
from tests.keeper.store.given import LEASE_MS, answer, held, kept, leased, now, renewed, setback
from tests.keeper.store.operations import goes_on
from tests.keeper.store.places import NOW_MS


def in_a_mount_namespace(folder: Path, scenario: str) -> str:
    """What ``crowded`` prints."""
    unshare = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"]).returncode:
        lacking("mount namespaces")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*unshare, sys.executable, "-m", "tests.keeper.store.crowded", str(folder), scenario]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_full_disk(tmp_path):
    """Wherever it fills up: an intent has room for its answer or is refused, and no answer is lost."""
    found, missed = map(int, in_a_mount_namespace(tmp_path, "crowded").split())
    assert found > 5 and missed > 5


def test_a_read_only_file_system(tmp_path):
    """A store does not open that could not keep an answer."""
    in_a_mount_namespace(tmp_path, "read-only")


def test_a_database_that_another_holds(directory):
    """A tool that writes, say: what is there is read, and what came is kept, without waiting for it."""
    store = directory.open(patience_seconds=0.2)
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    reply = answer(lease.fence, made.sent)
    path = directory.directory / "connections.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.append(lease, reply)
        assert store.unread(made) == [reply]
        assert now(store).state == "renewing"
        for work in (
            lambda: store.swap(made, reply, renewed(1)),
            lambda: store.settle(made, setback(), lease.fence),
            lambda: store.acquire("acme", "me", LEASE_MS) and store.extend([lease], LEASE_MS),
            lambda: store.create(held("b")),
            lambda: store.forget("acme"),
        ):
            with pytest.raises(StoreUnavailable, match="locked"):
                work()
    assert store.swap(made, reply, renewed(1)) is not None
    goes_on(directory, store)


def test_a_writer_that_is_stopped(directory):
    """It has the lock that writers queue at: whoever waits is told after a while."""
    store = directory.open(patience_seconds=0.2)
    made = kept(store)
    with (directory.directory / "write.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="another process keeps writing"):
            store.acquire("acme", "me", LEASE_MS)
        assert now(store) == made
    goes_on(directory, store)


def test_a_database_that_is_away(directory, sqlite):
    """Nothing is put in its place, and all goes on when it is back."""
    made = kept(sqlite)
    database = directory.directory / "connections.db"
    away = database.with_suffix(".away")
    database.rename(away)
    for work in (
        lambda: sqlite.load("acme"),
        lambda: sqlite.create(held("b")),
        lambda: sqlite.acquire("acme", "me", 5),
    ):
        with pytest.raises(StoreUnavailable, match="No such file"):
            work()
    assert not database.exists()
    away.rename(database)
    assert now(sqlite) == made
    goes_on(directory, sqlite)


def test_a_database_that_was_restored_in_place(directory, sqlite):
    """The next statement is for the file that is there now, not for the one that was."""
    made = kept(sqlite)
    copy = directory.directory / "copy"
    with (
        contextlib.closing(sqlite3.connect(directory.directory / "connections.db")) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    goes_on(directory, sqlite)
    assert now(sqlite).renewals == 1
    for suffix in ("-wal", "-shm"):
        (directory.directory / f"connections.db{suffix}").unlink()
    copy.rename(directory.directory / "connections.db")
    assert now(sqlite) == made
    goes_on(directory, sqlite)
    assert now(directory.open()).renewals == 1


def test_a_file_that_is_no_database(directory, sqlite):
    """That is damage, and no outage; and it is not repaired by overwriting."""
    kept(sqlite)
    junk = directory.directory / "junk"
    junk.write_bytes(b"not a database" * 1000)
    for suffix in ("-wal", "-shm"):
        (directory.directory / f"connections.db{suffix}").unlink()
    junk.rename(directory.directory / "connections.db")
    for work in (lambda: sqlite.load("acme"), lambda: sqlite.create(held("b")), directory.open):
        with pytest.raises(StoreError, match="damaged") as caught:
            work()
        assert not isinstance(caught.value, StoreUnavailable)
    assert (directory.directory / "connections.db").read_bytes() == b"not a database" * 1000


def test_a_spool_that_was_deleted(directory, sqlite):
    """Its answers are gone; the next ones get new rooms."""
    made = kept(sqlite)
    lease = leased(sqlite)
    assert sqlite.intend(lease, NOW_MS)
    for room in (directory.directory / "spool").iterdir():
        room.unlink()
    reply = answer(lease.fence, made.sent)
    sqlite.append(lease, reply)
    assert sqlite.unread(made) == [reply]
    goes_on(directory, sqlite)
