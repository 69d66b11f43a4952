"""Since when this process has served without a break, in the database's time.

The retry window stands still while clients could not retry: before this process began to serve, while
its database was away, while it was stopped or asleep, and across a jump of the clock.
"""

from __future__ import annotations

from typing import Final

from remint.clock import Clock

_JUMP_MS: Final = 1_000
_CHECK_MS: Final = 1_000


class Steadiness:
    """Watches the wall clock against a stopwatch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = clock.now_ms() - clock.monotonic_ms()
        self._checked_ms = 0
        self.since_ms = clock.now_ms()

    def now_ms(self) -> int:
        """The time; notices when the clock has jumped since the last call."""
        now_ms = self._clock.now_ms()
        offset_ms = now_ms - self._clock.monotonic_ms()
        if abs(offset_ms - self._offset_ms) > _JUMP_MS:
            self._offset_ms = offset_ms
            self.since_ms = now_ms
        return now_ms

    def due(self) -> bool:
        """Whether a second has passed since this last said so."""
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._checked_ms < _CHECK_MS:
            return False
        self._checked_ms = now_ms
        return True

    def restart(self) -> None:
        """Serving begins, again or for the first time."""
        self.since_ms = self._clock.now_ms()
