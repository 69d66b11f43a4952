"""A SQLite connection on which one statement of a commit goes wrong, before or after it took effect."""

from __future__ import annotations

import sqlite3
from typing import Any

STEPS = ("BEGIN IMMEDIATE", "UPDATE grants", "INSERT INTO audit", "COMMIT")


class Fault:
    """Goes wrong once, at the first statement that begins with ``step``."""

    def __init__(self, step: str, *, after: bool, error: Exception) -> None:
        self.step = step
        self.after = after
        self.error = error
        self.happened = False

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        """In the place of ``sqlite3.connect``."""
        fault = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                return fault.run(sql, super().execute, *values)

            def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
                return fault.run(sql, super().executemany, *values)

        return _connect(*args, factory=Connection, **options)

    def run(self, sql: str, real: Any, *values: Any) -> Any:
        """Runs the statement, or goes wrong."""
        mine = sql.startswith(self.step) and not self.happened
        self.happened = self.happened or mine
        if mine and not self.after:
            raise self.error
        found = real(sql, *values)
        if mine:
            raise self.error
        return found


_connect = sqlite3.connect
