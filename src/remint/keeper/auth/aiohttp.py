"""aiohttp: ``ClientSession(middlewares=(KeeperAuth(keeper, "crm"),))``, from aiohttp 3.12 on."""

from __future__ import annotations

from remint.keeper.auth.keepers import missing

try:
    import aiohttp
except ModuleNotFoundError as error:
    raise missing(__name__, "aiohttp", error) from None

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict

from remint.keeper.access import Access
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.auth.answers import MOST_BODY_BYTES, must_read, says_expired
from remint.keeper.auth.keepers import Kept
from remint.keeper.auth.origins import origin_of
from remint.keeper.auth.querymask import QueryMask
from remint.keeper.auth.turns import Ask, Course, Verdict, turns

_log: Final = logging.getLogger("remint.keeper")
_query_mask: Final = QueryMask()
#: Who warns of more tells nothing new, and may be led on by redirects.
_MOST_STRANGERS: Final = 16
_LOGGERS: Final = ("aiohttp.client", "aiohttp.internal")


class KeeperAuth(Kept):
    """Shows the token of a connection to an API, and another one if it had run out.

    A request is sent again once, if its body can be: one that comes from a generator cannot, and its 401 is
    the caller's. ``origins`` names those that may see the token, such as ``https://api.example.com``. A
    middleware cannot tell a redirect from a request: where no origins are named, the token is shown to that
    of the first request only. Requests raise what ``AsyncKeeper.token`` raises.
    """

    def __init__(
        self, keeper: AsyncKeeper, name: str, *, origins: Iterable[str] | None = None
    ) -> None:
        super().__init__(keeper, name, origins=origins)
        self._first_origin = ""
        self._strangers: set[str] = set()

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if not self._admits(str(request.url)):
            return await handler(request)
        response: aiohttp.ClientResponse | None = None
        course = Course(turns())
        for step in course:
            if isinstance(step, Ask):
                try:
                    course.feed(await self.asked_async(step))
                except BaseException:
                    if response is not None:
                        response.close()
                    raise
            else:
                if response is not None:
                    response.release()
                response = await _sent(request, handler, step.access)
                course.feed(await _verdict(request, response, step.access))
        assert response is not None
        return response

    def _admits(self, url: str) -> bool:
        if not self._origins.is_open:
            return self._origins.admit(url)
        origin = origin_of(url)
        self._first_origin = self._first_origin or origin
        is_new = origin != self._first_origin and origin not in self._strangers
        if is_new and len(self._strangers) < _MOST_STRANGERS:
            self._strangers.add(origin)
            _log.warning(
                "%r shows its token to %s only, not to %s: name both as origins if it should",
                self,
                self._first_origin,
                origin,
            )
        return origin == self._first_origin


async def _sent(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType, access: Access
) -> aiohttp.ClientResponse:
    """Sends the request with the token, and takes it off again: an error's ``repr`` shows the headers."""
    plain_url, plain = request.url, CIMultiDict(request.headers)
    for name, value in access.headers:
        is_one_more = name.lower() == "cookie" and name in plain
        request.headers[name] = f"{plain[name]}; {value}" if is_one_more else value
    if access.query:
        _query_mask.cover(_LOGGERS, (name for name, _ in access.query))
        request.url = plain_url.extend_query(access.query)
    try:
        return await handler(request)
    finally:
        request.url = plain_url
        for name, _ in access.headers:
            request.headers.popall(name, None)
            for value in plain.getall(name, ()):
                request.headers.add(name, value)


async def _verdict(
    request: aiohttp.ClientRequest, response: aiohttp.ClientResponse, access: Access
) -> Verdict:
    use, status, headers = access.use, response.status, response.headers
    body = b""
    if must_read(use, status, headers.get("Content-Type"), headers.get("Content-Length")):
        body = await _read(response)
    if says_expired(use, status, body) and _can_repeat(request):
        return Verdict.EXPIRED
    return Verdict.DONE


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, which the caller may read again, also as a stream."""
    body = await response.read()
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), max(len(body), MOST_BODY_BYTES), loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    response.content = stream
    return body


def _can_repeat(request: aiohttp.ClientRequest) -> bool:
    """Whether the request's body can be sent a second time."""
    body = request.body
    if isinstance(body, bytes | aiohttp.BytesPayload):
        return True
    # The first versions with middlewares do not tell: there a body that is no bytes is sent once.
    return not getattr(body, "consumed", True)
