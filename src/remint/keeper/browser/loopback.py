"""A listener on this machine that the browser is sent back to (RFC 8252 §7.3)."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from remint.errors import ConfigurationError
from remint.keeper.browser.pages import HEADERS, NOT_HERE, Page

_LOOPBACK: Final = {
    "127.0.0.1": ("127.0.0.1",),
    "localhost": ("127.0.0.1", "::1"),
    "::1": ("::1",),
}
_PATH: Final = "/callback"
_SLOWEST_SECONDS: Final = 10
_POLL_SECONDS: Final = 0.05

#: What the browser came back with, as a query; gives the page to show, and what to do when it has been sent.
Judge = Callable[[str], tuple[Page, Callable[[], None]]]


class Address(NamedTuple):
    """Where to come back to."""

    host: str
    port: int
    path: str

    @property
    def names(self) -> tuple[str, ...]:
        """What a ``Host`` header may say."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (f"{host}:{self.port}", *([host] if self.port == 80 else []))

    @property
    def url(self) -> str:
        """The redirect URI."""
        return f"http://{self.names[0]}{self.path}"


def address_of(redirect_uri: str, port: int) -> Address:
    """Where a redirect URI leads; at ``port`` where it names none, 0 for a free one.

    Without one it is a path of ours. Raises ``ConfigurationError`` where that is not on this machine.
    """
    if not redirect_uri:
        return Address("127.0.0.1", port, _PATH)
    try:
        parts = urlsplit(redirect_uri)
        host, given = parts.hostname or "", parts.port
    except ValueError:
        parts, host, given = urlsplit(""), "", None
    if parts.scheme != "http" or host not in _LOOPBACK or parts.query or parts.fragment:
        raise ConfigurationError(
            "cannot be listened at",
            key="redirect_uri",
            expected="http://127.0.0.1:PORT/PATH, or localhost for 127.0.0.1",
        )
    return Address(host, given or port, parts.path)


class Loopback:
    """Listens at ``address`` from its making to ``close``, and asks ``judge`` about each visit.

    Only ``GET`` of the path counts, and only by the host's own name: a page elsewhere whose name has been
    pointed here gets nothing (DNS rebinding).
    """

    def __init__(self, address: Address, judge: Judge) -> None:
        self._servers: list[_Server] = []
        self.address = address
        for number, ip in enumerate(_LOOPBACK[address.host]):
            try:
                server = _Server((ip, self.address.port), self, judge)
            except OSError as error:
                if number:
                    break  # no IPv6 here, or somebody else's: the other will do
                raise ConfigurationError(
                    f"cannot listen at {address.names[0]}: {error.strerror}",
                    key="port",
                    expected="a port that is free, or 0 for any",
                ) from None
            self.address = address._replace(port=server.server_address[1])
            self._servers.append(server)
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever,
                args=(_POLL_SECONDS,),
                name="remint-loopback",
                daemon=True,
            ).start()

    def close(self) -> None:
        """Listens no more."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    # A browser opens connections in advance and says nothing on them: each has a thread of its own.
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, place: tuple[str, int], loopback: Loopback, judge: Judge) -> None:
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self.loopback = loopback
        self.judge = judge
        super().__init__(place, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a traceback would show what the visitor asked for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOWEST_SECONDS
    server_version = "remint"
    sys_version = ""

    def do_GET(self) -> None:
        page, then = NOT_HERE, _nothing
        address = self.server.loopback.address
        path, _, query = self.path.partition("?")
        if path == (address.path or "/") and self.headers.get("Host", "") in address.names:
            page, then = self.server.judge(query)
        body = page.html()
        with contextlib.suppress(OSError):
            self.send_response(page.status)
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        then()

    def log_message(self, *_: Any) -> None:
        """Says nothing: the line has the code in it."""


def _nothing() -> None:
    pass
