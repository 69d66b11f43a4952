"""Access to the database file: one writer at a time over all processes, and readers beside it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from typing import Final, NamedTuple

from remint.errors import StoreError, StoreUnavailable
from remint.keeper.store.filelock import given_back, taken
from remint.keeper.store.sqlite.files import StoreFiles
from remint.token.durable import PRIVATE_MODE

PAGE_BYTES: Final = 4096
"""A connection with its tokens takes one or two kilobytes."""

_READERS_KEPT: Final = 4


class _Opened(NamedTuple):
    connection: sqlite3.Connection
    identity: tuple[int, int]


class Database:
    """The file of one store, for all threads of one process. A process that was forked needs its own.

    Everything raises ``StoreUnavailable`` where the file is away, full, read-only, or locked for longer than
    ``patience_seconds``, and ``StoreError`` where it is damaged.
    """

    def __init__(self, files: StoreFiles, patience_seconds: float) -> None:
        self.files = files
        self._path = os.fspath(files.database)
        self._address = f"{files.database.absolute().as_uri()}?mode=rw"
        self._patience_seconds = patience_seconds
        self._mutex = threading.Lock()
        self._writer: _Opened | None = None
        self._is_full = True
        self._is_closed = False
        self._readers: list[_Opened] = []
        with translated():
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._lock = os.open(files.lock, flags, PRIVATE_MODE)

    @contextlib.contextmanager
    def writing(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """A transaction, committed at the end of the block, or undone if it raises.

        Only a ``durable`` one is on the disk then. A lease need not be: one that a power cut takes back was
        void without it, and the commit of an intent takes along whatever went before.
        """
        with translated(), self._queued():
            connection = self._writing_connection(durable=durable)
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                self._undo(connection, error)
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees what is committed now, until the block's end. Never waits for a writer.

        One moment for all that is read: else a row could be read before keys are rotated, and its key be
        looked for when it is gone.
        """
        with translated():
            reader = self._reader()
            try:
                reader.connection.execute("BEGIN")
                yield reader.connection
                reader.connection.execute("COMMIT")
            except sqlite3.Error:
                reader.connection.close()
                raise
            except BaseException:
                reader.connection.execute("ROLLBACK")
                self._keep(reader)
                raise
            self._keep(reader)

    def close(self) -> None:
        """Gives every descriptor back."""
        with self._mutex:
            self._is_closed = True
            self._drop_writer()
            while self._readers:
                self._readers.pop().connection.close()
            os.close(self._lock)

    def disown(self) -> list[sqlite3.Connection]:
        """Leaves to the parent what a fork copied here. The connections must never be closed, nor freed:
        that alone would touch the files under the parent.
        """
        os.close(self._lock)
        opened = [*self._readers, *([self._writer] if self._writer else [])]
        return [each.connection for each in opened]

    @contextlib.contextmanager
    def _queued(self) -> Iterator[None]:
        if not self._mutex.acquire(timeout=self._patience_seconds):
            raise StoreUnavailable("the store is busy: another thread keeps writing")
        try:
            if self._is_closed:
                # The number of its lock may be another file's by now.
                raise StoreUnavailable("the store was closed")
            if not taken(self._lock, fcntl.LOCK_EX, self._patience_seconds):
                raise StoreUnavailable("the store is locked: another process keeps writing")
            try:
                yield
            finally:
                given_back(self._lock)
        finally:
            self._mutex.release()

    def _writing_connection(self, *, durable: bool) -> sqlite3.Connection:
        identity = self._identity()
        if self._writer is not None and self._writer.identity != identity:
            self._drop_writer()
        if self._writer is None:
            self._writer = self._opened(identity, "PRAGMA wal_autocheckpoint=1000")
            self._is_full = True
        if durable != self._is_full:
            mode = "FULL" if durable else "NORMAL"
            self._writer.connection.execute(f"PRAGMA synchronous={mode}")
            self._is_full = durable
        return self._writer.connection

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._path)
        return status.st_dev, status.st_ino

    def _reader(self) -> _Opened:
        # A file that was restored in place of this one must not be missed: tokens would go to the old one.
        identity = self._identity()
        while True:
            try:
                reader = self._readers.pop()
            except IndexError:
                return self._opened(identity, "PRAGMA query_only=ON")
            if reader.identity == identity:
                return reader
            reader.connection.close()

    def _undo(self, connection: sqlite3.Connection, error: BaseException) -> None:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            # Whatever state a fault left it in, a new one begins from what is on the disk.
            self._drop_writer()

    def _opened(self, identity: tuple[int, int], *pragmas: str) -> _Opened:
        # rw, not rwc: an empty database in place of a missing one would have lost every token.
        connection = sqlite3.connect(
            self._address,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=self._patience_seconds,
            cached_statements=64,
        )
        try:
            for pragma in ("PRAGMA synchronous=FULL", "PRAGMA trusted_schema=OFF", *pragmas):
                connection.execute(pragma).fetchall()
        except BaseException:
            connection.close()
            raise
        return _Opened(connection, identity)

    def _keep(self, reader: _Opened) -> None:
        if len(self._readers) < _READERS_KEPT:
            self._readers.append(reader)
        else:
            reader.connection.close()

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(sqlite3.Error):
                writer.connection.close()


class translated:  # noqa: N801
    """Turns the errors of SQLite and of the system into ours, while a ``with`` block runs."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if isinstance(error, sqlite3.OperationalError | OSError):
            raise StoreUnavailable(f"the store does not answer: {error}") from error
        if isinstance(error, sqlite3.DatabaseError):
            raise StoreError(f"the store is damaged: {error}") from error
