"""Ends what takes too long: a body that trickles in, a store that hangs.

A timer for each request would cost more than the request's parsing. Here requests only note when they began
to wait, and a sweep every quarter of a second ends those that are over time.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from remint.clock import Clock
from remint.errors import StoreUnavailable

SLOW_BODY: Final = "the request's body took too long to arrive"


class Deadlines:
    """The requests that wait, and since when, in milliseconds of a stopwatch."""

    def __init__(self, clock: Clock, *, receive_seconds: int, store_seconds: int) -> None:
        self._clock = clock
        self._receive_ms = receive_seconds * 1000
        self._store_ms = store_seconds * 1000
        self._receiving: dict[asyncio.Task[Any], int] = {}
        self._storing: dict[asyncio.Future[Any], int] = {}
        self._overdue: set[asyncio.Task[Any]] = set()

    def receiving(self, task: asyncio.Task[Any]) -> None:
        """``task`` begins to wait for its body."""
        self._receiving[task] = self._clock.monotonic_ms()

    def received(self, task: asyncio.Task[Any]) -> None:
        """``task`` has its body."""
        self._receiving.pop(task, None)

    def storing(self, future: asyncio.Future[Any]) -> None:
        """``future`` begins to wait for the store."""
        self._storing[future] = self._clock.monotonic_ms()

    def stored(self, future: asyncio.Future[Any]) -> None:
        """``future`` was answered, or nobody waits for it any more."""
        self._storing.pop(future, None)

    def was_overdue(self, task: asyncio.Task[Any]) -> bool:
        """Whether ``task`` was cancelled by the sweep, and not by anybody else. Says so once."""
        if task not in self._overdue:
            return False
        self._overdue.discard(task)
        return True

    def sweep(self) -> None:
        """Ends everything that is over time."""
        now_ms = self._clock.monotonic_ms()
        for task, since_ms in list(self._receiving.items()):
            if now_ms - since_ms > self._receive_ms:
                del self._receiving[task]
                self._overdue.add(task)
                task.cancel(SLOW_BODY)
        for future, since_ms in list(self._storing.items()):
            if now_ms - since_ms > self._store_ms:
                del self._storing[future]
                if not future.done():
                    future.set_exception(StoreUnavailable("the store took too long"))
