"""Where the pieces of a SQLite store lie, and how its file is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import msgspec

PAGE_BYTES: Final = 2048
"""A renewal rewrites one page: smaller ones mean less to log, larger ones a shallower tree. Measured."""


class StoreFiles(msgspec.Struct, frozen=True):
    """The files of one store, all in its data directory."""

    directory: Path

    @property
    def database(self) -> Path:
        """The database; SQLite keeps ``-wal`` and ``-shm`` beside it."""
        return self.directory / "remint.db"

    @property
    def lock(self) -> Path:
        """The file that writers queue at."""
        return self.directory / "write.lock"

    @property
    def journal(self) -> Path:
        """The revocation journal."""
        return self.directory / "revocations.jsonl"

    def identity(self) -> tuple[int, int]:
        """Tells one database file from another at the same path. Raises ``OSError`` if it is gone."""
        status = self.database.stat()
        return status.st_dev, status.st_ino


def prepare(connection: sqlite3.Connection, *, cache_kib: int, checkpoint_pages: int = 0) -> None:
    """Sets a new connection up. ``synchronous=FULL`` is the promise that an answered renewal stays.

    ``checkpoint_pages`` is after how many logged pages a commit moves them; 0 leaves that to others.
    SQLite's own busy handler is a last resort here: writers queue at the file lock first.
    """
    connection.isolation_level = None
    for pragma in (
        "busy_timeout=10000",
        f"page_size={PAGE_BYTES}",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"wal_autocheckpoint={checkpoint_pages}",
        f"cache_size=-{cache_kib}",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
