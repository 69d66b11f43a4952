"""A clock that a test sets and a server process reads, by way of a shared file."""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path
from typing import Final

_FIELDS: Final = struct.Struct("qqq")


class FileClock:
    """The machine's clock, plus what the test has added to the wall clock and to the stopwatch.

    Every process that opens the same file sees the same time, at once.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_FIELDS.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FIELDS.size)

    def now_ms(self) -> int:
        """See ``Clock``."""
        offset_ms, _, stopped_at_ms = self._fields()
        return stopped_at_ms or time.time_ns() // 1_000_000 + offset_ms

    def monotonic_ms(self) -> int:
        """See ``Clock``."""
        return time.monotonic_ns() // 1_000_000 + self._fields()[1]

    def elapse(self, seconds: float) -> None:
        """Time passes, and whoever runs can tell."""
        wall_ms, stopwatch_ms, _ = self._fields()
        self._set(wall_ms + int(seconds * 1000), stopwatch_ms + int(seconds * 1000))

    def jump(self, seconds: float) -> None:
        """The wall clock is set, or the machine wakes up: the stopwatch knows nothing of it."""
        wall_ms, stopwatch_ms, _ = self._fields()
        self._set(wall_ms + int(seconds * 1000), stopwatch_ms)

    def stop(self) -> None:
        """From now on everything happens within one millisecond."""
        wall_ms, stopwatch_ms, _ = self._fields()
        self._set(wall_ms, stopwatch_ms, self.now_ms())

    def _fields(self) -> tuple[int, int, int]:
        wall_ms, stopwatch_ms, stopped_at_ms = _FIELDS.unpack_from(self._map)
        return wall_ms, stopwatch_ms, stopped_at_ms

    def _set(self, wall_ms: int, stopwatch_ms: int, stopped_at_ms: int = 0) -> None:
        _FIELDS.pack_into(self._map, 0, wall_ms, stopwatch_ms, stopped_at_ms)
