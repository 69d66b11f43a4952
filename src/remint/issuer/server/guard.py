"""What HTTP may bring: bounds on a connection's head, on its patience and on how many there are.

Uvicorn bounds none of them with httptools. The protocol here does, and at no cost to a request that keeps
to them: all timing is done by one sweep over all connections, twice a second, where uvicorn would start
and cancel a timer for every request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from remint.issuer.endpoints.joining import JoiningCycle
from remint.issuer.settings import Settings

SWEEP_SECONDS: Final = 0.5
#: After a stop, an idle connection may still bring a request that was on its way.
LULL_SECONDS: Final = 0.5
#: Requests of one connection that wait for those before them; one more ends it once they are answered.
MAX_PIPELINE: Final = 16
_LINGER_TICKS: Final = 2
_RETRY_AFTER: Final = b"retry-after: 1\r\n"


class Guard:
    """The bounds of one server process, and the sweep that keeps the timed ones."""

    def __init__(self, settings: Settings, count: Callable[[str], None]) -> None:
        """``count`` is told the reason each time that something is turned away."""
        self.max_head_bytes = settings.max_header_bytes
        self.max_connections = settings.max_connections
        # So many above the bound are told so; beyond that, words would be what fills the memory.
        self.max_surplus = settings.max_connections + max(16, settings.max_connections // 8)
        # A body in chunks of a byte each takes six times its size.
        self.max_message_bytes = settings.max_header_bytes + 8 * settings.max_body_bytes
        self.head_ticks = _ticks(settings.receive_timeout_seconds)
        self.idle_ticks = _ticks(settings.keep_alive_seconds)
        self.count = count

    async def sweep(self, connections: Iterable[GuardedProtocol]) -> None:
        """Goes on until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connection in list(connections):
                connection.tick()


class GuardedProtocol(HttpToolsProtocol):
    """One connection. See ``Guard``."""

    def __init__(self, *, guard: Guard, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._guard = guard
        self._max_head = guard.max_head_bytes
        # Of a head that did not come whole: its bytes, but for those of the chunk at hand.
        self._head_bytes = 0
        self._chunk_bytes = 0
        # Of a message whose body did not come whole: its bytes, and whose they are.
        self._message_bytes = 0
        self._message: RequestResponseCycle | None = None
        self._ticks = 0
        self._stalled_ticks = 0
        self._refusal: tuple[int, str] | None = None
        self._is_stopping = self._is_surplus = self._is_refused = self._is_ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, turns it away with words, or without."""
        super().connection_made(transport)
        if len(self.connections) > self._guard.max_connections:
            if len(self.connections) > self._guard.max_surplus:
                self._guard.count("connections")
                transport.abort()
            self._is_surplus = True

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, and looks closer only where a message did not come whole."""
        self._chunk_bytes = len(data)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(*(self._refusal or (400, "malformed")))
            return
        scope: Any = self.scope
        if scope is not None and "method" not in scope:
            self._head_grew()
            return
        if self._head_bytes:
            self._head_bytes = 0
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.more_body:
            self._body_grew(cycle)

    def on_headers_complete(self) -> None:
        """A head is complete: lets it through if it fits."""
        if self._is_surplus:
            self._refusal = (503, "connections")
        elif self.pipeline and len(self.pipeline) >= MAX_PIPELINE:
            self._refusal = (0, "pipeline")
        elif self._head_bytes + self._chunk_bytes > self._max_head and self._is_too_large():
            self._refusal = (self._too_large(), "head")
        if self._refusal is not None:
            # Stops the parser: what follows must not be taken for the body of an earlier request.
            raise _Refused
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # Uvicorn makes the cycle itself and has no place to say of which class.
        cycle.__class__ = JoiningCycle
        cast(JoiningCycle, cycle).offer()
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer is out. The sweep keeps the time from here: no timer is started."""
        self._ticks = 0
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self.flow.resume_reading()

    def tick(self) -> None:
        """Half a second has passed. Ends what has waited for too long."""
        guard = self._guard
        self._ticks += 1
        if self._is_ending or self.flow.write_paused or self.transport.is_closing():
            # The peer has to take what it asked for, or to hang up.
            self._stalled_ticks += 1
            if self._stalled_ticks > (_LINGER_TICKS if self._is_ending else guard.head_ticks):
                if not self._is_ending:
                    guard.count("slow_reader")
                self.transport.abort()
            return
        self._stalled_ticks = 0
        if self._is_busy():
            self._ticks = 0
        elif self._head_bytes or self.cycle is None:
            if self._ticks > guard.head_ticks:
                self._refuse(408 if self._head_bytes else 0, "slow")
        elif self._ticks > guard.idle_ticks:
            self.transport.close()

    def shutdown(self) -> None:
        """The server stops: answers what has come or is on its way, and ends the connection with that."""
        self._is_stopping = True
        if self._is_busy():
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LULL_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not self._is_busy():
            self.transport.close()

    def _is_busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _head_grew(self) -> None:
        if not self._head_bytes:
            # Its first part: from here the time runs.
            self._ticks = 0
        self._head_bytes += self._chunk_bytes
        if self._head_bytes > self._max_head:
            self._refuse(self._too_large(), "head")

    def _body_grew(self, cycle: RequestResponseCycle) -> None:
        """Bounds what the application does not see: framing, trailers, a body that it did not wait for."""
        if cycle is not self._message:
            self._message, self._message_bytes = cycle, 0
        self._message_bytes += self._chunk_bytes
        if self._message_bytes > self._guard.max_message_bytes:
            self._refuse(413, "body")

    def _is_too_large(self) -> bool:
        # Four for the colon, the blank and the line's end.
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return len(self.url) + fields > self._max_head

    def _too_large(self) -> int:
        return 414 if len(self.url) > self._max_head // 2 else 431

    def _refuse(self, status: int, reason: str) -> None:
        """Ends the connection; with an answer, unless that would stand in the place of another."""
        if self._is_refused:
            return
        self._is_refused = True
        self._guard.count(reason)
        self.parser = _Deaf()  # type: ignore[assignment]
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and self._is_busy() and (self.pipeline or not cycle.more_body):
            # Earlier requests, which have come whole, are answered first, and that is the end.
            cycle.keep_alive = False
            return
        answered = cycle is not None and cycle.more_body and cycle.response_started
        if not status or answered:
            self.transport.close()
            return
        if cycle is not None and self._is_busy():
            cycle.disconnected = True
            cycle.message_event.set()
        # Closed at once, the answer could be lost to what the peer is still sending.
        self.transport.write(_answer(status))
        self.transport.write_eof()
        self._is_ending = True


class _Refused(Exception):
    """Stops the parser."""


class _Deaf:
    """A parser that takes everything for nothing."""

    def feed_data(self, data: bytes) -> None:
        """Nothing."""


def _answer(status: int) -> bytes:
    line = STATUS_LINE[status]
    text = line.split(b" ", 1)[1].strip() + b"\n"
    return b"".join(
        (
            line,
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(text),
            _RETRY_AFTER if status == 503 else b"",
            b"connection: close\r\n\r\n",
            text,
        )
    )


def _ticks(seconds: float) -> int:
    return max(1, round(seconds / SWEEP_SECONDS))
