"""The issuer as an ASGI application: to run by itself, or to mount in somebody's Starlette or FastAPI."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from remint.dialect import Endpoint
from remint.issuer.accesslog import AccessLog
from remint.issuer.endpoint import Receive, Scope, Send, TokenEndpoint
from remint.issuer.installation import Installation
from remint.issuer.service import Service
from remint.issuer.settings import Settings, load_settings
from remint.issuer.web import make_web


class Issuer:
    """Serves the token endpoints of every dialect, and the pages around them.

    Mounted, it starts at its first request; the host application should ``await issuer.stop()`` when it
    ends. Run by itself it follows ASGI's lifespan. Raises what ``Installation`` raises.
    """

    def __init__(
        self, settings: Settings | None = None, *, installation: Installation | None = None
    ) -> None:
        self.installation = installation or Installation(settings or load_settings())
        self.service = Service(self.installation)
        self._owns_installation = installation is None
        self._starting = asyncio.Lock()
        self._access_log: AccessLog | None = None
        if self.installation.settings.access_log == "stdout":
            self._access_log = AccessLog(sys.stdout.buffer)
        self._web = make_web(self.service)
        self._routes: dict[str, Any] = {}
        for dialect in self.installation.dialects.values():
            for endpoint in dialect.endpoints:
                self._add(endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            path: str = scope["path"]
            root: str = scope.get("root_path", "")
            if root and path.startswith(root):
                path = path[len(root) :]
            if not self.service.is_ready:
                await self.start()
            route = self._routes.get(path, self._web)
            await route(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def start(self) -> None:
        """Starts the service, if it is not running yet."""
        async with self._starting:
            if not self.service.is_ready:
                await self.service.start()

    async def stop(self) -> None:
        """Answers what was accepted, then closes everything."""
        await self.service.stop()
        if self._access_log is not None:
            await asyncio.to_thread(self._access_log.close)
        if self._owns_installation:
            self.installation.close()

    def _add(self, endpoint: Endpoint) -> None:
        served = TokenEndpoint(endpoint, self.service, self._access_log)
        for path in endpoint.paths:
            self._routes[path] = served

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except Exception as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    raise
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
