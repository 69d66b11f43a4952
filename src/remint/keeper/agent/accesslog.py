"""The access log: a line of JSON for each request, without query strings, bodies, keys or tokens.

Lines gather while requests are answered and go out together, by a thread: who does not read them holds
nobody up, and loses lines (counted) rather than fill the memory.
"""

from __future__ import annotations

import threading
import time
from typing import BinaryIO, Final

import msgspec

_MOST_LINES: Final = 50_000
_PERIOD_SECONDS: Final = 0.2
_encode: Final = msgspec.json.Encoder().encode

_Line = tuple[int, str, str, str, int, float]


class _Written(msgspec.Struct, gc=False):
    at: str
    event: str
    method: str
    path: str
    connection: str
    status: int
    milliseconds: float


class AccessLog:
    """Writes to ``stream``. ``close`` it to have the last lines written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: list[_Line] = []
        self._lost = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="remint-log", daemon=True)
        self._thread.start()

    def write(
        self, at_ms: int, method: str, path: str, connection: str, status: int, seconds: float
    ) -> None:
        """Adds a line; the thread puts it into words."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append((at_ms, method, path, connection, status, seconds))
        else:
            self._lost += 1

    def close(self) -> None:
        """Writes what is left and ends the thread, unless nobody reads."""
        self._closing.set()
        self._thread.join(timeout=2)

    def _serve(self) -> None:
        while not self._closing.wait(_PERIOD_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        waiting, self._lines = self._lines, []
        lines = [_worded(line) for line in waiting]
        if self._lost:
            lost, self._lost = self._lost, 0
            lines.append(_encode({"event": "access_log_lost", "lines": lost}) + b"\n")
        try:
            self._stream.write(b"".join(lines))
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody reads: the agent goes on.
            return


def _worded(line: _Line) -> bytes:
    at_ms, method, path, connection, status, seconds = line
    second, millisecond = divmod(at_ms, 1000)
    at = time.strftime(f"%Y-%m-%dT%H:%M:%S.{millisecond:03}Z", time.gmtime(second))
    written = _Written(at, "request", method, path, connection, status, round(seconds * 1000, 2))
    return _encode(written) + b"\n"
