"""Every client library behind one face, so that one suite holds for all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
import httpx2
import requests

from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.auth.aiohttp import KeeperAuth as AiohttpAuth
from remint.keeper.auth.httpx import KeeperAuth as HttpxAuth
from remint.keeper.auth.httpx2 import KeeperAuth as Httpx2Auth
from remint.keeper.auth.requests import KeeperAuth as RequestsAuth
from remint.keeper.keeper import Keeper


@dataclass
class Got:
    """An answer as a caller sees it."""

    status: int
    body: bytes
    url: str
    raw: Any


class Blocking:
    """A ``Keeper`` and a client that blocks."""

    library: Any
    auth_class: Any
    call: Any

    def __init__(self, auth_options: dict[str, Any], **options: Any) -> None:
        self.keeper = Keeper(**options)
        self.auth_options = auth_options

    def connect(self, name: str, dialect: str, **given: Any) -> None:
        self.keeper.connect(name, dialect, **given)

    def many(self, url: str, count: int) -> list[Got]:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda _: self.call("GET", url), range(count)))

    def close(self) -> None:
        self.keeper.close()


class HttpxCaller(Blocking):
    """httpx's ``Client``."""

    library: Any = httpx
    auth_class: Any = HttpxAuth

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.auth = self.auth_class(self.keeper, "crm", **self.auth_options)
        limits = self.library.Limits(max_connections=100)
        self.client = self.library.Client(auth=self.auth, limits=limits, trust_env=False)

    def call(self, method: str, url: str, *, follow: bool = False, **options: Any) -> Got:
        if "body" in options:
            options["content"] = options.pop("body")
        got = self.client.request(method, url, follow_redirects=follow, **options)
        return Got(got.status_code, got.content, str(got.url), got)

    def stream(self, url: str) -> list[bytes]:
        with self.client.stream("GET", url) as got:
            return list(got.iter_bytes())

    def close(self) -> None:
        self.client.close()
        super().close()


class Httpx2Caller(HttpxCaller):
    """httpx2's ``Client``."""

    library, auth_class = httpx2, Httpx2Auth


class RequestsCaller(Blocking):
    """A session of requests."""

    library = requests

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=100))
        self.auth = RequestsAuth(self.keeper, "crm", **self.auth_options)
        self.session.auth = self.auth

    def call(self, method: str, url: str, *, follow: bool = False, **options: Any) -> Got:
        if "body" in options:
            options["data"] = options.pop("body")
        got = self.session.request(method, url, allow_redirects=follow, **options)
        return Got(got.status_code, got.content, got.url, got)

    def stream(self, url: str) -> list[bytes]:
        with self.session.get(url, stream=True) as got:
            return list(got.iter_content(None))

    def close(self) -> None:
        self.session.close()
        super().close()


class Looping:
    """An ``AsyncKeeper`` and a client, in an event loop of their own."""

    library: Any
    auth_class: Any
    open: Any
    acall: Any
    astream: Any
    aclose: Any

    def __init__(self, auth_options: dict[str, Any], **options: Any) -> None:
        self.runner = asyncio.Runner()
        self.keeper = AsyncKeeper(**options)
        self.auth_options = auth_options
        self.run(self.open())

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def connect(self, name: str, dialect: str, **given: Any) -> None:
        self.run(self.keeper.connect(name, dialect, **given))

    def call(self, method: str, url: str, **options: Any) -> Got:
        got: Got = self.run(self.acall(method, url, **options))
        return got

    def many(self, url: str, count: int) -> list[Got]:
        async def gather() -> list[Got]:
            return await asyncio.gather(*(self.acall("GET", url) for _ in range(count)))

        got: list[Got] = self.run(gather())
        return got

    def stream(self, url: str) -> list[bytes]:
        got: list[bytes] = self.run(self.astream(url))
        return got

    def close(self) -> None:
        async def close() -> None:
            await self.aclose()
            await self.keeper.close()

        self.run(close())
        self.runner.close()


class AsyncHttpxCaller(Looping):
    """httpx's ``AsyncClient``."""

    library: Any = httpx
    auth_class: Any = HttpxAuth

    async def open(self) -> None:
        self.auth = self.auth_class(self.keeper, "crm", **self.auth_options)
        limits = self.library.Limits(max_connections=100)
        self.client = self.library.AsyncClient(auth=self.auth, limits=limits, trust_env=False)

    async def acall(self, method: str, url: str, *, follow: bool = False, **options: Any) -> Got:
        if "body" in options:
            options["content"] = _asynchronous(options.pop("body"))
        got = await self.client.request(method, url, follow_redirects=follow, **options)
        return Got(got.status_code, got.content, str(got.url), got)

    async def astream(self, url: str) -> list[bytes]:
        async with self.client.stream("GET", url) as got:
            return [piece async for piece in got.aiter_bytes()]

    async def aclose(self) -> None:
        await self.client.aclose()


class AsyncHttpx2Caller(AsyncHttpxCaller):
    """httpx2's ``AsyncClient``."""

    library, auth_class = httpx2, Httpx2Auth


class AiohttpCaller(Looping):
    """A session of aiohttp."""

    library = aiohttp

    async def open(self) -> None:
        self.auth = AiohttpAuth(self.keeper, "crm", **self.auth_options)
        jar = aiohttp.CookieJar(unsafe=True)
        self.session = aiohttp.ClientSession(middlewares=(self.auth,), cookie_jar=jar)

    async def acall(self, method: str, url: str, *, follow: bool = False, **options: Any) -> Got:
        if "body" in options:
            options["data"] = _asynchronous(options.pop("body"))
        if "files" in options:
            form = aiohttp.FormData()
            for name, file in options.pop("files").items():
                form.add_field(name, file, filename=name)
            options["data"] = form
        async with self.session.request(method, url, allow_redirects=follow, **options) as got:
            return Got(got.status, await got.read(), str(got.url), got)

    async def astream(self, url: str) -> list[bytes]:
        async with self.session.get(url) as got:
            return [piece async for piece, _ in got.content.iter_chunks()]

    async def aclose(self) -> None:
        await self.session.close()


def _asynchronous(body: Any) -> Any:
    """A generator as an asynchronous one; all else as it is."""
    if not isinstance(body, Iterator) or hasattr(body, "read"):
        return body

    async def pieces() -> Any:
        for piece in body:
            yield piece

    return pieces()


CALLERS: dict[str, Callable[..., Any]] = {
    "httpx2": Httpx2Caller,
    "httpx2-async": AsyncHttpx2Caller,
    "httpx": HttpxCaller,
    "httpx-async": AsyncHttpxCaller,
    "requests": RequestsCaller,
    "aiohttp": AiohttpCaller,
}


@contextlib.contextmanager
def opened(kind: str, auth_options: dict[str, Any] | None = None, **options: Any) -> Iterator[Any]:
    """A caller of that kind, until the block's end."""
    caller = CALLERS[kind](auth_options or {}, **options)
    try:
        yield caller
    finally:
        caller.close()
