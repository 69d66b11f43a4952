"""A thread that looks from time to time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from remint.clock import Clock
from remint.errors import StoreError

_log: Final = logging.getLogger("remint.keeper")

_EVERY_SECONDS: Final = 2.0
_FOR_MS: Final = 3_600_000


class Lookout:
    """Calls ``look`` every two seconds, for an hour from each ``wake`` on. What fails is tried again."""

    def __init__(self, look: Callable[[], None], clock: Clock) -> None:
        self._look = look
        self._clock = clock
        self._until_ms = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def wake(self) -> None:
        """There is something to look out for."""
        self._until_ms = self._clock.monotonic_ms() + _FOR_MS
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                thread = threading.Thread(target=self._run, name="remint-lookout", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    # The interpreter is ending, or has no thread left.
                    _log.warning("nobody looks out for a server that takes over: %s", error)
                else:
                    self._thread = thread

    def close(self) -> None:
        """Looks no more."""
        self._closing.set()

    def _run(self) -> None:
        while not self._closing.wait(_EVERY_SECONDS):
            try:
                self._look()
            except StoreError as error:
                _log.info("the database is looked for: %s", error)
            with self._lock:
                if self._clock.monotonic_ms() >= self._until_ms:
                    self._thread = None
                    return
