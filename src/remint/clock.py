"""Time and randomness as things that are passed in."""

from __future__ import annotations

import os
import time
from typing import Protocol


class Clock(Protocol):
    """What time it is, twice: on the wall and on a stopwatch."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC. May jump."""

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment. Never jumps, never goes back."""


class Entropy(Protocol):
    """A source of random bytes fit for keys."""

    def __call__(self, size: int, /) -> bytes:
        """``size`` random bytes."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


system_entropy: Entropy = os.urandom
