"""A fault at every step of a commit: the old rows or the new ones, and new where success was reported."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from remint.errors import StoreUnavailable
from remint.grant import Revocation, revoke
from remint.store.protocols import Change
from tests.store.faulty import STEPS, Fault
from tests.store.stores import NOW, NOW_MS, advanced, done, event, one, read

ERRORS = [
    sqlite3.OperationalError("disk I/O error"),
    sqlite3.OperationalError("database or disk is full"),
    sqlite3.DatabaseError("database disk image is malformed"),
    OSError(28, "No space left on device"),
]


@pytest.mark.parametrize("error", ERRORS, ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_leaves_the_old_rows_or_the_new(sqlite_store, monkeypatch, step, after, error):
    """All of the batch or nothing of it, never a success that is not there; then it works again."""
    store = sqlite_store
    grants = [store.grant(number) for number in (1, 2, 3)]
    backend = store.backend()
    batch = [advanced(grants[0]), advanced(grants[1])]
    batch.append(Change(grants[2], revoke(grants[2], Revocation.REUSE, NOW_MS)))
    fault = Fault(step, after=after, error=error)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", fault.connect)
        # Its own BEGIN, to assert the journal, is not the one that is meant.
        fault.happened = True
        read(backend, *grants)
        fault.happened = False
        answer = backend.exchange(batch, [event("told", grants[0])], [])
        assert fault.happened and answer.write_error is not None
        assert "does not answer" in str(answer.write_error)
    held = [one(store.backend(), grant) for grant in grants]
    is_new = (step, after) == ("COMMIT", True)
    assert [grant.generation for grant in held[:2]] == [is_new, is_new]
    assert len(store.trail.of_grant(grants[0].id)) == (2 if is_new else 1) - 1
    journalled = bool(list(store.journal.entries(NOW)))
    assert bool(held[2].revoked_at) == journalled
    assert done(backend.exchange([advanced(grant) for grant in held[:2]], [], []))


def test_a_fault_moves_the_beginning_of_service(store, monkeypatch):
    """The retry window stood still while the database was away."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    with store.gone():
        store.clock.step(300_000)
        gone = backend.exchange([advanced(grant)], [], [grant.id])
        assert gone.write_error is not None and gone.read_error is not None
    store.clock.step(300)
    back = backend.exchange([], [], [grant.id])
    assert back.serving_since_ms == store.clock.now_ms()


def test_a_full_disk_is_told_and_gets_over(sqlite_store):
    """SQLite's own "full": nothing of the batch is there, and room makes it work again."""
    store = sqlite_store
    grants = store.many(200)
    backend = store.backend()
    held = [each.grant for each in read(backend, *grants) if each]
    connection = backend._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}").fetchall()
    told = [event("x" * 500, grant) for grant in held]
    answer = backend.exchange([advanced(grant) for grant in held], told, [])
    assert "full" in str(answer.write_error)
    assert {each.grant.generation for each in read(backend, *grants) if each} == {0}
    assert store.trail.latest() == []
    assert done(backend.exchange([advanced(grant) for grant in held], told, []))


def test_a_file_that_cannot_grow_is_told_and_gets_over(sqlite_store):
    """The system itself cuts the log short, in a process of its own; what was answered is there."""
    store = sqlite_store
    grants = store.many(64)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "tests.store.crowded", str(store.files.directory)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    answered = int(ran.stdout)
    held = [each.grant for each in read(store.backend(), *grants) if each]
    assert answered > 0
    assert {grant.generation for grant in held} == {answered}


def test_a_database_that_another_holds_is_waited_for(sqlite_store):
    """A writer beside the lock's queue, a tool say: the batch waits for it, and is not lost."""
    store = sqlite_store
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    with (
        contextlib.closing(sqlite3.connect(store.files.database)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(backend.exchange, [advanced(grant)], [], [])
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        other.execute("COMMIT")
        assert done(waiting.result(20))
    assert one(backend, grant).generation == 1


def test_a_lock_that_another_holds_too_long_is_told(sqlite_store):
    """After SQLite's patience: unavailable, the old row, and it works afterwards."""
    store = sqlite_store
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    backend._connection.execute("PRAGMA busy_timeout=50").fetchall()
    with contextlib.closing(sqlite3.connect(store.files.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = backend.exchange([advanced(grant)], [], [])
        assert "locked" in str(answer.write_error)
        other.execute("ROLLBACK")
    assert one(backend, grant) == grant
    assert done(backend.exchange([advanced(grant)], [], []))


def test_an_older_copy_put_in_place_is_noticed_within_a_second(store, tmp_path):
    """A write on what was read from the file before is a conflict or goes on from it; never an error."""
    grant = store.grant()
    store.copy(tmp_path / "old.db")
    backend = store.backend()
    assert done(backend.exchange([advanced(grant, 5)], [], [grant.id]))
    newest = one(backend, grant)
    store.put_back(tmp_path / "old.db")
    answer = backend.exchange([advanced(newest)], [], [grant.id])
    if answer.write_error is not None:
        # Where the connection was lost with the database, that is what is noticed.
        store.clock.step(300)
        answer = backend.exchange([advanced(newest)], [], [grant.id])
    assert not done(answer) and answer.held[grant.id].grant == grant
    assert answer.serving_since_ms == store.clock.now_ms()
    assert store.ledger.find(grant.id).grant == grant
    assert done(backend.exchange([advanced(grant, 7)], [], []))
    assert store.ledger.find(grant.id).grant.generation == 7


def test_a_file_that_is_no_database_is_told(sqlite_store):
    """Unavailable, for the hot half and for the cold one, until the right file is back."""
    store = sqlite_store
    grant = store.grant()
    good = store.files.database.with_suffix(".good")
    store.copy(good)
    junk = store.files.database.with_suffix(".junk")
    junk.write_bytes(b"not a database" * 1000)
    store.put_back(junk)
    answer = store.backend().exchange([advanced(grant)], [], [grant.id])
    assert answer.write_error is not None and answer.read_error is not None
    with pytest.raises(StoreUnavailable, match="does not answer"):
        store.ledger.find(grant.id)
    store.put_back(good)
    assert store.ledger.find(grant.id).grant == grant
