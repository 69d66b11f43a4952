"""Gives an answer's head and body to the kernel at once.

Uvicorn writes the head when it is told the status and the body when it is given that: two system calls, and
two packets, for an answer that fits in one of each. Beyond that, an application that finds ``WHOLE_ANSWER``
among the scope's extensions may hand over an answer in one call, where ASGI wants two and uvicorn looks at
each header anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

WHOLE_ANSWER: Final = "remint.whole_answer"

Headers = Sequence[tuple[bytes, bytes]]
Answer = Callable[[int, Headers, bytes], bool]


def whole_answer(scope: MutableMapping[str, Any]) -> Answer | None:
    """How to hand over a whole answer, if the server offers it."""
    extensions = scope.get("extensions")
    return extensions.get(WHOLE_ANSWER) if extensions else None


class _Joined:
    """What uvicorn takes for the transport while it sends: keeps what is written until ``flush``."""

    __slots__ = ("_parts", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._parts.append(data)

    def flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def close(self) -> None:
        self.flush()
        self._transport.close()


class JoiningCycle(RequestResponseCycle):
    """A request and its answer; the head waits for the first part of the body."""

    _joined: _Joined | None = None

    async def send(self, message: Any) -> None:
        """See ASGI."""
        transport = self.transport
        joined = self._joined
        if joined is None:
            joined = self._joined = _Joined(transport)
        self.transport = cast(asyncio.Transport, joined)
        try:
            await super().send(message)
        finally:
            self.transport = transport
        if message["type"] == "http.response.body":
            joined.flush()

    def offer(self) -> None:
        """Tells the application that it may answer in one call."""
        extensions: dict[str, Any] = {WHOLE_ANSWER: self.answer}
        self.scope["extensions"] = extensions

    def answer(self, status: int, headers: Headers, body: bytes) -> bool:
        """Writes a whole answer. ``headers`` are sound, in lower case, and have the ``content-length``.

        ``False`` if it has to go the usual way: the peer does not read or is gone, or it was a HEAD.
        """
        if self.disconnected or self.response_started or self.flow.write_paused:
            return False
        if self.scope["method"] == "HEAD" or self.transport.is_closing():
            return False
        parts = [STATUS_LINE[status]]
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        if not self.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"\r\n", body)
        try:
            self.transport.write(b"".join(parts))
        except RuntimeError:
            # So uvloop says of a connection that was reset since it last looked.
            self.disconnected = True
            return True
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True
