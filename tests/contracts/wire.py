"""HTTP as bytes on a socket: requests that no client library would send, and answers as they came."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in lower case; a repeated header's values are joined by a comma."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def __contains__(self, text: str) -> bool:
        """Whether ``text`` stands anywhere in the answer."""
        return text.encode() in self.body or any(text in value for value in self.headers.values())


@dataclass
class Message:
    """A request before it is bytes. ``body`` goes out as it is, with its length unless headers say one."""

    method: str
    target: str | bytes
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def encoded(self) -> bytes:
        """The request as it travels."""
        target = self.target if isinstance(self.target, bytes) else self.target.encode()
        names = {name.lower() for name, _ in self.headers}
        headers = [("Host", b"issuer.test"), ("Connection", b"close"), *self.headers]
        if not names & {"content-length", "transfer-encoding"}:
            headers.append(("Content-Length", str(len(self.body)).encode()))
        lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers)
        return self.method.encode() + b" " + target + b" HTTP/1.1\r\n" + lines + b"\r\n" + self.body


class Wire:
    """The way to one server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, message: Message) -> Answer:
        """Sends a request and reads its answer."""
        return self.exchange([message.encoded()], method=message.method)

    def get(self, path: str) -> Answer:
        """A plain GET."""
        return self.send(Message("GET", path))

    def exchange(
        self, pieces: Iterable[bytes], *, method: str = "POST", pause_seconds: float = 0
    ) -> Answer:
        """Sends bytes, a pause after each piece, and reads an answer.

        Raises ``ConnectionError`` if the server hangs up without one.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break  # It answered before it had read everything.
                time.sleep(pause_seconds)
            return _read(connection, method)

    def talk(self, messages: Sequence[Message]) -> list[int]:
        """Sends requests on one connection, one after the other; gives the statuses."""
        statuses = []
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            for message in messages:
                lasting = message.encoded().replace(b"Connection: close\r\n", b"", 1)
                connection.sendall(lasting)
                statuses.append(_read(connection, message.method).status)
        return statuses

    def hang_up(self, data: bytes) -> None:
        """Sends bytes and is gone."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            time.sleep(0.05)


def joined(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _read(connection: socket.socket, method: str) -> Answer:
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Answer(response.status, joined(response.getheaders()), response.read())
    finally:
        response.close()
