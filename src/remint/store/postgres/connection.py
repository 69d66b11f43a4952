"""A connection that does not wait for ever."""

from __future__ import annotations

import contextlib
import select
import selectors
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import waiting
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

_CANCEL_SECONDS: Final = 1.0
_TOO_LONG: Final = "it took too long"

Rows = list[tuple[Any, ...]]
_GOOD: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Statement(NamedTuple):
    """A statement that a connection prepares once. Its values are named ``$1`` and so on."""

    name: bytes
    text: bytes


class Call(NamedTuple):
    """A statement and its values, as text."""

    statement: Statement
    values: Sequence[bytes] = ()


class TookTooLong(psycopg.OperationalError):
    """The server did not answer in time."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose every statement is answered within ``statement_seconds``, or is lost.

    The server's own limit would have to be set on each connection anew, which a pooler in between gives to
    somebody else; and it says nothing where the whole machine is stuck.
    """

    statement_seconds: float = 5.0
    server: str = ""
    _poller: select.poll | None = None

    def prepare(self, statements: Iterable[Statement]) -> None:
        """Tells the server of ``statements``. Raises ``psycopg.Error``."""

        def send(pgconn: PGconn) -> None:
            for statement in statements:
                pgconn.send_prepare(statement.name, statement.text)

        self._pipelined(send)

    def call(self, calls: Sequence[Call]) -> list[Rows]:
        """Sends all of ``calls`` at once, and gives the rows of each: one round trip.

        What they name has been prepared. Outside of a transaction they are one, which is committed when
        this returns. Raises the ``psycopg.Error`` of the first that failed; nothing of any was done then.

        This is libpq's own pipeline: psycopg's sends each statement by itself, and looks for answers in
        between, for three times the processor time.
        """

        def send(pgconn: PGconn) -> None:
            for statement, values in calls:
                pgconn.send_query_prepared(statement.name, values, result_format=Format.BINARY)

        results = self._pipelined(send)
        transformer = Transformer(self)
        rows = []
        for result in results:
            transformer.set_pgresult(result)
            rows.append(transformer.load_rows(0, result.ntuples, tuple))
        return rows

    def is_lost(self) -> bool:
        """Whether the server has ended this idle connection, as far as can be told without asking it.

        A server says nothing to a connection that asks for nothing, but that it is over.
        """
        try:
            return bool(self._polled().poll(0))
        except psycopg.Error:
            return True

    def wait(self, gen: Any, *_: Any, **__: Any) -> Any:
        """In the place of psycopg's, which waits for ever."""
        try:
            return _waited(gen, self.pgconn.socket, time.monotonic() + self.statement_seconds)
        except TookTooLong:
            self._give_up()
            raise

    def _pipelined(self, send: Callable[[PGconn], None]) -> list[PGresult]:
        pgconn = self.pgconn
        try:
            pgconn.enter_pipeline_mode()
            send(pgconn)
            pgconn.pipeline_sync()
            results = self._results(pgconn)
            pgconn.exit_pipeline_mode()
        except TookTooLong:
            self._give_up()
            raise
        except BaseException:
            # Whatever it was in the middle of, it is of no use to anybody now.
            pgconn.finish()
            raise
        for result in results:
            if result.status not in _GOOD:
                raise error_from_result(result)
        return results

    def _results(self, pgconn: PGconn) -> list[PGresult]:
        """Everything up to the end of the pipeline; of failed statements, too."""
        deadline = time.monotonic() + self.statement_seconds
        while pgconn.flush():
            # A server that is writing may not be reading.
            if self._ready(select.POLLIN | select.POLLOUT, deadline) & ~select.POLLOUT:
                pgconn.consume_input()
        results: list[PGresult] = []
        is_between = False
        while True:
            while pgconn.is_busy():
                self._ready(select.POLLIN, deadline)
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is not None:
                if result.status == ExecStatus.PIPELINE_SYNC:
                    return results
                results.append(result)
            elif is_between:
                raise psycopg.OperationalError("the connection ended in the middle of an answer")
            is_between = result is None

    def _ready(self, events: int, deadline: float) -> int:
        """Waits for one of ``events`` on the socket, and says which."""
        poller = self._polled()
        left = deadline - time.monotonic()
        poller.modify(self.pgconn.socket, events)
        try:
            ready = poller.poll(left * 1000) if left > 0 else []
        finally:
            poller.modify(self.pgconn.socket, select.POLLIN)
        if not ready:
            raise TookTooLong(_TOO_LONG)
        return ready[0][1]

    def _polled(self) -> select.poll:
        if self._poller is None:
            self._poller = select.poll()
            self._poller.register(self.pgconn.socket, select.POLLIN)
        return self._poller

    def _give_up(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self.cancel_safe(timeout=_CANCEL_SECONDS)
        self.pgconn.finish()


def _waited(gen: Any, descriptor: int, deadline: float) -> Any:
    """Has what psycopg wants done on its socket done, until it has its answer."""
    try:
        wanted = next(gen)
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, wanted)
            while True:
                left = deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    raise TookTooLong(_TOO_LONG)
                was, wanted = wanted, gen.send(waiting.Ready(ready[0][1]))
                if wanted != was:
                    selector.modify(descriptor, wanted)
    except StopIteration as done:
        return done.value
