"""Which token endpoint a path belongs to."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from remint.dialect import Endpoint
from remint.dialect.requestdecoder import path_pattern

ASGIApp = Callable[..., Awaitable[None]]


class Routes:
    """Paths as they are, then paths with placeholders, then everything else."""

    def __init__(self, otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._exact: dict[str, ASGIApp] = {}
        self._patterns: list[tuple[re.Pattern[str], ASGIApp]] = []

    def add(self, endpoint: Endpoint, served: ASGIApp) -> None:
        """Serves ``endpoint`` on its paths; another method of the same path may be served beside it."""
        for path in endpoint.paths:
            if "{" in path:
                self._patterns.append((path_pattern(path), served))
                continue
            beside = self._exact.get(path)
            if beside is None:
                self._exact[path] = served
            elif isinstance(beside, _ByMethod):
                beside.add(endpoint.method, served)
            else:
                self._exact[path] = _ByMethod(beside, endpoint.method, served)

    def find(self, path: str) -> ASGIApp:
        """What answers there."""
        found = self._exact.get(path)
        if found is not None:
            return found
        for pattern, served in self._patterns:
            if pattern.fullmatch(path):
                return served
        return self._otherwise


class _ByMethod:
    """Several endpoints on one path. The first of them answers methods that none of them has."""

    def __init__(self, first: ASGIApp, method: str, second: ASGIApp) -> None:
        self._first = first
        self._others = {method: second}

    def add(self, method: str, served: ASGIApp) -> None:
        self._others[method] = served

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await self._others.get(scope["method"], self._first)(scope, receive, send)
