"""A renewal budget: a generic cell rate algorithm whose whole memory is one timestamp."""

from __future__ import annotations

import msgspec


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most ``renewals`` in any burst, refilled evenly over ``per_seconds``."""

    renewals: int
    per_seconds: int

    def __post_init__(self) -> None:
        if self.renewals < 1 or self.per_seconds < 1:
            raise ValueError("a budget needs at least 1 renewal per 1 second")


def charge(budget: Budget, charged_until_ms: int, now_ms: int) -> tuple[int, int]:
    """Charges one renewal: ``(new timestamp, 0)``, or ``(old timestamp, wait in ms)`` when over it.

    The timestamp is the algorithm's "theoretical arrival time", in milliseconds since the epoch; 0 for a
    grant that was never charged.
    """
    period_ms = budget.per_seconds * 1000
    share_ms = period_ms // budget.renewals
    start = max(charged_until_ms, now_ms)
    if start > now_ms + period_ms:
        # Only a clock that was set back leaves the timestamp so far ahead. This renewal brings it back: a
        # refusal writes nothing, and would be repeated until the clock is where it was.
        start = now_ms + period_ms - share_ms
    after = start + share_ms
    wait_ms = after - now_ms - period_ms
    return (charged_until_ms, wait_ms) if wait_ms > 0 else (after, 0)
