"""The access log: a line of JSON for each token request, without its query string and without secrets.

Lines gather while requests are served and go out together, by a thread: a reader that is slow holds nobody
up, and one that stops loses lines (counted) rather than filling the memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

_KEPT: Final = 50_000
_PERIOD_SECONDS: Final = 0.2
# POSIX writes no more than this in one piece to a pipe (PIPE_BUF, on Linux).
_PIECE_BYTES: Final = 4096
_encode: Final = msgspec.json.Encoder().encode


class AccessLine(msgspec.Struct, gc=False):
    """What is told of one request. ``path`` is the endpoint's as documented, never as it was asked for."""

    at_ms: int
    request_id: str
    address: str
    method: str
    path: str
    dialect: str
    client: str
    status: int
    outcome: str
    milliseconds: float


class _Written(msgspec.Struct, gc=False):
    at: str
    event: str
    request_id: str
    address: str
    method: str
    path: str
    dialect: str
    client: str
    status: int
    outcome: str
    milliseconds: float


class AccessLog:
    """Writes to ``stream``. ``close`` it to have the last lines written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: list[AccessLine] = []
        self._lost = 0
        self._closing = threading.Event()
        self._second = (-1, "")
        self._thread = threading.Thread(target=self._serve, name="remint-log", daemon=True)
        self._thread.start()

    def write(self, line: AccessLine) -> None:
        """Adds a line. It is put into words later, by the thread."""
        if len(self._lines) >= _KEPT:
            self._lost += 1
            return
        self._lines.append(line)

    def close(self) -> None:
        """Writes what is left and ends the thread."""
        self._closing.set()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._closing.wait(_PERIOD_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        waiting, self._lines = self._lines, []
        lines = [self._worded(line) for line in waiting]
        if self._lost:
            lost, self._lost = self._lost, 0
            lines.append(_encode({"event": "access_log_lost", "lines": lost}))
        try:
            for piece in _pieces(lines):
                self._stream.write(piece)
                self._stream.flush()
        except (OSError, ValueError):
            # Nobody reads: the service goes on.
            return

    def _worded(self, line: AccessLine) -> bytes:
        second, millisecond = divmod(line.at_ms, 1000)
        if second != self._second[0]:
            shown = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = (second, shown)
        return _encode(
            _Written(
                f"{self._second[1]}.{millisecond:03}Z",
                "request",
                line.request_id,
                line.address,
                line.method,
                line.path,
                line.dialect,
                line.client,
                line.status,
                line.outcome,
                round(line.milliseconds, 2),
            )
        )


def _pieces(lines: list[bytes]) -> Iterator[bytes]:
    """The lines, in pieces that a pipe takes whole, so that those of several processes do not mix."""
    start = size = 0
    for number, line in enumerate(lines):
        if size and size + len(line) + 1 > _PIECE_BYTES:
            yield b"\n".join(lines[start:number]) + b"\n"
            start, size = number, 0
        size += len(line) + 1
    if size:
        yield b"\n".join(lines[start:]) + b"\n"
