"""The issuer on uvicorn: uvloop, httptools within bounds, and a stop that cuts nobody off."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
from functools import partial
from typing import Any, Final, cast

import structlog
import uvicorn

from remint.issuer.app import Issuer
from remint.issuer.installation import Installation
from remint.issuer.server.guard import Guard, GuardedProtocol
from remint.issuer.server.listener import BACKLOG
from remint.serving.stoppable import StoppableServer

_CLOSING_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.02
_log = structlog.get_logger("remint")


def serve(installation: Installation, listener: socket.socket) -> None:
    """Serves until a signal ends it, then stops gracefully. Closes ``listener``, not the installation."""
    settings = installation.settings
    issuer = Issuer(installation=installation)
    guard = Guard(settings, issuer.service.metrics.turn_away)
    config = uvicorn.Config(
        cast(Any, issuer),
        loop="uvloop",
        http=cast(Any, partial(GuardedProtocol, guard=guard)),
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        backlog=BACKLOG,
        timeout_graceful_shutdown=settings.stop_grace_seconds,
    )
    Server(config, guard).run([listener])


class Server(StoppableServer):
    """Uvicorn's, but for its bounds and for how it ends."""

    def __init__(self, config: uvicorn.Config, guard: Guard) -> None:
        super().__init__(config)
        self._guard = guard
        self._sweep: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to serve, and to sweep."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_tell)
        await super().startup(sockets)
        # What is there now stays: no collection need look at it again while requests wait.
        gc.collect()
        gc.freeze()
        connections = cast("set[GuardedProtocol]", self.server_state.connections)
        self._sweep = loop.create_task(self._guard.sweep(connections), name="remint-sweep")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes what waits at the door, closes it, answers, and ends."""
        _log.info("stopping", connections=len(self.server_state.connections))
        await self._close_door(sockets or [])
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._wait(self.config.timeout_graceful_shutdown or 0)
        if self._sweep is not None:
            self._sweep.cancel()
        if overdue := list(self.server_state.connections):
            _log.warning("stop_overdue", connections=len(overdue))
            for connection in overdue:
                connection.transport.abort()
            # Each learns that its caller is gone, and ends.
            if self.server_state.tasks:
                await asyncio.wait(self.server_state.tasks, timeout=1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self.lifespan.shutdown()
        _log.info("stopped")

    async def _close_door(self, sockets: list[socket.socket]) -> None:
        doors = [socket.socket(fileno=os.dup(each.fileno())) for each in sockets]
        for server in self.servers:
            server.close()
        # Whoever the kernel has let in already would be cut off by the last close.
        for door in doors:
            await self.take_waiting(door)
            door.close()

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while (  # noqa: ASYNC110 - uvicorn keeps a set, not an event
            self.server_state.connections and not self.force_exit and loop.time() < deadline
        ):
            await asyncio.sleep(_LOOK_SECONDS)


def _tell(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs what nobody caught. Asyncio would write the message of the exception, whatever it quotes."""
    error = context.get("exception")
    _log.error("uncaught", what=context.get("message", ""), exc_info=error)
