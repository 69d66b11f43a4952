"""Uvicorn, ended as asked."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, cast

import uvicorn

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class StoppableServer(uvicorn.Server):
    """Uvicorn's, but that a signal ends it once and for all, and that nobody at its door is cut off."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends on a signal as asked: uvicorn would raise it again when all is done."""
        before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops gracefully; from the second on ``hurry`` says what happens."""
        if self.should_exit:
            self.hurry(sig)
        self.should_exit = True

    def hurry(self, sig: int) -> None:
        """Waits for nobody any more."""
        self.force_exit = True

    async def take_waiting(self, door: socket.socket) -> None:
        """Takes whom the kernel has let in already: they would be cut off when the door is closed."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while True:
                waiting, _ = door.accept()
                await loop.connect_accepted_socket(self._protocol, waiting)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = cast(Any, self.config.http_protocol_class)(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
