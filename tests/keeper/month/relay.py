"""A relay between the keeper and a real issuer: it tells the issuer's time, and does harm on demand."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fault = Literal["drop before", "drop after", "503", "429", "html"]


class Relay:
    """Passes requests on to a port of this machine. ``faults`` are done to the next calls, one each.

    The issuer runs on a clock of the test's, and its HTTP server on the machine's: so the ``Date`` of an
    answer is written here, as a provider whose whole machine has that clock would write it.
    """

    def __init__(self, port: Callable[[], int], now_ms: Callable[[], int]) -> None:
        self.port = port
        self.now_ms = now_ms
        self.faults: list[Fault] = []
        self.successes: dict[str, int] = {}
        self.lock = threading.Lock()
        self.base_url = ""

    def fault(self) -> Fault | None:
        """What is to be done to this call."""
        with self.lock:
            return self.faults.pop(0) if self.faults else None

    def succeeded(self, path: str) -> None:
        """Counts an answer that got through."""
        with self.lock:
            self.successes[path] = self.successes.get(path, 0) + 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    relay: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.relay.fault()
        if fault in ("503", "429", "html"):
            status = 200 if fault == "html" else int(fault)
            self._send(status, {"Retry-After": "1"}, b"<html>not now</html>")
            return
        answer = None if fault == "drop before" else self._forwarded(body)
        if answer is None or fault == "drop after":
            self.close_connection = True
            return
        if answer[0] == 200 and self.command == "POST":
            self.relay.succeeded(self.path.partition("?")[0])
        self._send(*answer)

    do_GET = do_POST  # noqa: N815

    def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes] | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.relay.port(), timeout=20)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except OSError:
            return None
        finally:
            connection.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response_only(status)
            self.send_header("Date", formatdate(self.relay.now_ms() / 1000, usegmt=True))
            for name, value in headers.items():
                if name.lower() not in ("date", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """A client that is gone is part of the game."""


@contextlib.contextmanager
def relay(port: Callable[[], int], now_ms: Callable[[], int]) -> Iterator[Relay]:
    """A relay that runs until the block's end."""
    made = Relay(port, now_ms)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"relay": made}))
    made.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
