"""Brings a database's schema to the present, by Alembic."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from remint.errors import StoreUnavailable
from remint.store.sqlite.files import StoreFiles
from remint.store.sqlite.lock import WriteLock

HEAD: Final = "0002"
"""The newest revision; a test holds it to the newest file in ``migrations/versions``."""


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
            if present != HEAD:
                _run(files, present)
    finally:
        lock.close()


def _run(files: StoreFiles, present: str | None) -> None:
    # Alembic takes a while to import; a start that has nothing to upgrade goes without it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise StoreUnavailable(
            f"the database is at revision {present}, which this release does not know: "
            "it was written by a newer one; use that, or a backup from before it"
        )
    config.attributes["files"] = files
    command.upgrade(config, "head")
