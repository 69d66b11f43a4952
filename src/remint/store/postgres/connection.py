"""A connection that does not wait for ever."""

from __future__ import annotations

import contextlib
import select
import selectors
import time
from typing import Any, Final

import psycopg
from psycopg import waiting

_CANCEL_SECONDS: Final = 1.0


class TookTooLong(psycopg.OperationalError):
    """The server did not answer in time."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose every statement is answered within ``statement_seconds``, or is lost.

    The server's own limit would have to be set on each connection anew, which a pooler in between gives to
    somebody else; and it says nothing where the whole machine is stuck.
    """

    statement_seconds: float = 5.0

    def is_lost(self) -> bool:
        """Whether the server has ended this idle connection, as far as can be told without asking it.

        A server says nothing to a connection that asks for nothing, but that it is over.
        """
        # One call of the system: this is asked before every batch.
        poller = select.poll()
        try:
            poller.register(self.pgconn.socket, select.POLLIN)
        except psycopg.Error:
            return True
        return bool(poller.poll(0))

    def wait(self, gen: Any, *_: Any, **__: Any) -> Any:
        """In the place of psycopg's, which waits for ever."""
        try:
            return _waited(gen, self.pgconn.socket, time.monotonic() + self.statement_seconds)
        except TookTooLong:
            with contextlib.suppress(psycopg.Error):
                self.cancel_safe(timeout=_CANCEL_SECONDS)
            self.pgconn.finish()
            raise


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
                    raise TookTooLong("it took too long")
                was, wanted = wanted, gen.send(waiting.Ready(ready[0][1]))
                if wanted != was:
                    selector.modify(descriptor, wanted)
    except StopIteration as done:
        return done.value
