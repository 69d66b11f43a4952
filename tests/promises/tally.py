"""Counts what a server process asks of its storage, in a file that a test can read at any time."""

from __future__ import annotations

import mmap
import sqlite3
import struct
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_FIELDS: Final = struct.Struct("qqq")
_STORE_THREAD: Final = "remint-store"


@dataclass(frozen=True, slots=True)
class Count:
    """SQL statements of the renewals' thread, SQL statements of all others, files opened."""

    renewals: int
    others: int
    files: int

    def __sub__(self, before: Count) -> Count:
        return Count(
            self.renewals - before.renewals, self.others - before.others, self.files - before.files
        )


class Tally:
    """The counters of one server process."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_FIELDS.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FIELDS.size)
        self._lock = threading.Lock()

    def read(self) -> Count:
        """What has been counted so far."""
        return Count(*_FIELDS.unpack_from(self._map))

    def install(self) -> None:
        """Counts from now on, in this process."""
        connect = sqlite3.connect

        def counted(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_trace_callback(self._statement)
            return connection

        sqlite3.connect = sqlite3.dbapi2.connect = counted  # type: ignore[assignment]
        sys.addaudithook(self._event)

    def _statement(self, _sql: str) -> None:
        is_renewal = threading.current_thread().name == _STORE_THREAD
        self._add(renewals=int(is_renewal), others=int(not is_renewal))

    def _event(self, event: str, _args: Any) -> None:
        if event == "open":
            self._add(files=1)

    def _add(self, *, renewals: int = 0, others: int = 0, files: int = 0) -> None:
        with self._lock:
            count = self.read()
            _FIELDS.pack_into(
                self._map,
                0,
                count.renewals + renewals,
                count.others + others,
                count.files + files,
            )
