"""What a browser calls itself, in words that its reader knows it by."""

from __future__ import annotations

import re
from typing import Final

# Each calls itself by the names of those before it: the most particular first (RFC 9110 §10.1.5).
_BROWSERS: Final = (
    (re.compile(r"Edg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrom(?:e|ium)/|CriOS/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)
_SYSTEMS: Final = (
    (re.compile(r"iPhone|iPad"), "iOS"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Mac OS X|Macintosh"), "macOS"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Linux"), "Linux"),
)
_LONGEST: Final = 60


def told(agent: str) -> str:
    """``Firefox on Linux`` for a ``User-Agent``; of an unknown one, how it begins."""
    browser = _first(_BROWSERS, agent)
    if not browser:
        return agent[:_LONGEST] or "An unknown program"
    system = _first(_SYSTEMS, agent)
    return f"{browser} on {system}" if system else browser


def _first(table: tuple[tuple[re.Pattern[str], str], ...], agent: str) -> str:
    return next((name for pattern, name in table if pattern.search(agent)), "")
