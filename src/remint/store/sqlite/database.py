"""The cold half on SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event

from remint.clock import Clock
from remint.store.database import Database
from remint.store.files import StoreFiles
from remint.store.sqlite.assertion import assert_journal
from remint.store.sqlite.connection import prepare

_CACHE_KIB: Final = 2_000
_CHECKPOINT_PAGES: Final = 2_000


class SQLiteDatabase(Database):
    """One data directory's database."""

    _ONE_MOMENT = "SERIALIZABLE"

    def __init__(self, directory: Path, clock: Clock) -> None:
        super().__init__(StoreFiles(directory), clock)
        self._connections = _engine(self.files)
        self._identity: tuple[int, int] | None = None

    def now_ms(self) -> int:
        """See ``Database``: the database has no other time than this machine's."""
        return self.clock.now_ms()

    def assert_revocations(self) -> None:
        """See ``Database``."""
        now_s = self.now_ms() // 1000
        with (
            self._faults_named(),
            self._write_lock(),
            contextlib.closing(self._driver()) as connection,
        ):
            assert_journal(connection, self.journal, now_s)

    def trim_journal(self) -> None:
        """See ``Database``."""
        with self._faults_named(), self._write_lock():
            self.journal.trim(self.now_ms() // 1000)

    def check(self) -> None:
        """See ``Database``."""
        # A database that was unlinked goes on answering whoever has it open.
        with self._faults_named():
            self.files.identity()
        with self.read() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM alembic_version")

    def close(self) -> None:
        """See ``Database``."""
        self._connections.dispose()

    def _engine(self) -> Engine:
        # One that is missing must not be made anew, and one that was put in its place is another database.
        identity = self.files.identity()
        if identity != self._identity:
            if self._identity is not None:
                self._connections.dispose()
                self.assert_revocations()
            self._identity = identity
        return self._connections

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        engine = self._engine()
        with self._write_lock(), engine.connect() as connection, self._committing(connection):
            yield connection

    @staticmethod
    def _driver_error() -> type[Exception]:
        return sqlite3.DatabaseError

    def _driver(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.files.database)
        prepare(connection, cache_kib=_CACHE_KIB, checkpoint_pages=_CHECKPOINT_PAGES)
        return connection


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
