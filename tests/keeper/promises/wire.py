"""An endpoint that knows nothing of HTTP: what it sends is up to the test, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Say = Callable[[socket.socket], None]


@dataclass
class Wire:
    """``says`` holds what to do on the next connections, one each; ``heard`` what came on them."""

    base_url: str = ""
    says: list[Say] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)


def bytes_of(text: bytes) -> Say:
    """Sends that, and hangs up."""
    return lambda connection: connection.sendall(text)


def answer(*headers: bytes, body: bytes = b"", status: bytes = b"200 OK") -> Say:
    """An answer with these headers, and that it is the last on its connection."""
    head = [b"HTTP/1.1 " + status, *headers, b"Connection: close"]
    return bytes_of(b"\r\n".join([*head, b"", body]))


def dripping(text: bytes, pause: threading.Event) -> Say:
    """Sends a byte now and then, until ``pause`` is set."""

    def say(connection: socket.socket) -> None:
        for byte in text:
            if pause.wait(0.02):
                break
            connection.sendall(bytes([byte]))

    return say


@contextlib.contextmanager
def wire() -> Iterator[Wire]:
    """Such an endpoint, until the block's end."""
    made = Wire()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        made.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.settimeout(0.02)
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    made.heard.append(_request(connection))
                    made.says.pop(0)(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield made
        finally:
            stopping.set()
            thread.join()


def _request(connection: socket.socket) -> bytes:
    """One request with its body."""
    text = b""
    while b"\r\n\r\n" not in text:
        came = connection.recv(65536)
        if not came:
            return text
        text += came
    head, _, body = text.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
