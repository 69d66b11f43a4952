"""Gives an answer's head and body to the kernel at once.

Uvicorn writes the head when it is told the status and the body when it is given that: two system calls, and
two packets, for an answer that fits in one of each.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


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
