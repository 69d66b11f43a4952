"""Copies of a database, and putting them back the way an operator does."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.promises.estate import Estate

_BESIDE = ("-wal", "-shm")


def backup(estate: Estate, target: Path) -> None:
    """A copy while the server runs, as SQLite makes it."""
    with contextlib.closing(sqlite3.connect(estate.database)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def cold_copy(estate: Estate, target: Path) -> None:
    """The files as they lie there after a crash: the database, and what its log holds."""
    assert not estate.server.pids, "somebody has the files open"
    for end in ("", "-wal"):
        shutil.copy(f"{estate.database}{end}", f"{target}{end}")


def put_back(estate: Estate, copy: Path) -> None:
    """Replaces the database by a copy, under a running server or a stopped one.

    What belonged to the old file goes with it; no writer is let in meanwhile.
    """
    with _no_writer(estate):
        for end in _BESIDE:
            Path(f"{estate.database}{end}").unlink(missing_ok=True)
        if (log := Path(f"{copy}-wal")).exists():
            shutil.copy(log, f"{estate.database}-wal")
        fresh = estate.database.with_suffix(".fresh")
        shutil.copy(copy, fresh)
        fresh.rename(estate.database)


@contextlib.contextmanager
def _no_writer(estate: Estate) -> Iterator[None]:
    with (estate.data / "write.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
