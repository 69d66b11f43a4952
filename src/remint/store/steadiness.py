"""Since when this process has served without a break, in the database's time.

The retry window stands still while clients could not retry: before this process began to serve, while
its database was away or stood still, while it was stopped or asleep, and across a jump of the clock.
"""

from __future__ import annotations

from typing import Final

from remint.clock import Clock

_JUMP_MS: Final = 1_000
_GAP_MS: Final = 2_000
_CHECK_MS: Final = 1_000


class Steadiness:
    """Watches the wall clock against a stopwatch, and the time between its own beats.

    ``beat`` comes from the event loop, everything else from the store's thread: each writes whole
    integers, and both may find the same break.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = clock.now_ms() - clock.monotonic_ms()
        self._checked_ms = 0
        self._beat_ms: int | None = None
        self.since_ms = clock.now_ms()

    def now_ms(self) -> int:
        """The time; notices when the clock has jumped, or the process stood still, since the last call."""
        now_ms, monotonic_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        offset_ms = now_ms - monotonic_ms
        if abs(offset_ms - self._offset_ms) > _JUMP_MS:
            self._offset_ms = offset_ms
            self.since_ms = now_ms
        if self._beat_ms is not None and monotonic_ms - self._beat_ms > _GAP_MS:
            # A loop that stood still answered nobody.
            self.since_ms = now_ms
        return now_ms

    def beat(self) -> None:
        """Called a few times a second as long as requests can be answered."""
        self.now_ms()
        self._beat_ms = self._clock.monotonic_ms()

    def worked_since(self, began_ms: int) -> None:
        """A piece of storage work that began then, by the stopwatch, has ended: a long one was an outage."""
        if self._clock.monotonic_ms() - began_ms > _JUMP_MS:
            self.restart()

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
