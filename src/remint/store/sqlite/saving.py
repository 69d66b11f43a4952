"""A SQLite database copied while others write, and put back."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from remint.errors import StoreUnavailable
from remint.store.files import StoreFiles
from remint.token.durable import PRIVATE_MODE, sync_directory


def save(files: StoreFiles, to: Path) -> None:
    """Copies the database as it is at one moment to a new file. Raises ``StoreUnavailable``."""
    try:
        with (
            contextlib.closing(sqlite3.connect(files.database)) as live,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            live.backup(copy)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the database cannot be copied: {error}") from None


def put_back(files: StoreFiles, saved: Path, aside: str) -> None:
    """Makes ``saved`` the database. One that is there is kept as ``remint.db.`` and ``aside``.

    Nobody works on it. Raises ``StoreUnavailable``.
    """
    fresh = files.database.with_suffix(".restored")
    try:
        shutil.copyfile(saved, fresh)
        fresh.chmod(PRIVATE_MODE)
        for end in ("", "-wal", "-shm"):
            # A log that belongs to another database would damage this one.
            old = files.database.with_name(f"{files.database.name}{end}")
            if old.exists():
                old.rename(old.with_name(f"{files.database.name}.{aside}{end}"))
        fresh.rename(files.database)
        sync_directory(files.directory)
    except OSError as error:
        raise StoreUnavailable(f"the database cannot be put back: {error.strerror}") from None
