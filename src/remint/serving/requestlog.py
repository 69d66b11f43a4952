"""A log of requests: a line of JSON for each.

Lines gather while requests are served and go out together, by a thread: a reader that is slow holds nobody
up, and one that stops loses lines (counted) rather than filling the memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import BinaryIO, Final, Generic, TypeVar

import msgspec

_MOST_LINES: Final = 50_000
_PERIOD_SECONDS: Final = 0.2
# POSIX writes no more than this in one piece to a pipe (PIPE_BUF, on Linux).
_PIECE_BYTES: Final = 4096
_encode: Final = msgspec.json.Encoder().encode

Line = TypeVar("Line")


class RequestLog(Generic[Line]):
    """Writes to ``stream``. ``worded`` puts a line into words, later; ``close`` writes the last ones."""

    def __init__(self, stream: BinaryIO, worded: Callable[[Line], msgspec.Struct]) -> None:
        self._stream = stream
        self._worded = worded
        self._lines: list[Line] = []
        self._lost = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="remint-log", daemon=True)
        self._thread.start()

    def write(self, line: Line) -> None:
        """Adds a line. It is put into words by the thread."""
        if len(self._lines) >= _MOST_LINES:
            self._lost += 1
            return
        self._lines.append(line)

    def close(self) -> None:
        """Writes what is left and ends the thread, unless nobody reads."""
        self._closing.set()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._closing.wait(_PERIOD_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        waiting, self._lines = self._lines, []
        lines = [_encode(self._worded(line)) for line in waiting]
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


def moment(at_ms: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    second, millisecond = divmod(at_ms, 1000)
    return f"{_second(second)}.{millisecond:03}Z"


# The lines of one second follow each other.
@lru_cache(maxsize=1)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


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
