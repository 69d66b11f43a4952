"""A fair lock between the processes that write to one data directory.

SQLite's own busy handler sleeps and tries again, and two writers starve each other under it. A blocking
file lock around each transaction wakes them in turn.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType


class WriteLock:
    """Holds the lock while a ``with`` block runs. One per thread: it is not re-entrant."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Gives the descriptor back."""
        os.close(self._descriptor)
