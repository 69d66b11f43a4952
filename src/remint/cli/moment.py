"""Moments as people and token files write them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from remint.errors import ConfigurationError


def milliseconds(value: Any, key: str = "expires_at") -> int:
    """Milliseconds since the epoch, from seconds since it, a date with time, or ISO 8601.

    What says no zone is in UTC. Raises ``ConfigurationError``.
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = float(value)
        except ValueError:
            moment = _iso(value)
    if isinstance(moment, dt.datetime):
        at = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return int(at.timestamp() * 1000)
    if isinstance(moment, int | float) and not isinstance(moment, bool) and 0 < moment < 10**11:
        return int(moment * 1000)
    raise ConfigurationError(
        "is no moment", key=key, expected="seconds since the epoch, or 2027-01-31T12:00:00Z"
    )


def _iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
