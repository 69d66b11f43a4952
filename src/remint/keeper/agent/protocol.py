"""One connection to the agent: uvicorn's, bounded in its head and its patience, and its peer looked at."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

MOST_HEAD_BYTES: Final = 32 * 1024
# A body in chunks of a byte each takes six times its size.
_MOST_MESSAGE_BYTES: Final = 512 * 1024
HEAD_SECONDS: Final = 10.0
_CREDENTIALS: Final = struct.Struct("3i")


class AgentProtocol(HttpToolsProtocol):
    """Ends a connection whose head is too long or too slow, or whose peer is another user's.

    A head that comes whole, as nearly all do, costs no timer.
    """

    def __init__(self, *args: Any, **uvicorns: Any) -> None:
        super().__init__(*args, **uvicorns)
        self._is_in_head = True
        self._message_bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, unless it is another user's."""
        super().connection_made(transport)
        if not is_welcome(transport.get_extra_info("socket")):
            transport.abort()
            return
        self._patience = self.loop.call_later(HEAD_SECONDS, self._lose_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, and looks closer only where a message did not come whole."""
        self._message_bytes += len(data)
        super().data_received(data)
        if not self._message_bytes or self.transport.is_closing():
            return
        if self._message_bytes > (MOST_HEAD_BYTES if self._is_in_head else _MOST_MESSAGE_BYTES):
            self._end(431 if self._is_in_head else 413)
        elif self._is_in_head and self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self._lose_patience)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """A head is there."""
        self._is_in_head = False
        if self._patience is not None:
            self._rest()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._message_bytes = 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server stops: an answer under way is the last."""
        self._rest()
        super().shutdown()

    def _rest(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        self._patience = None
        self._end(408 if self._message_bytes else 0)

    def _end(self, status: int) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        is_busy = cycle is not None and not cycle.response_complete
        if status and not is_busy:
            head = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head)
        self.transport.close()


def is_welcome(peer: Any) -> bool:
    """Whether the process at the other end is this user's, or root's; over TCP the key tells."""
    if peer is None or peer.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return True
    # Uvloop's own view of a socket cannot be asked.
    with socket.socket(fileno=os.dup(peer.fileno())) as asked:
        told = asked.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(told)
    return uid in (os.geteuid(), 0)
