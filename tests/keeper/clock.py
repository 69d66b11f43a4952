"""A clock that stands still until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass

NOON_MS = 1_800_000_000_000


@dataclass
class HandClock:
    """Wall and stopwatch; ``jump`` moves only the one on the wall."""

    wall_ms: int = NOON_MS
    stopwatch_ms: int = 5_000_000

    def now_ms(self) -> int:
        """See ``Clock``."""
        return self.wall_ms

    def monotonic_ms(self) -> int:
        """See ``Clock``."""
        return self.stopwatch_ms

    def elapse(self, seconds: float) -> None:
        """Time passes."""
        self.wall_ms += int(seconds * 1000)
        self.stopwatch_ms += int(seconds * 1000)

    def jump(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.wall_ms += int(seconds * 1000)
