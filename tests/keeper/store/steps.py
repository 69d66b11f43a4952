"""Everything that a store asks of SQLite and of the system, step by step, and a fault at one of them."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

_CALLS = ("open", "pwrite", "fsync", "fdatasync", "unlink", "replace")
_connect = sqlite3.connect


class Steps:
    """Counts the steps; at number ``at`` something happens, before or after it took effect."""

    def __init__(self, at: int = -1, *, after: bool = False, kills: bool = False) -> None:
        self.at = at
        self.after = after
        self.kills = kills
        self.names: list[str] = []
        self.happened = False
        self.is_armed = False

    def run(
        self, name: str, error: Exception, real: Callable[..., Any], *args: Any, **kw: Any
    ) -> Any:
        """Takes one step, or goes wrong."""
        if not self.is_armed:
            return real(*args, **kw)
        mine = len(self.names) == self.at
        self.names.append(name)
        if mine and not self.after:
            self._go_wrong(error)
        found = real(*args, **kw)
        if mine:
            if name == "open":
                os.close(found)
            self._go_wrong(error)
        return found

    def _go_wrong(self, error: Exception) -> None:
        self.happened = True
        if self.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        raise error

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        """In the place of ``sqlite3.connect``."""
        steps = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                error = sqlite3.OperationalError("database or disk is full")
                found: sqlite3.Cursor = steps.run(sql, error, super().execute, sql, *values)
                return found

            def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
                error = sqlite3.OperationalError("disk I/O error")
                found: sqlite3.Cursor = steps.run(sql, error, super().executemany, sql, *values)
                return found

        return _connect(*args, factory=Connection, **options)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Puts itself between the store and the rest of the world. Nothing is counted until it is armed."""
        real = {name: getattr(os, name) for name in _CALLS}

        def instead(name: str) -> Callable[..., Any]:
            error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return lambda *args, **kw: self.run(name, error, real[name], *args, **kw)

        sqlite3.connect = self.connect  # type: ignore[assignment]
        for name in _CALLS:
            setattr(os, name, instead(name))
        try:
            yield
        finally:
            sqlite3.connect = _connect
            for name, call in real.items():
                setattr(os, name, call)

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Counts what happens in the block."""
        self.is_armed = True
        try:
            yield
        finally:
            self.is_armed = False
