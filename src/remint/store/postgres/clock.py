"""The database's time, which all processes and machines beside it share."""

from __future__ import annotations

from typing import Final

from remint.clock import Clock

_DRIFT_MS: Final = 100
_AGE_MS: Final = 10_000


class DatabaseClock:
    """Tells the time that the database told last, and the stopwatch's time since.

    This machine's own wall clock may be wrong, or be set: nothing here follows it. Until the database was
    asked it is all there is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = clock.now_ms() - clock.monotonic_ms()
        self._wall_offset_ms = self._offset_ms
        self._told_ms = clock.monotonic_ms()

    def now_ms(self) -> int:
        """Milliseconds since the epoch, in the database's time."""
        return self._clock.monotonic_ms() + self._offset_ms

    def monotonic_ms(self) -> int:
        """The stopwatch."""
        return self._clock.monotonic_ms()

    def told(self, now_ms: int) -> None:
        """The database says that it is ``now_ms`` there."""
        self._offset_ms = now_ms - self._clock.monotonic_ms()
        self._told_ms = self._clock.monotonic_ms()
        self._wall_offset_ms = self._clock.now_ms() - self._told_ms

    def is_doubtful(self) -> bool:
        """Whether to ask again: that was long ago, or this machine slept since, or its clock was set."""
        monotonic_ms = self._clock.monotonic_ms()
        offset_ms = self._clock.now_ms() - monotonic_ms
        is_old = monotonic_ms - self._told_ms > _AGE_MS
        return is_old or abs(offset_ms - self._wall_offset_ms) > _DRIFT_MS
