"""Times and durations as words, in UTC. A browser puts them into its reader's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Final

_UNITS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


# The charts of a page name the same moments over and over.
_keeping = lru_cache(maxsize=2048)


@_keeping
def iso_time(at_ms: int) -> str:
    """``at_ms`` for the ``datetime`` of a ``<time>``: ``2026-11-21T20:07:25.120Z``."""
    return _utc(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@_keeping
def utc_time(at_ms: int) -> str:
    """``at_ms`` as a person reads it: ``2026-11-21 20:07 UTC``."""
    return f"{_utc(at_ms):%Y-%m-%d %H:%M} UTC"


def utc_day(at_ms: int) -> str:
    """The day of ``at_ms``: ``2026-11-21``. A day has no zone here; the browser's may be the next."""
    return _utc(at_ms).strftime("%Y-%m-%d")


def utc_clock(at_ms: int) -> str:
    """The time of day of ``at_ms``: ``20:07``."""
    return _utc(at_ms).strftime("%H:%M")


def time_mark(at_ms: int, style: str = "moment", never: str = "never") -> str:
    """A moment as markup: in UTC as it is sent, in its reader's zone once the page has come to life.

    ``at_ms`` 0 is ``never``. ``style``: moment, exact, day, ago.
    """
    if not at_ms:
        return escape(never)
    words = utc_day(at_ms) if style == "day" else utc_time(at_ms)
    return f'<time datetime="{iso_time(at_ms)}" data-format="{style}">{words}</time>'


def span(seconds: float) -> str:
    """``seconds`` in its two largest units: ``93600`` is ``1 day 2 hours``; none is ``no time``."""
    left = round(seconds)
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count != 1 else ''}")
        elif parts:
            break
    return " ".join(parts[:2]) or "no time"


def count(number: float) -> str:
    """A number with thin spaces between thousands: ``1 234 567``; a fraction keeps one place."""
    if isinstance(number, int) and -1000 < number < 1000:
        return str(number)
    text = f"{number:,}" if float(number).is_integer() else f"{number:,.1f}"
    return text.removesuffix(".0").replace(",", "\u202f")


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
