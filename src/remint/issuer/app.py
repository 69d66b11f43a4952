"""The issuer as an ASGI application: to run by itself, or to mount in somebody's Starlette or FastAPI."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from remint.issuer.endpoints.accesslog import AccessLog
from remint.issuer.endpoints.endpoint import Receive, Scope, Send, TokenEndpoint
from remint.issuer.endpoints.routes import ASGIApp, Routes
from remint.issuer.endpoints.service import Service
from remint.issuer.installation import Installation
from remint.issuer.sections import Sections
from remint.issuer.settings import Settings, load_settings
from remint.issuer.tally import PUBLISH_SECONDS, Tally
from remint.issuer.web import MOUNTED_AT, make_web

_STOPPED: Final[list[dict[str, Any]]] = [
    {
        "type": "http.response.start",
        "status": 503,
        "headers": [(b"retry-after", b"2"), (b"content-length", b"0"), (b"connection", b"close")],
    },
    {"type": "http.response.body", "body": b""},
]


class Issuer:
    """Serves the token endpoints of every dialect, and the pages around them.

    Mounted in another application, that application passes on its lifespan::

        issuer = Issuer(settings)
        app = FastAPI(lifespan=issuer.lifespan)
        app.mount("/auth", issuer)

    Where it does not, the issuer starts at its first request, and the application should ``await
    issuer.stop()`` at its end. Run by itself it follows ASGI's lifespan. Raises what ``Installation``
    raises.
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
        self._tally = Tally(self.installation.settings.data_dir, self.service.metrics)
        self._publishing: asyncio.Task[None] | None = None
        self._is_stopped = False
        web = make_web(self.service, self._tally)
        parts = {"/console": self._console, "/admin/v1": self._admin}
        has_console = self.installation.settings.console
        self._routes = Routes(Sections(parts, web) if has_console else web)
        for dialect in self.installation.dialects.values():
            for endpoint in dialect.endpoints:
                served = TokenEndpoint(endpoint, self.service, self._access_log)
                self._routes.add(endpoint, served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            if not self.service.is_ready:
                if self._is_stopped:
                    for message in _STOPPED:
                        await send(message)
                    return
                await self.start()
            path: str = scope["path"]
            if scope.get("root_path"):
                # Neither a dialect nor a page knows where it is mounted.
                path = _below(path, scope["root_path"])
                scope = {**scope, "path": path, MOUNTED_AT: scope["root_path"], "root_path": ""}
            await self._routes.find(path)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._follow(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def start(self) -> None:
        """Starts the service, if it is not running yet."""
        async with self._starting:
            if self.service.is_ready or self._is_stopped:
                return
            await self.service.start()
            if self.installation.settings.workers > 1:
                self._publishing = asyncio.create_task(self._publish(), name="remint-tally")

    async def stop(self) -> None:
        """Answers what was accepted, then closes everything, for good."""
        async with self._starting:
            if self._is_stopped:
                return
            self._is_stopped = True
        if self._publishing is not None:
            self._publishing.cancel()
            await asyncio.to_thread(self._tally.publish)
        await self.service.stop()
        if self._access_log is not None:
            await asyncio.to_thread(self._access_log.close)
        if self._owns_installation:
            self.installation.close()

    @asynccontextmanager
    async def lifespan(self, _host: object = None) -> AsyncIterator[None]:
        """Runs from the start of a host application to its end: ``FastAPI(lifespan=issuer.lifespan)``."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def _console(self) -> ASGIApp:
        from remint.issuer.console import make_console

        return make_console(self.service, self)

    def _admin(self) -> ASGIApp:
        from remint.issuer.admin import make_admin

        return make_admin(self.service)

    async def _publish(self) -> None:
        while True:
            await asyncio.to_thread(self._tally.publish)
            await asyncio.sleep(PUBLISH_SECONDS)

    async def _follow(self, receive: Receive, send: Send) -> None:
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


def _below(path: str, root: str) -> str:
    """The path below the place where the issuer is mounted."""
    rest = path.removeprefix(root)
    # "/auth" is no mount of "/authority".
    return rest if rest != path and rest.startswith("/") else path
