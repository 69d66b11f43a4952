"""Opening a store: its key is checked before anything is written; where there is none, one is made."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator

from remint.clock import Clock, Entropy
from remint.errors import StoreUnavailable
from remint.keeper.store.filelock import taken
from remint.keeper.store.keysource import KeySource
from remint.keeper.store.sqlite.database import PAGE_BYTES, translated
from remint.keeper.store.sqlite.datakeys import first_rows, unlocked
from remint.keeper.store.sqlite.files import StoreFiles
from remint.keeper.store.sqlite.schema import STEPS, upgrade, version_of
from remint.keeper.store.vault import Vault
from remint.token.durable import PRIVATE_MODE


def unlocked_store(
    files: StoreFiles, source: KeySource, clock: Clock, entropy: Entropy, patience_seconds: float
) -> Vault:
    """The vault of the store in ``files``, which is made, or brought up to date, where that is needed.

    Raises ``VaultError`` and ``RootKeyError`` about the key, ``StoreUnavailable`` and ``StoreError`` about
    the rest.
    """
    with translated():
        found = _existing(files, source, entropy)
        if found is not None:
            vault, is_current = found
            if is_current:
                files.make()
                return vault
        files.make()
        with _alone(files, patience_seconds):
            return _made(files, source, clock, entropy)


def _existing(files: StoreFiles, source: KeySource, entropy: Entropy) -> tuple[Vault, bool] | None:
    """What is there already, without writing; and whether its tables are of today's form."""
    if not files.exists():
        return None
    with contextlib.closing(_connected(files, "ro")) as connection:
        version = version_of(connection)
        if version == 0:
            return None
        vault = unlocked(connection, source, entropy, str(files.database))
    return vault, version == len(STEPS)


def _made(files: StoreFiles, source: KeySource, clock: Clock, entropy: Entropy) -> Vault:
    files.make_database()
    with contextlib.closing(_connected(files, "rw")) as connection:
        if version_of(connection) == 0:
            for pragma in (f"page_size={PAGE_BYTES}", "journal_mode=WAL"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            is_new = version_of(connection) == 0
            upgrade(connection)
            if is_new:
                first_rows(connection, source, clock, entropy)
            vault = unlocked(connection, source, entropy, str(files.database))
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
    return vault


def _connected(files: StoreFiles, mode: str) -> sqlite3.Connection:
    address = f"{files.database.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None)


@contextlib.contextmanager
def _alone(files: StoreFiles, patience_seconds: float) -> Iterator[None]:
    descriptor = os.open(files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_MODE)
    try:
        if not taken(descriptor, fcntl.LOCK_EX, patience_seconds):
            raise StoreUnavailable(
                "the store is being made by another process, or was left half-way"
            )
        yield
    finally:
        os.close(descriptor)
