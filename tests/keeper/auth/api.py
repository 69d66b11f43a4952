"""An API that takes one token at a time, over real sockets, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit


@dataclass
class Seen:
    """One request, as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """The access token, from wherever it travels."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        cookies = dict(parse_qsl(self.headers.get("cookie", ""), separator=";"))
        cookies = {name.strip(): value for name, value in cookies.items()}
        elsewhere = cookies.get("session") or self.query.get("access_token", "")
        return self.headers.get("access-token") or bearer or elsewhere


@dataclass
class Api:
    """``good`` gives the token that is taken; ``refusal`` is what others get.

    ``/items`` tells the token, ``/echo`` the body, ``/redirect?to=URL&status=302`` leads elsewhere before it
    looks at any token, ``/inside`` goes to ``/items``, ``/never`` refuses every token, ``/drip`` and
    ``/events`` are streams.
    """

    good: Callable[[], str]
    refusal: tuple[int, bytes] = (401, b'{"error": "invalid_token"}')
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    barrier: threading.Barrier | None = None

    def tokens(self) -> list[str]:
        """What was shown, in order."""
        return [each.token for each in self.seen]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: Api

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _any(self) -> None:
        body, parts = self._body(), urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, parts.path, query, headers, body)
        self.api.seen.append(seen)
        if parts.path == "/redirect":
            self._send(int(query.get("status", "302")), b"", Location=query["to"])
            return
        is_good = seen.token != "" and seen.token == self.api.good() and parts.path != "/never"
        if not is_good:
            if self.api.barrier is not None:
                with contextlib.suppress(threading.BrokenBarrierError):
                    self.api.barrier.wait(10)
            status, refusal = self.api.refusal
            self._send(status, refusal)
        elif parts.path == "/inside":
            self._send(307, b"", Location="/items")
        elif parts.path == "/echo":
            self._send(200, body)
        elif parts.path in ("/drip", "/events"):
            self._drip("text/event-stream" if parts.path == "/events" else "application/json")
        else:
            self._send(200, json.dumps({"token": seen.token}).encode())

    do_GET = do_POST = do_PUT = _any  # noqa: N815

    def _drip(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [b'{"parts": [1', b", 2", b", 3]}"]
        with contextlib.suppress(OSError):
            for piece in [*pieces, b""]:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.flush()
                time.sleep(0.01)

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_arguments: Any) -> None:
        """A client that is gone is part of the game."""


@contextlib.contextmanager
def api(good: Callable[[], str] = lambda: "", **options: Any) -> Iterator[Api]:
    """An API in this process, until the block's end."""
    made = Api(good, **options)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": made}))
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
