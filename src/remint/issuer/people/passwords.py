"""Passwords: Argon2id, away from the loop, a few at a time."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from remint.errors import StoreUnavailable
from remint.secret import Secret

# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. Small enough for several at once.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5aXNoZXJlISE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
_AT_ONCE: Final = 2
_WAITING: Final = 64
_TURNS: Final = threading.BoundedSemaphore(_AT_ONCE)


def hash_password(password: Secret) -> str:
    """The Argon2id hash to store. Waits for its turn: two at a time in a process."""
    with _TURNS:
        return _HASHER.hash(password.reveal())


def is_password(stored: str | None, password: Secret) -> bool:
    """Whether ``password`` is right. With no ``stored`` hash it takes as long, and is not.

    For threads that may wait, two at a time in a process; a loop has ``Passwords``.
    """
    return _verify(stored, password.reveal())


class Passwords:
    """Verifies passwords on threads of its own. At most a few dozen wait; one more is turned away."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="remint-password")
        self._waiting = 0

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is right. With no ``stored`` hash it takes as long, and is not."""
        if self._waiting >= _WAITING:
            raise StoreUnavailable("too many log-ins are waiting", retry_after_seconds=2)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, _verify, stored, password)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _verify(stored: str | None, password: str) -> bool:
    try:
        with _TURNS:
            _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return stored is not None
