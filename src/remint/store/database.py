"""The cold half's way to the database: SQLAlchemy Core, one transaction a block."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError

from remint.clock import Clock
from remint.errors import StoreUnavailable
from remint.store.journal import Journal
from remint.store.sqlite.assertion import assert_journal
from remint.store.sqlite.files import StoreFiles, prepare
from remint.store.sqlite.lock import WriteLock

_CACHE_KIB: Final = 2_000
_CHECKPOINT_PAGES: Final = 2_000
_MISTAKES: Final = (IntegrityError, ProgrammingError, DataError)


class Database:
    """One data directory's database, for everything but renewals. Safe to use from many threads."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.files = StoreFiles(directory)
        self.clock = clock
        self.journal = Journal(self.files.journal)
        self._local = threading.local()
        self._engine = _engine(self.files)
        self._identity: tuple[int, int] | None = None

    def now_ms(self) -> int:
        """The database's time, in milliseconds since the epoch."""
        return self.clock.now_ms()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with. Raises ``StoreUnavailable``.

        Within ``write`` on the same thread it is that transaction's, and so sees what was written in it.
        """
        outer: Connection | None = getattr(self._local, "writing", None)
        if outer is not None:
            yield outer
            return
        with _faults_named(), self._present().connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the block's end, or leaves nothing behind.

        Within another one on the same thread it is a part of that: a use case of several steps wraps them
        in one ``write``, and all of them hold or none. Other writers wait meanwhile, so be brief. Raises
        ``StoreUnavailable``.
        """
        outer: Connection | None = getattr(self._local, "writing", None)
        if outer is not None:
            yield outer
            return
        with _faults_named():
            engine = self._present()
            with self._write_lock(), engine.begin() as connection:
                self._local.writing = connection
                try:
                    yield connection
                finally:
                    self._local.writing = None

    def assert_revocations(self) -> None:
        """Makes every revocation of the journal hold, should the database have gone back in time."""
        now_s = self.now_ms() // 1000
        with _faults_named(), self._write_lock(), contextlib.closing(self._driver()) as connection:
            assert_journal(connection, self.journal, now_s)

    def trim_journal(self) -> None:
        """Drops the journal's lines that are too old to matter."""
        with _faults_named(), self._write_lock():
            self.journal.trim(self.now_ms() // 1000)

    def _present(self) -> Engine:
        # One that is missing must not be made anew, and one that was put in its place is another database.
        identity = self.files.identity()
        if identity != self._identity:
            if self._identity is not None:
                self._engine.dispose()
                self.assert_revocations()
            self._identity = identity
        return self._engine

    def _driver(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.files.database)
        prepare(connection, cache_kib=_CACHE_KIB, checkpoint_pages=_CHECKPOINT_PAGES)
        return connection

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    def _write_lock(self) -> WriteLock:
        lock: WriteLock | None = getattr(self._local, "lock", None)
        if lock is None:
            lock = self._local.lock = WriteLock(self.files.lock)
        return lock


def _engine(files: StoreFiles) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{files.database}",
        pool_size=4,
        max_overflow=8,
        connect_args={"check_same_thread": False},
    )

    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        prepare(connection, cache_kib=_CACHE_KIB, checkpoint_pages=_CHECKPOINT_PAGES)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "connect", connected)
    # The driver's own transaction handling is off, so that a read does not begin one that writes.
    event.listen(engine, "begin", begin)
    return engine


@contextlib.contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except _MISTAKES:
        raise
    except (DatabaseError, sqlite3.DatabaseError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreUnavailable(f"the database does not answer: {cause}") from None
