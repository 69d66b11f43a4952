"""Uvicorn, ended as asked: what was accepted is answered first."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

import uvicorn

from remint.keeper.agent.application import Agent
from remint.keeper.agent.door import BACKLOG
from remint.keeper.agent.protocol import AgentProtocol
from remint.serving.stoppable import StoppableServer

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


class Server(StoppableServer):
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
        stopping = asyncio.get_running_loop().create_task(self._on_stop())
        for door in sockets or []:
            await self.take_waiting(door)
        # What they sent is read before they are told that it was the last.
        await asyncio.sleep(0.05)
        await super().shutdown(sockets)
        await stopping

    def hurry(self, sig: int) -> None:
        """Ends the process where it is: the threads that wait for providers would be waited for."""
        signal.signal(sig, signal.SIG_DFL)
        signal.raise_signal(sig)
