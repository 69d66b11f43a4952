"""Waiting for a file lock, but not for ever: whoever holds it may have been stopped."""

from __future__ import annotations

import fcntl
import time

_FIRST_SECONDS = 0.0005
_LONGEST_SECONDS = 0.004


def taken(descriptor: int, operation: int, patience_seconds: float) -> bool:
    """Takes the lock (``LOCK_EX`` or ``LOCK_SH``) within about so long; false if somebody else kept it.

    The short sleep between two tries keeps the queue nearly fair. A lock that blocks would be quite fair, and
    would hang every process behind one that is stopped while it writes.
    """
    waited, pause = 0.0, _FIRST_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if waited >= patience_seconds:
                return False
        time.sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST_SECONDS)


def given_back(descriptor: int) -> None:
    """Lets the next one have the lock."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
