"""A JSON object that a person typed."""

from __future__ import annotations

import json
import math
from typing import Any, Never

from remint.errors import ConfigurationError

_MOST_DIGITS = 40
_EXPECTED = 'a JSON object such as {"plan": "gold"}'


def json_object(text: str, key: str) -> dict[str, Any]:
    """``text`` as a JSON object; nothing at all is an empty one.

    Raises ``ConfigurationError`` for the field ``key``, with line and column where there is a place.
    """
    if not text.strip():
        return {}
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_number,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"line {error.lineno}, column {error.colno}: {error.msg}", key=key, expected=_EXPECTED
        ) from None
    except RecursionError:
        raise ConfigurationError("it is nested too deeply", key=key, expected=_EXPECTED) from None
    except UnicodeEncodeError:
        # An escape can write half a surrogate pair, which is no character (RFC 8259 §8.2).
        raise ConfigurationError(
            "it has half a character in it", key=key, expected=_EXPECTED
        ) from None
    except _Unfit as error:
        raise ConfigurationError(str(error), key=key, expected=_EXPECTED) from None
    if not isinstance(value, dict):
        raise ConfigurationError("this is no object", key=key, expected=_EXPECTED)
    return value


def json_text(value: dict[str, Any]) -> str:
    """A JSON object as a person edits it; nothing for an empty one."""
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""


class _Unfit(Exception):
    """JSON by the letter, but not what anybody means."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unfit(f"{twice!r} is said twice")
    return made


def _whole(digits: str) -> int:
    # Python itself stops at some thousands of digits, and JSON's other readers long before (RFC 8259 §6).
    if len(digits) > _MOST_DIGITS:
        raise _Unfit(f"a number of {len(digits)} digits is too long")
    return int(digits)


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise _Unfit(f"{text[:_MOST_DIGITS]} is too large a number")
    return number


def _no_number(name: str) -> Never:
    raise _Unfit(f"{name} is no number in JSON")
