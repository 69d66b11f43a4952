"""The cold half on PostgreSQL, and what speaks its protocol."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from sqlalchemy import Connection as SQLConnection
from sqlalchemy import Engine, RootTransaction, create_engine, event, select, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from remint.clock import Clock
from remint.errors import StoreUnavailable
from remint.store.database import Database
from remint.store.files import StoreFiles
from remint.store.postgres.address import Address
from remint.store.postgres.assertion import assert_journal
from remint.store.postgres.clock import DatabaseClock
from remint.store.postgres.connection import Connection
from remint.store.postgres.fault import is_denied, is_pooled, is_refused, words_of
from remint.store.postgres.moment import ask_moment, learn_moment
from remint.store.postgres.safety import WITH_STANDBY
from remint.store.schema import meta

_STATEMENT_SECONDS: Final = 10.0
_POOLED: Final = 4
_MORE: Final = 8
_RECYCLE_SECONDS: Final = 600
_TRIES: Final = 10
_CAN_RENEW: Final = text(
    "SELECT current_setting('transaction_read_only') = 'off', has_table_privilege('grants', 'UPDATE')"
)
#: Writers queue here, on all machines: a row of a table that every engine can lock.
_QUEUE: Final = select(meta.c.value).where(meta.c.key == "catalogue_version").with_for_update()


class PostgresDatabase(Database):
    """A database on a server. ``files`` is the data directory of this machine."""

    def __init__(self, address: Address, files: StoreFiles, clock: Clock) -> None:
        self._time = DatabaseClock(clock)
        super().__init__(files, self._time)
        self.address = address
        self._connections = create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            pool_size=_POOLED,
            max_overflow=_MORE,
            pool_recycle=_RECYCLE_SECONDS,
        )
        event.listen(self._connections, "checkout", self._taken)

    def now_ms(self) -> int:
        """See ``Database``."""
        return self._time.now_ms()

    def assert_revocations(self) -> None:
        """See ``Database``."""
        # Every connection does so when it is made.
        with self._faults_named():
            self._connect().close()

    def trim_journal(self) -> None:
        """See ``Database``."""
        with self._faults_named(), self._write_lock():
            self.journal.trim(self.now_ms() // 1000)

    def check(self) -> None:
        """See ``Database``."""
        with self.read() as connection:
            takes_writes, may_renew = connection.execute(_CAN_RENEW).one()
        if not takes_writes:
            # A primary that was demoted, perhaps.
            raise StoreUnavailable(f"{self.address}: the database takes no writes")
        if not may_renew:
            raise StoreUnavailable(f"{self.address}: the database lets this role renew nothing")

    def close(self) -> None:
        """See ``Database``."""
        self._connections.dispose()

    def _engine(self) -> Engine:
        return self._connections

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[SQLConnection]:
        # Connecting takes the lock for itself.
        with (
            self._connections.connect() as connection,
            self._write_lock(),
            self._committing(connection),
        ):
            yield connection

    def _begun(self, connection: SQLConnection) -> RootTransaction:
        for left in reversed(range(_TRIES)):
            transaction = connection.begin()
            try:
                connection.execute(text(WITH_STANDBY))
                connection.execute(_QUEUE)
                break
            except DBAPIError as error:
                # Whoever was in front has changed the row: where that is no matter of waiting, begin anew.
                transaction.rollback()
                if not left or not self._refuses(error.orig):
                    raise
        return transaction

    def _refuses(self, error: BaseException | None) -> bool:
        return is_refused(error)

    def _is_ours(self, error: BaseException | None) -> bool:
        return not is_pooled(error) and not is_denied(error)

    def _connect(self) -> Connection:
        connection = Connection.connect(autocommit=True, **self.address.connect_with())
        try:
            connection.statement_seconds = _STATEMENT_SECONDS
            self._moment, now_ms, connection.server = learn_moment(connection)
            self._time.told(now_ms)
            # The one before may have been lost with its database, for which an older copy stands in.
            with self._write_lock():
                assert_journal(connection, self.journal, self.now_ms() // 1000)
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    def _taken(self, connection: Connection, *_: object) -> None:
        """Has the pool throw away what is lost, or leads to another server by now, and connect anew."""
        try:
            connection.autocommit = True
            now_ms, server = ask_moment(connection, self._moment)
            connection.autocommit = False
        except psycopg.Error:
            raise InvalidatePoolError from None
        if server != connection.server:
            raise InvalidatePoolError
        if self._time.is_doubtful():
            self._time.told(now_ms)

    @staticmethod
    def _driver_error() -> type[Exception]:
        return psycopg.Error

    def _words(self, error: BaseException | None) -> Any:
        return words_of(error, self.address)
