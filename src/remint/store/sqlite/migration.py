"""Brings a SQLite database's schema to the present."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event

from remint.store import migrate
from remint.store.files import StoreFiles
from remint.store.lock import WriteLock
from remint.store.sqlite.connection import prepare


def revision(files: StoreFiles) -> str | None:
    """The revision that the database is at; ``None`` for a new one."""
    if not files.database.exists():
        return None
    with contextlib.closing(sqlite3.connect(files.database)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
        return None if row is None else str(row[0])


def holds_installation(files: StoreFiles) -> bool:
    """Whether the database belongs to an installation already, and is not just a start cut short."""
    if not files.database.exists():
        return False
    with contextlib.closing(sqlite3.connect(files.database)) as connection:
        try:
            query = "SELECT 1 FROM meta WHERE key = 'installation_id'"
            return connection.execute(query).fetchone() is not None
        except sqlite3.OperationalError:
            return False


def upgrade(files: StoreFiles) -> None:
    """Creates or upgrades the schema. Does next to nothing when it is at ``HEAD``.

    Raises ``StoreUnavailable`` for a database that a newer release has written.
    """
    files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives the files beside it the database's own mode.
    os.close(os.open(files.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    lock = WriteLock(files.lock)
    try:
        with lock:
            present = revision(files)
            if present != migrate.HEAD:
                migrate.run(_engine(files), present)
    finally:
        lock.close()


def _engine(files: StoreFiles) -> Engine:
    engine = create_engine(f"sqlite+pysqlite:///{files.database}")

    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        prepare(connection, cache_kib=2_000, checkpoint_pages=1_000)

    event.listen(engine, "connect", connected)
    return engine
