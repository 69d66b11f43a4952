"""Moves the write-ahead log into the database without making a renewal wait for it.

SQLite's automatic checkpoint runs inside the commit that crosses its mark and holds it up for tens of
milliseconds. Here a thread with a connection of its own does the bulk while commits go on; once it has
caught up but for a little, the writer does that little between two batches, after which SQLite starts the
log again from its beginning: so it stays bounded however long the load goes on.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import Final

from remint.store.files import StoreFiles
from remint.store.sqlite.connection import prepare

START_PAGES: Final = 4_000
"""Log pages at which the bulk begins."""
FINISH_PAGES: Final = 256
"""What the writer may still have to do itself."""
_CHECKPOINT: Final = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpointer:
    """Owns the checkpointing thread of one process."""

    def __init__(self, files: StoreFiles) -> None:
        self._files = files
        self._wake = threading.Event()
        self._caught_up = threading.Event()
        self._closing = False
        # What a predecessor left in the log is not known: look at the first commit.
        self._logged_pages = START_PAGES
        self._thread: threading.Thread | None = None

    def after_commit(self, connection: sqlite3.Connection, pages: int) -> None:
        """Called by the writer after each commit of about ``pages`` pages, with the write lock held."""
        self._logged_pages += pages
        if self._caught_up.is_set():
            self._caught_up.clear()
            # The commit is durable already; a checkpoint that fails costs nothing but a longer log.
            with contextlib.suppress(sqlite3.Error):
                connection.execute(_CHECKPOINT).fetchall()
        elif self._logged_pages >= START_PAGES:
            self._logged_pages = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="remint-wal", daemon=True)
                self._thread.start()
            self._wake.set()

    def close(self) -> None:
        """Ends the thread, after the checkpoint that it may be in."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._closing:
                return
            with contextlib.suppress(sqlite3.Error):
                self._catch_up()

    def _catch_up(self) -> None:
        connection = sqlite3.connect(self._files.database)
        try:
            prepare(connection, cache_kib=512)
            while not self._closing:
                _busy, logged, moved = connection.execute(_CHECKPOINT).fetchone()
                if logged - moved <= FINISH_PAGES:
                    self._caught_up.set()
                    return
        finally:
            connection.close()
