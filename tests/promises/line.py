"""Connections that misbehave on purpose: bytes out, bytes in, and a cut wherever the test wants one."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any, Final

_LINGER_NONE: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    head: bytes
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """The refresh token of an OAuth answer."""
        assert self.status == 200, f"{self.status}: {self.body.decode()}"
        token: str = self.json["refresh_token"]
        return token

    @property
    def error(self) -> str:
        """The code of an OAuth refusal."""
        return str(self.json.get("error"))


class Line:
    """One connection to a server, kept alive. Every method may raise ``OSError``."""

    def __init__(self, port: int, *, timeout: float = 30) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        """Sends bytes."""
        self._socket.sendall(data)

    def receive(self) -> Answer:
        """Reads one answer. Raises ``ConnectionError`` if the server hangs up before its end."""
        data = self._more(b"")
        while (end := data.find(b"\r\n\r\n")) < 0:
            data = self._more(data)
        head = data[:end]
        _, _, after = head.lower().partition(b"content-length:")
        length = int(after.partition(b"\r\n")[0])
        while len(data) < end + 4 + length:
            data = self._more(data)
        return Answer(int(head[9:12]), head, data[end + 4 :])

    def peek(self, size: int) -> bytes:
        """Reads only the beginning of an answer."""
        return self._socket.recv(size)

    def ask(self, request: bytes) -> Answer:
        """Sends a request and reads its answer."""
        self.send(request)
        return self.receive()

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def reset(self) -> None:
        """Hangs up without a word of farewell: what is under way is thrown away."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self._socket.close()

    def _more(self, data: bytes) -> bytes:
        received = self._socket.recv(65_536)
        if not received:
            raise ConnectionError("the server hung up")
        return data + received


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A POST as bytes; a form unless a header says otherwise."""
    names = "".join(f"{header}\r\n" for header in headers)
    if "content-type" not in names.lower():
        names += "Content-Type: application/x-www-form-urlencoded\r\n"
    return (
        f"POST {path} HTTP/1.1\r\nHost: test\r\n{names}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def get(path: str) -> bytes:
    """A GET as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
