"""How a connection to the database file is set up, whoever opens it."""

from __future__ import annotations

import sqlite3
from typing import Final

PAGE_BYTES: Final = 2048
"""A renewal rewrites one page: smaller ones mean less to log, larger ones a shallower tree. Measured."""


def prepare(connection: sqlite3.Connection, *, cache_kib: int, checkpoint_pages: int = 0) -> None:
    """Sets a new connection up. ``synchronous=FULL`` is the promise that an answered renewal stays.

    ``checkpoint_pages`` is after how many logged pages a commit moves them; 0 leaves that to others.
    SQLite's own busy handler is a last resort here: writers queue at the file lock first.
    """
    connection.isolation_level = None
    for pragma in (
        "busy_timeout=10000",
        f"page_size={PAGE_BYTES}",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"wal_autocheckpoint={checkpoint_pages}",
        f"cache_size=-{cache_kib}",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
