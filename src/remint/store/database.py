"""The cold half's way to a database: SQLAlchemy Core, one transaction a block, whatever the engine."""

from __future__ import annotations

import abc
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError

from remint.clock import Clock
from remint.errors import StoreUnavailable, TransactionRefused
from remint.store.files import StoreFiles
from remint.store.journal import Entry, Journal
from remint.store.lock import WriteLock

_TRIES: Final = 10
_MISTAKES: Final = (IntegrityError, ProgrammingError, DataError)


_Made = TypeVar("_Made")


class _Local(threading.local):
    """What one thread has open."""

    writing: Connection | None = None
    together: contextlib.ExitStack | None = None
    visit: contextlib.ExitStack | None = None
    reading: Connection | None = None
    revoked: list[Entry] | None = None
    lock: WriteLock | None = None


class Database(abc.ABC):
    """One database, for everything but renewals. Safe to use from many threads.

    ``files`` is this machine's data directory: the journal of revocations is there, whatever the engine.
    """

    _ONE_MOMENT: Literal["SERIALIZABLE", "REPEATABLE READ"] = "REPEATABLE READ"

    def __init__(self, files: StoreFiles, clock: Clock) -> None:
        self.files = files
        self.clock = clock
        self.journal = Journal(files.journal)
        self._local = _Local()

    @abc.abstractmethod
    def now_ms(self) -> int:
        """The database's time, in milliseconds since the epoch."""

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with. Raises ``StoreUnavailable``.

        Within ``write`` on the same thread it is that transaction's, and so sees what was written in it.
        """
        local = self._local
        if local.writing is not None:
            yield local.writing
            return
        with self._faults_named():
            if local.visit is None:
                with self._engine().connect() as connection:
                    yield connection
                return
            if local.reading is None:
                local.reading = local.visit.enter_context(self._engine().connect())
            try:
                yield local.reading
            except BaseException:
                # It may be what broke: whoever tells of the error gets another one.
                local.reading = None
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Has all that is read in the block, on this thread, share a connection; for a page or another list.

        Each ``read`` by itself takes one and gives it back, which takes as long as a few questions, and three
        round trips where the database is on a server. After a ``write`` in the block, what is read is as
        new as that.
        """
        local = self._local
        if local.visit is not None:
            yield
            return
        with contextlib.ExitStack() as local.visit:
            try:
                yield
            finally:
                local.visit = local.reading = None

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that reads one moment, however long that takes. Raises ``StoreUnavailable``."""
        with self._faults_named(), self._engine().connect() as connection:
            yield connection.execution_options(isolation_level=self._ONE_MOMENT)

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the block's end, or leaves nothing behind.

        Within another one on the same thread it is a part of that: a use case of several steps wraps them
        in one ``write``, and all of them hold or none. Other writers wait meanwhile, so be brief. Raises
        ``StoreUnavailable``.
        """
        if self._local.writing is not None:
            yield self._local.writing
            return
        if self._local.together is not None:
            yield self._local.together.enter_context(self._outermost())
            return
        with self._outermost() as connection:
            yield connection

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """One transaction of all that is written in the block. It begins with the first ``write``.

        For work that may be slow before it writes, such as hashing a password: no other writer waits for
        that. Raises ``StoreUnavailable``, at the block's end too.
        """
        with contextlib.ExitStack() as whole:
            self._local.together = whole
            try:
                yield
            finally:
                self._local.together = None

    def tried(self, work: Callable[[], _Made]) -> _Made:
        """Does ``work``, which is one transaction, and does it anew where others were in its way.

        After a few times it raises ``TransactionRefused``. Within another transaction it is a part of that.
        """
        is_part = self._local.writing is not None or self._local.together is not None
        for _ in range(0 if is_part else _TRIES - 1):
            with contextlib.suppress(TransactionRefused):
                return work()
        return work()

    def journalled(self) -> bytes:
        """The journal of this machine, without what may still be taken back. Raises ``StoreUnavailable``."""
        with self._faults_named(), self._write_lock():
            return self.journal.content()

    def revoked(self, entries: Iterable[Entry]) -> None:
        """Has the journal keep what the transaction revokes that this thread is in.

        It is written when all of the transaction has been done, right before the commit: what is rolled back
        was never revoked.
        """
        assert self._local.revoked is not None, "only within a transaction"
        self._local.revoked += entries

    @contextlib.contextmanager
    def _outermost(self) -> Iterator[Connection]:
        with self._faults_named(), self._transaction() as connection:
            self._local.writing = connection
            try:
                yield connection
            finally:
                # Whoever reads with another connection may still do so; the next to read sees this.
                self._local.writing = self._local.reading = None

    @abc.abstractmethod
    def assert_revocations(self) -> None:
        """Makes every revocation of the journal hold, should the database have gone back in time."""

    @abc.abstractmethod
    def trim_journal(self) -> None:
        """Drops the journal's lines that are too old to matter."""

    @abc.abstractmethod
    def check(self) -> None:
        """Raises ``StoreUnavailable`` unless the database is there, and answers."""

    @abc.abstractmethod
    def close(self) -> None:
        """Closes every connection."""

    @abc.abstractmethod
    def _engine(self) -> Engine:
        """The connections. Raises ``OSError`` where there is no database any more."""

    @abc.abstractmethod
    def _transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that no other writer is in the middle of: ``_committing``, under the write lock."""

    @contextlib.contextmanager
    def _committing(self, connection: Connection) -> Iterator[None]:
        """Begins, and commits at the block's end, the journal first. The caller holds the write lock."""
        revoked: list[Entry] = []
        self._local.revoked = revoked
        end: int | None = None
        try:
            with self._begun(connection):
                yield
                if revoked:
                    end = self.journal.append(revoked)
        except DBAPIError as error:
            if end is not None and self._refuses(error.orig):
                self.journal.take_back(end)
            raise
        finally:
            self._local.revoked = None

    @contextlib.contextmanager
    def _faults_named(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, self._driver_error(), OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            if isinstance(error, _MISTAKES) and self._is_ours(cause):
                raise
            if self._refuses(cause):
                raise TransactionRefused(
                    "others changed the same at this moment; nothing was done, try again:"
                    f" {self._words(cause)}"
                ) from None
            raise StoreUnavailable(f"the database does not answer: {self._words(cause)}") from None

    def _write_lock(self) -> WriteLock:
        """This thread's own lock against the other writers of this machine."""
        if self._local.lock is None:
            self._local.lock = WriteLock(self.files.lock)
        return self._local.lock

    def _begun(self, connection: Connection) -> RootTransaction:
        """A transaction in which nobody else writes."""
        return connection.begin()

    def _refuses(self, error: BaseException | None) -> bool:
        """Whether a transaction certainly left nothing behind, and may do if it is tried again."""
        return False

    def _is_ours(self, error: BaseException | None) -> bool:
        """Whether a mistake is our own, and not of something between us and the database."""
        return True

    @staticmethod
    @abc.abstractmethod
    def _driver_error() -> type[Exception]:
        """What the driver raises by itself."""

    def _words(self, error: BaseException | None) -> str:
        """What may be told of a driver's error."""
        return str(error)
