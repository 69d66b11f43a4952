"""The parts of the issuer that few processes ever need: loaded when somebody first comes by."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from remint.issuer.endpoints.endpoint import Receive, Scope, Send
from remint.issuer.endpoints.routes import ASGIApp

Load = Callable[[], ASGIApp]


class Sections:
    """ASGI: what is below one of the prefixes goes to that part, everything else to ``otherwise``."""

    def __init__(self, parts: Mapping[str, Load], otherwise: ASGIApp) -> None:
        self._parts = {prefix: _Late(load) for prefix, load in parts.items()}
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path: str = scope["path"]
        for prefix, part in self._parts.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                await part(scope, receive, send)
                return
        await self._otherwise(scope, receive, send)


class _Late:
    """An application that is loaded at its first request, away from the loop that renews."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loading = asyncio.Lock()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            async with self._loading:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._load)
        await self._app(scope, receive, send)
