"""Uvicorn, ended as asked: what was accepted is answered first."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, Final, cast

import uvicorn

from remint.keeper.agent.application import Agent
from remint.keeper.agent.door import BACKLOG
from remint.keeper.agent.protocol import AgentProtocol

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_KEEP_ALIVE_SECONDS: Final = 75
MOST_CONNECTIONS: Final = 4096


def configured(agent: Agent, patience_seconds: float) -> uvicorn.Config:
    """Uvicorn's configuration. A stop waits for ``patience_seconds``: longer than any caller does."""
    return uvicorn.Config(
        cast(Any, agent),
        http=cast(Any, AgentProtocol),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(patience_seconds) + 5,
    )


class Server(uvicorn.Server):
    """Uvicorn's, but for how it begins and ends.

    ``on_ready`` is called once callers are let in, ``on_stop`` when no more are.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[], None],
        on_stop: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to serve."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes whom the kernel has let in already, and ends when all are answered."""
        loop = asyncio.get_running_loop()
        stopping = loop.create_task(self._on_stop())
        for door in sockets or []:
            with contextlib.suppress(OSError):
                while True:
                    waiting, _ = door.accept()
                    await loop.connect_accepted_socket(self._protocol, waiting)
        # What they sent is read before they are told that it was the last.
        await asyncio.sleep(0.05)
        await super().shutdown(sockets)
        await stopping

    def _protocol(self) -> asyncio.Protocol:
        return AgentProtocol(config=self.config, server_state=self.server_state, app_state={})

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
        """The first signal stops gracefully; the second ends the process where it is."""
        if self.should_exit:
            # The threads that wait for providers would otherwise be waited for.
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self.should_exit = True
