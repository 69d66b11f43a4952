"""A token endpoint that does as it is told, over real sockets.

It speaks the ``oauth2`` dialect at ``/oauth/token``, and counts. It runs in a thread of the test's own
process (``provider()``), or as a process of its own (``python -m tests.keeper.provider``), so that the
processes under test can be stopped and killed without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import msgspec

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Call:
    """One request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Provider:
    """One line of refresh tokens for each subject: ``rt-SUBJECT-0``, ``rt-SUBJECT-1``, …

    ``rotation`` is ``strict`` (single use; an older one revokes the line, as RFC 9700 §4.14.2 has it),
    ``single`` (single use, without revoking), ``grace`` (the last but newest is answered with the same
    successor) or ``keep``. ``script`` holds what to do with the next calls instead: see ``do``.
    """

    rotation: str = "strict"
    lifetime_seconds: int = 3600
    delay_seconds: float = 0
    newest: dict[str, int] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    renewals: int = 0
    script: list[Callable[[Provider, Call], Reply | None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    base_url: str = ""

    def do(self, *steps: Callable[[Provider, Call], Reply | None]) -> None:
        """What is to happen at the next calls, one step each; ``None`` from a step drops the connection."""
        self.script.extend(steps)

    def answer(self, call: Call) -> Reply | None:
        with self.lock:
            self.calls.append(call)
            step = self.script.pop(0) if self.script else None
        if step is not None:
            return step(self, call)
        return self.renew(call)

    def renew(self, call: Call) -> Reply:
        """What a provider of this rotation does."""
        time.sleep(self.delay_seconds)
        form = call.form
        if form.get("grant_type") == "client_credentials":
            with self.lock:
                self.renewals += 1
                return self.success("machine", self.renewals, refresh=False)
        subject, number = _parsed(form.get("refresh_token", ""))
        with self.lock:
            newest = self.newest.setdefault(subject, 0)
            if subject in self.revoked or number > newest:
                return refusal("invalid_grant")
            if number == newest:
                self.renewals += 1
                if self.rotation != "keep":
                    newest = self.newest[subject] = newest + 1
                return self.success(subject, self.renewals if self.rotation == "keep" else newest)
            if self.rotation == "grace" and number == newest - 1:
                return self.success(subject, newest)
            if self.rotation == "strict":
                self.revoked.add(subject)
            return refusal("invalid_grant")

    def success(self, subject: str, number: int, *, refresh: bool = True) -> Reply:
        body: dict[str, Any] = {
            "access_token": access_token(subject, number),
            "token_type": "Bearer",
            "expires_in": self.lifetime_seconds,
        }
        if refresh and self.rotation != "keep":
            body["refresh_token"] = refresh_token(subject, number)
        return 200, {"Content-Type": "application/json"}, msgspec.json.encode(body)

    def state(self) -> dict[str, Any]:
        """What tests in other processes ask for."""
        with self.lock:
            return {
                "calls": len(self.calls),
                "renewals": self.renewals,
                "newest": self.newest,
                "revoked": sorted(self.revoked),
            }


def refresh_token(subject: str, number: int = 0) -> str:
    """The refresh token of a subject, by its generation."""
    return f"rt-{subject}-{number}-{_mark(subject, number)}"


def access_token(subject: str, number: int) -> str:
    """The access token that came with a generation."""
    return f"at-{subject}-{number}-{_mark('access ' + subject, number)}"


def refusal(code: str, status: int = 400, **headers: str) -> Reply:
    """RFC 6749 §5.2."""
    shown = {"Content-Type": "application/json", **headers}
    return status, shown, msgspec.json.encode({"error": code, "error_description": "No."})


def reply(status: int, body: bytes, **headers: str) -> Callable[[Provider, Call], Reply]:
    """A step that answers so, whatever is asked."""
    shown = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _provider, _call: (status, shown, body)


def drop_before(_provider: Provider, _call: Call) -> None:
    """A step that hangs up and has done nothing."""


def drop_after(provider: Provider, call: Call) -> None:
    """A step that renews, and hangs up before the answer."""
    provider.renew(call)


def _mark(subject: str, number: int) -> str:
    return hashlib.sha256(f"{subject} {number}".encode()).hexdigest()[:24]


def _parsed(token: str) -> tuple[str, int]:
    parts = token.rsplit("-", 2)
    if len(parts) != 3 or not parts[1].isdigit():
        return "nobody", 1 << 30
    subject, number = parts[0].removeprefix("rt-"), int(parts[1])
    return (subject, number) if token == refresh_token(subject, number) else ("nobody", 1 << 30)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body at once: with two writes, each answer would wait for the client's delayed ACK.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    provider: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_do":
            self._obey(msgspec.json.decode(body))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.provider.answer(Call(self.command, self.path, headers, body))
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        self._send(*answer)

    def do_GET(self) -> None:
        if self.path == "/_state":
            self._send(200, {}, msgspec.json.encode(self.provider.state()))
            return
        self.do_POST()

    def _obey(self, wanted: dict[str, Any]) -> None:
        for name, value in wanted.items():
            setattr(self.provider, name, value)
        self._send(200, {}, b"{}")

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_arguments: Any) -> None:
        """A client that is gone is part of the game."""


@contextlib.contextmanager
def provider(**options: Any) -> Iterator[Provider]:
    """A provider in this process, until the block's end."""
    made = Provider(**options)
    server = make_server(made)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def make_server(made: Provider, port: int = 0) -> _Server:
    """A server that is not running yet."""
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"provider": made}))
    made.base_url = f"http://127.0.0.1:{server.server_port}"
    return server


if __name__ == "__main__":
    import sys

    made = Provider(**msgspec.json.decode(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    server = make_server(made)
    print(made.base_url, flush=True)
    server.serve_forever()
