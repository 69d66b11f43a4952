"""A client with grants, and servers on its data directory."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from remint.clock import system_entropy
from remint.grant import policy_from
from remint.issuer import Issuer
from remint.issuer.grants.issuing import issue
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.store.records import App, NewApp
from remint.token.credentials import fingerprint, mint_client_secret
from tests.servers import RunningServer, serving


@dataclass(frozen=True)
class Client:
    """A confidential OAuth client and its grants' first refresh tokens."""

    app: App
    secret: str
    tokens: list[str]

    def body(self, token: str) -> bytes:
        """The form that renews with ``token``."""
        return (
            f"grant_type=refresh_token&client_id={self.app.client_id}"
            f"&client_secret={self.secret}&refresh_token={token}"
        ).encode()

    def request(self, token: str) -> bytes:
        """The request that does so, as it goes out."""
        return post("/oauth/token", self.body(token))


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A POST of a form, as it goes out."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: test",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def make_client(installation: Installation, grants: int = 1) -> Client:
    """An app that speaks ``oauth2``, with ``grants`` grants."""
    secret = mint_client_secret(system_entropy).reveal()
    app = installation.catalogue.create_app(
        NewApp(
            workspace_id=installation.workspaces.ensure("test").id,
            client_id="app",
            name="App",
            dialect="oauth2",
            authentication="secret",
            policy=policy_from({"rotation": "rotate", "retry_window_seconds": 60}),
            scope="orders:read",
        ),
        secret_sha256=fingerprint(secret),
    )
    tokens = [
        issue(installation, app, f"user-{number}").refresh_token.reveal()
        for number in range(grants)
    ]
    return Client(app, secret, tokens)


@dataclass
class Answer:
    """An answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """One TCP connection to a server."""

    def __init__(self, port: int, *, timeout_seconds: float = 15) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_seconds)
        self._kept = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer. Raises ``EOFError`` where the connection ends instead."""
        head, self._kept = self._until(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._kept) < length:
            self._more()
        body, self._kept = self._kept[:length], self._kept[length:]
        return Answer(int(first.split()[1]), headers, body)

    def ended(self) -> bool:
        """Waits for the end of the connection; whether it came without another byte."""
        try:
            return not self._kept and self.socket.recv(65536) == b""
        except ConnectionError:
            return True

    def ask(self, data: bytes) -> Answer:
        self.send(data)
        return self.answer()

    def close(self) -> None:
        self.socket.close()

    def _until(self, mark: bytes) -> tuple[bytes, bytes]:
        while mark not in self._kept:
            self._more()
        head, _, rest = self._kept.partition(mark)
        return head, rest

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(self._kept)
        self._kept += data


def get(port: int, path: str, *headers: str, method: str = "GET") -> Answer:
    """One request on a connection of its own."""
    line = Line(port)
    try:
        return line.ask(
            "\r\n".join([f"{method} {path} HTTP/1.1", "Host: test", *headers, "", ""]).encode()
        )
    finally:
        line.close()


async def ask(
    issuer: Issuer,
    path: str,
    *,
    root: str = "",
    method: str = "GET",
    query: str = "",
    sent: list[Any] | None = None,
) -> tuple[int, bytes]:
    """One request to the application itself: the status, and the body. ``sent`` gets what it sends."""
    sent = [] if sent is None else sent

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": root,
        "headers": [(b"host", b"test")],
        "scheme": "http",
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
    }
    await issuer(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


Serve = Callable[..., RunningServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve(**settings)``: a server that is stopped at the test's end."""
    with contextlib.ExitStack() as stack:

        def start(*, environ: dict[str, str] | None = None, **settings: Any) -> RunningServer:
            folder = settings.pop("data_dir", tmp_path / "data")
            server = serving(Settings(data_dir=folder, **settings), environ=environ)
            return stack.enter_context(server)

        yield start


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client with 64 grants, in the data directory of ``serve``."""
    installation = Installation(Settings(data_dir=tmp_path / "data"), environ={})
    try:
        return make_client(installation, 64)
    finally:
        installation.close()
