"""The few threads that pages are made in: some who ask may wait; more than that are told to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from remint.errors import RemintError

#: So many may wait for each thread: a page takes some milliseconds, a password some dozens.
_WAITING: Final = 16
Result = TypeVar("Result")


class Crowded(RemintError):
    """More ask than a person would wait behind."""


class Threads:
    """``count`` threads. For a loop: ``run`` waits there, and everything else goes on."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._most = count * (1 + _WAITING)
        self._under_way = 0

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """What ``function`` gives, called in one of the threads. Raises ``Crowded`` where too many wait."""
        if self._under_way >= self._most:
            raise Crowded("too many are waiting")
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, *arguments)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
