"""Access to the database: a few connections for all threads, made anew when they are lost."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import psycopg

from remint.errors import StoreError, StoreUnavailable
from remint.keeper.forking import leave_to_parent
from remint.keeper.store.postgres.rows import NOW_MS
from remint.store.postgres.address import Address
from remint.store.postgres.clock import DatabaseClock
from remint.store.postgres.connection import Connection, TookTooLong

T = TypeVar("T")

_NOW: Final = f"SELECT {NOW_MS}"

_AT_ONCE: Final = (0.0, 0.02)
_FIRST_PAUSES: Final = (0.1, 0.3, 0.6)
_IDLE_SECONDS: Final = 60.0
#: The server asks for another try of the same statement; or a data key went that was to be used.
_AGAIN_STATES: Final = ("40001", "40P01", "23503")
#: It was a primary, or is none yet: a new connection may lead to another one.
_READ_ONLY: Final = "25006"


class Database:
    """One database, for all threads of one process. A process that was forked needs its own.

    Everything raises ``StoreUnavailable`` where the server is away, full, read-only, or does not answer for
    longer than ``patience_seconds``, and ``StoreError`` where it says that something is wrong. ``clock``
    is told the server's time as often as it wants to know.
    """

    def __init__(
        self,
        address: Address,
        patience_seconds: float,
        most_connections: int,
        clock: DatabaseClock,
    ) -> None:
        self.address = address
        self._clock = clock
        #: When a connection was lost or refused last, on the stopwatch.
        self.lost_at_ms = -math.inf
        self._patience_seconds = patience_seconds
        self._permits = threading.BoundedSemaphore(most_connections)
        self._lock = threading.Lock()
        #: With when each was used last, the least recently used first.
        self._idle: list[tuple[Connection, float]] = []
        self._is_closed = False

    def run(self, work: Callable[[Connection, bool], T], *, is_patient: bool = True) -> T:
        """What ``work`` gives. Called as ``work(connection, is_again)``.

        Once more on another connection where one was lost: ``is_again`` then tells that what was asked for
        may have been done already. Without ``is_patient`` a server that is away is not waited for.
        """
        if not self._permits.acquire(timeout=self._patience_seconds):
            raise StoreUnavailable(f"{self.address}: every connection to the database is in use")
        try:
            return self._tried(work, is_patient=is_patient)
        finally:
            self._permits.release()

    def close(self) -> None:
        """Gives every connection back that is not in use, and the others when they no longer are."""
        self._is_closed = True
        self._drop_idle()

    def disown(self) -> None:
        """Leaves to the parent what a fork copied here."""
        leave_to_parent(self._idle)

    def _tried(self, work: Callable[[Connection, bool], T], *, is_patient: bool) -> T:
        is_again = False
        error: psycopg.Error | None = None
        for pause in _pauses(self._patience_seconds if is_patient else 0):
            time.sleep(pause)
            try:
                connection = self._connection()
            except psycopg.Error as refused:
                error = refused
                self.lost_at_ms = self._clock.monotonic_ms()
                if isinstance(refused, psycopg.errors.ConnectionTimeout):
                    break
                continue
            try:
                return self._done(connection, work, is_again=is_again)
            except psycopg.Error as failed:
                error = failed
                if isinstance(failed, TookTooLong) or not self._may_do_again(connection, failed):
                    break
                is_again = True
        assert error is not None
        # Its own chain could show, in the frames of psycopg, what it connected with.
        raise self._translated(error) from None

    def _done(
        self, connection: Connection, work: Callable[[Connection, bool], T], *, is_again: bool
    ) -> T:
        try:
            if self._clock.is_doubtful():
                self._tell_time(connection)
            return work(connection, is_again)
        finally:
            self._give_back(connection)

    def _may_do_again(self, connection: Connection, error: psycopg.Error) -> bool:
        if connection.closed or error.sqlstate == _READ_ONLY:
            # Where one is lost the others mostly are: a server was restarted, or another took its place.
            self._drop_idle()
            self.lost_at_ms = self._clock.monotonic_ms()
            return True
        return error.sqlstate in _AGAIN_STATES

    def _connection(self) -> Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()[0]
        # No prepared statements: a pooler may have another server's session answer the next one.
        connection = Connection.connect(
            autocommit=True, prepare_threshold=None, **self.address.connect_with()
        )
        connection.statement_seconds = self._patience_seconds
        # It may lead to another server than the one before, with a clock of its own.
        self._tell_time(connection)
        return connection

    def _tell_time(self, connection: Connection) -> None:
        self._clock.told(connection.execute(_NOW).fetchall()[0][0])

    def _give_back(self, connection: Connection) -> None:
        if connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.close()
            return
        now = time.monotonic()
        # A server has few of them, and many processes want some.
        oldest = now if self._is_closed else now - _IDLE_SECONDS
        with self._lock:
            self._idle.append((connection, now))
            old = [each for each, used in self._idle if used <= oldest]
            del self._idle[: len(old)]
        for each in old:
            each.close()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _translated(self, error: psycopg.Error) -> StoreError:
        words = error.diag.message_primary or str(error).strip() or type(error).__name__
        # libpq writes several lines; a log has one for each.
        words = " ".join(self.address.masked(words).split())
        is_away = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        if is_away or error.sqlstate == _READ_ONLY:
            return StoreUnavailable(f"{self.address}: the database does not answer: {words}")
        return StoreError(f"{self.address}: the database refuses: {words}")


def _pauses(patience_seconds: float) -> Iterator[float]:
    """Before each try. The waits of a fail-over are many seconds, those of a lost connection none."""
    yield from _AT_ONCE
    waited = 0.0
    for pause in (*_FIRST_PAUSES, *itertools.repeat(1.0, int(patience_seconds))):
        waited += pause
        if waited > patience_seconds:
            return
        yield pause
