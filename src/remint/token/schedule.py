"""How long keys serve, and how early they are made known."""

from __future__ import annotations

from dataclasses import dataclass

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of key rotation, in seconds.

    A signing key signs for ``signing_period``, is published ``publish_ahead`` before its first signature and
    stays published for ``longest_access_token`` after its last one (and ``leeway``, for verifiers' clocks).
    ``longest_access_token`` is the longest lifetime that any app may have, not that any has now. A MAC key
    mints for ``mac_period``, from ``mac_delay`` after it was made, which must be longer than the processes
    take to notice that the key ring has changed. ``grace`` is how long a forgotten key is kept in the ring,
    in case the clock turns out to have been wrong.
    """

    signing_period: int = 90 * DAY_SECONDS
    publish_ahead: int = DAY_SECONDS
    longest_access_token: int = DAY_SECONDS
    leeway: int = 300
    mac_period: int = 180 * DAY_SECONDS
    mac_delay: int = 10
    grace: int = 7 * DAY_SECONDS
