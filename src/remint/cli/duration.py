"""Times as people say them: how long from now, how long ago."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def until(at_ms: int | None, now_ms: int) -> str:
    """How long it is to a moment; ``never`` for ``None``, and a minus for what is past."""
    if at_ms is None:
        return "never"
    seconds = (at_ms - now_ms) // 1000
    return span(seconds) if seconds >= 0 else f"−{span(-seconds)}"


def since(at_ms: int | None, now_ms: int) -> str:
    """How long ago a moment was; empty for ``None``."""
    if at_ms is None:
        return ""
    return f"{span(max(0, now_ms - at_ms) // 1000)} ago"


def span(seconds: int) -> str:
    """A number of seconds in its two largest units."""
    for index, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            count, rest = divmod(seconds, size)
            lower = _UNITS[index + 1 :][:1]
            for small, name in lower:
                if rest >= small:
                    return f"{count} {unit} {rest // small} {name}"
            return f"{count} {unit}"
    return "0 s"
