"""What httpx2 and httpx have in common: one flow for both, and for blocking and asynchronous clients."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from remint.keeper.access import Access
from remint.keeper.auth.answers import must_read, says_expired
from remint.keeper.auth.keepers import Kept
from remint.keeper.auth.origins import Origins, origin_of
from remint.keeper.auth.querymask import QueryMask
from remint.keeper.auth.turns import Course, Show, Verdict, turns

_query_mask = QueryMask()


@dataclass(frozen=True)
class Library:
    """What differs: the classes of the library, and the names of its loggers."""

    headers: type[Any]
    byte_stream: type[Any]
    loggers: tuple[str, ...]


def concealing(base: type[Any]) -> type[Any]:
    """A kind of headers that sends more than it shows.

    A client copies headers for a redirect, wherever that leads, and drops only ``Authorization`` at another
    origin. What is concealed here is sent, can be looked up by name, and is not copied.
    """

    class Concealing(base):  # type: ignore[misc]
        def __init__(self, shown: Any, concealed: list[tuple[str, str]]) -> None:
            super().__init__(shown)
            self._concealed = base(concealed)

        @property
        def raw(self) -> list[tuple[bytes, bytes]]:
            shown: list[tuple[bytes, bytes]] = super().raw
            return [*shown, *self._concealed.raw]

        def __getitem__(self, key: str) -> str:
            found: str = self._concealed.get(key) or super().__getitem__(key)
            return found

        def __contains__(self, key: object) -> bool:
            return key in self._concealed or super().__contains__(key)

    return Concealing


class Passage:
    """One request on its way through the client, with the token put on and taken off."""

    def __init__(self, library: Library, origins: Origins, request: Any) -> None:
        self._library = library
        self._origins = origins
        self._request = request
        self._plain_headers, self._plain_url = request.headers, request.url
        self._access: Access | None = None
        self._conceals = False

    @property
    def is_admitted(self) -> bool:
        """Whether the token may be shown at all."""
        return self._origins.admit(self._request.url)

    def show(self, access: Access) -> Any:
        """The request, showing the token."""
        self._access = access
        request, library = self._request, self._library
        headers = self._plain_headers.copy()
        concealed = []
        for name, value in access.headers:
            if name.lower() == "authorization":
                headers[name] = value
            elif name.lower() == "cookie" and "cookie" in headers:
                concealed.append((name, f"{headers['cookie']}; {value}"))
            else:
                concealed.append((name, value))
        for name, _ in concealed:
            headers.pop(name, None)
        self._conceals = bool(concealed or access.query)
        request.headers = library.headers(headers, concealed) if concealed else headers
        if access.query:
            _query_mask.cover(library.loggers, (name for name, _ in access.query))
            added = urlencode(access.query).encode()
            query = self._plain_url.query
            joined = query + b"&" + added if query else added
            request.url = self._plain_url.copy_with(query=joined)
        return request

    def met(self, response: Any) -> bool:
        """Takes note of an answer. True: its body has to be read before ``verdict``."""
        # From here on it is the caller's: no error, log or redirect has to see the token in its address.
        self._request.url = self._plain_url
        headers = response.headers
        return must_read(
            self._use,
            response.status_code,
            headers.get("content-type"),
            headers.get("content-length"),
        )

    def verdict(self, response: Any, body: bytes) -> Verdict:
        """What the answer means. Where it goes on after a redirect, it is with the last request."""
        if not says_expired(self._use, response.status_code, body):
            return Verdict.DONE
        verdict = Verdict.EXPIRED
        if response.request is not self._request:
            verdict = self._redirected(response.request)
        return verdict if self._can_repeat() else Verdict.DONE

    def _redirected(self, request: Any) -> Verdict:
        first = origin_of(str(self._plain_url))
        shown = self._request.headers.get("authorization")
        is_seen = not self._conceals and request.headers.get("authorization") == shown
        self._request = request
        self._plain_headers, self._plain_url = request.headers, request.url
        if is_seen:
            return Verdict.EXPIRED
        if origin_of(str(request.url)) == first:
            return Verdict.UNSEEN
        return Verdict.DONE

    def _can_repeat(self) -> bool:
        stream = self._request.stream
        if isinstance(stream, self._library.byte_stream):
            return True
        fields = getattr(stream, "fields", None)
        return isinstance(fields, list) and all(map(_is_seekable, fields))

    @property
    def _use(self) -> Any:
        assert self._access is not None
        return self._access.use


def _is_seekable(field: Any) -> bool:
    """Whether a part of a multipart body starts from its beginning each time it is sent."""
    file = getattr(field, "file", b"")
    if isinstance(file, str | bytes):
        return True
    seekable = getattr(file, "seekable", None)
    return bool(seekable and seekable())


class KeptFlow(Kept):
    """The flow of both libraries, to be mixed into their ``Auth``."""

    _library: ClassVar[Library]

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """For a client that blocks."""
        passage = Passage(self._library, self._origins, request)
        if not passage.is_admitted:
            yield request
            return
        course = Course(turns())
        for step in course:
            if isinstance(step, Show):
                response = yield passage.show(step.access)
                body = response.read() if passage.met(response) else b""
                course.feed(passage.verdict(response, body))
            else:
                course.feed(self.asked(step))

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """For a client of an event loop."""
        passage = Passage(self._library, self._origins, request)
        if not passage.is_admitted:
            yield request
            return
        course = Course(turns())
        for step in course:
            if isinstance(step, Show):
                response = yield passage.show(step.access)
                body = await response.aread() if passage.met(response) else b""
                course.feed(passage.verdict(response, body))
            else:
                course.feed(await self.asked_async(step))
