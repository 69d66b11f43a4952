"""The call to the provider: one request, one answer, and whether a byte of it left.

httpx2's transports are used without its client, which would log every URL, and some providers want the
refresh token in the URL.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from remint import __version__
from remint.clock import Clock
from remint.dialect import WireRequest
from remint.keeper.connection import MOST_ANSWER_BYTES
from remint.keeper.effects import Lost, Received, Send, Unsent
from remint.keeper.forking import follow_forks, leave_to_parent
from remint.keeper.timing import Timing

#: What every interpretation needs of an answer's headers; the rest may hold secrets and is dropped.
_KEPT_HEADERS: Final = frozenset({"content-type", "date", "retry-after", "www-authenticate"})
_OUR_HEADERS: Final = {
    "Accept": "application/json, */*;q=0.5",
    "Accept-Encoding": "identity",
    "User-Agent": f"remint/{__version__}",
}
_ZIPPED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_ZIP: Final = 47  #: tells zlib to find out itself which header there is
_CONNECTIONS: Final = 256
_IDLE_CONNECTIONS: Final = 32
#: Shorter than any server's own: a connection that it closes as we send leaves the renewal in doubt.
_IDLE_SECONDS: Final = 2.0
_PROXIED_HOSTS: Final = 1024
if TYPE_CHECKING:
    # Late, because a token at hand needs no HTTP, and this is most of what an import would cost.
    import ssl

    import httpx2

Result = Received | Unsent | Lost


class _Silence(logging.Filter):
    """Keeps httpcore2 from logging the headers of our calls: some providers send tokens in them."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(self._thread, "is_calling", False)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While the block runs, in this thread."""
        self._thread.is_calling = True
        try:
            yield
        finally:
            self._thread.is_calling = False


_silence: Final = _Silence()


class _LeaseLostError(Exception):
    """The lease ran out before the first byte."""


class _Call:
    """One call under way."""

    def __init__(self, send: Send, clock: Clock, timing: Timing) -> None:
        self._may_send = send.may_send
        self._kept = _KEPT_HEADERS | send.keep
        self._clock = clock
        self._began_ms = clock.monotonic_ms()
        self._most_ms = int(timing.answer_seconds * 1000)
        self.has_left = False

    def traced(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            if not self._may_send():
                raise _LeaseLostError
            self.has_left = True

    def is_overdue(self) -> bool:
        """Whether an answer that drips in has taken too long."""
        return self._clock.monotonic_ms() - self._began_ms > self._most_ms

    def received(self, response: httpx2.Response, body: bytes) -> Received:
        # Byte for byte: httpx2 would guess at another encoding, which cannot be undone.
        raw = [(n.lower().decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw]
        headers = [(name, value) for name, value in raw if name in self._kept]
        packing = [value.strip().lower() for name, value in raw if name == "content-encoding"]
        elapsed_ms = self._clock.monotonic_ms() - self._began_ms
        return Received(response.status_code, headers, _unpacked(body, packing), elapsed_ms)

    def failed(self, error: Exception) -> Unsent | Lost:
        """What an exception means. Its text may hold the request: only its kind is passed on."""
        why = _why(error)
        return Lost(why) if self.has_left else Unsent(why)


def _unpacked(body: bytes, packing: list[str]) -> bytes:
    """A body as it was before the provider packed it, which it was asked not to do.

    As it came where that cannot be undone: an answer is kept, whatever it is.
    """
    if not packing or packing[-1] not in _ZIPPED:
        return body
    try:
        return zlib.decompressobj(_ANY_ZIP).decompress(body, MOST_ANSWER_BYTES)
    except zlib.error:
        return body


def _why(error: Exception) -> str:
    if isinstance(error, _LeaseLostError):
        return "the lease ran out before the request was sent"
    import httpx2

    kind = type(error).__name__
    if isinstance(error, httpx2.ConnectError):
        return f"{kind}: {error}"
    return kind


def _request(wire: WireRequest, timing: Timing, trace: Callable[..., Any]) -> httpx2.Request:
    import httpx2

    names = {name.lower() for name, _ in wire.headers}
    ours = [(name, value) for name, value in _OUR_HEADERS.items() if name.lower() not in names]
    timeouts = {
        "connect": timing.connect_seconds,
        "read": timing.answer_seconds,
        "write": timing.connect_seconds,
        "pool": timing.connect_seconds,
    }
    return httpx2.Request(
        wire.method,
        wire.url,
        headers=[*wire.headers, *ours],
        content=wire.body,
        extensions={"timeout": timeouts, "trace": trace},
    )


def _limits() -> httpx2.Limits:
    import httpx2

    return httpx2.Limits(
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_IDLE_CONNECTIONS,
        keepalive_expiry=_IDLE_SECONDS,
    )


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host."""
    import urllib.request

    with suppress(OSError, ValueError):
        if urllib.request.proxy_bypass(host):
            return None
    proxies = urllib.request.getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _proxies() -> Callable[[str, str], str | None]:
    """The same, remembered: to read the whole environment costs a quarter of a renewal."""
    return lru_cache(_PROXIED_HOSTS)(_proxy)


class Exchange:
    """Sends requests from any thread. ``verify`` is the TLS context, ``None`` for the system's roots."""

    def __init__(self, clock: Clock, timing: Timing, verify: ssl.SSLContext | None = None) -> None:
        self._clock = clock
        self._timing = timing
        self._verify = verify
        self._proxy = _proxies()
        self._lock = threading.Lock()
        self._transports: dict[str | None, httpx2.HTTPTransport] = {}
        logging.getLogger("httpcore2.http11").addFilter(_silence)
        follow_forks(self)

    def forked(self) -> None:
        """See ``Forkable``. On a connection that two processes use, each may read the other's answer."""
        leave_to_parent(self._transports)
        self._lock = threading.Lock()
        self._transports = {}

    def send(self, send: Send) -> Result:
        """Makes the call. Raises nothing: what went wrong is a result too."""
        call = _Call(send, self._clock, self._timing)
        try:
            request = _request(send.wire, self._timing, call.traced)
            with _silence.kept(), self._opened(request) as response:
                body = bytearray()
                for chunk in response.iter_raw():
                    body += chunk
                    if call.is_overdue():
                        return Lost("the answer took too long")
                    if len(body) > MOST_ANSWER_BYTES:
                        del body[MOST_ANSWER_BYTES:]
                        break
                return call.received(response, bytes(body))
        except Exception as error:  # noqa: BLE001
            return call.failed(error)

    def close(self) -> None:
        """Closes the connections that are kept open."""
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    @contextmanager
    def _opened(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        import httpx2

        proxy = self._proxy(request.url.scheme, request.url.host)
        with self._lock:
            transport = self._transports.get(proxy)
            if transport is None:
                transport = httpx2.HTTPTransport(
                    verify=self._verify or True, limits=_limits(), proxy=proxy
                )
                self._transports[proxy] = transport
        response = transport.handle_request(request)
        try:
            yield response
        finally:
            response.close()
