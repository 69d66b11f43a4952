"""Formats of an answer's values: how each is written, how it is read, and what it is in JSON Schema.

An answer's meanings are kept in one form inside (seconds, seconds since the epoch, scopes separated by a
space); a format says how such a value looks on the wire.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from remint.dialect.dates import (
    is_pattern,
    read_date,
    read_http_date,
    write_date,
    write_http_date,
)

_INTEGER: Final = {"type": "integer"}
_DIGITS: Final = {"type": "string", "pattern": "^[0-9]+$"}

_UNITS: Final = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION: Final = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+) ?{unit} ?)?" for unit in _UNITS))
# Years and months have no one length, and nobody gives a token for years (ISO 8601-1 §5.5.2).
_ISO_DURATION: Final = re.compile(
    "P"
    + "".join(rf"(?:(?P<{unit}>[0-9]+){unit.upper()})?" for unit in "wd")
    + "(?:T"
    + "".join(rf"(?:(?P<{unit}>[0-9]+){unit.upper()})?" for unit in "hms")
    + ")?"
)
_LONGEST: Final = 40
_JWT_PARTS: Final = 3


@dataclass(frozen=True)
class Format:
    """``write`` turns an inner value into JSON; ``read`` the other way, raising ``ValueError`` for nonsense.

    ``write`` is ``None`` where the value travels as it is.
    """

    read: Callable[[Any], Any]
    schema: dict[str, Any]
    write: Callable[[Any], Any] | None = None


def write_iso8601(at: int) -> datetime:
    """A moment in UTC; ``msgspec`` writes it as ``2026-11-21T12:00:00Z``."""
    return datetime.fromtimestamp(at, UTC)


def read_iso8601(value: Any) -> int:
    """Seconds since the epoch; a moment without an offset is taken for UTC."""
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004
    moment = datetime.fromisoformat(value)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def read_duration(value: Any) -> int:
    """Seconds in ``1h30m``, ``90m``, ``7d`` or ISO 8601's ``PT1H30M``."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError("not a duration")
    found = _DURATION.fullmatch(value.strip()) or _ISO_DURATION.fullmatch(value.strip())
    if found is None or not any(found.groups()):
        raise ValueError("not a duration")
    return sum(int(found[unit] or 0) * seconds for unit, seconds in _UNITS.items())


def expiry_of(token: str | None) -> int | None:
    """The ``exp`` of a JWT, in seconds since the epoch; ``None`` where ``token`` is none, or has none.

    Nothing is verified: who was given the token only wants to know when to ask for another.
    """
    payload = (token or "").split(".")
    if len(payload) != _JWT_PARTS:
        return None
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload[1] + "=="))
        return read_number(claims["exp"])
    except (ValueError, TypeError, KeyError, RecursionError, msgspec.DecodeError):
        return None


def read_text(value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("not a string that says something")
    return value


def read_number(value: Any) -> int:
    """A whole number, not below zero; a fraction is cut off."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        raise ValueError("not a number that can be")
    return int(value)


def read_digits(value: Any) -> int:
    """A whole number written as a string."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ValueError("not a string of digits")
    return int(value)


def read_list(value: Any) -> str:
    """Scopes in an array."""
    if not isinstance(value, list):
        raise ValueError("not an array")  # noqa: TRY004
    return " ".join(read_text(each) for each in value)


def _typed(*types: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, bool) is not (bool in types) or not isinstance(value, types):
            raise ValueError("of another type")
        return value

    return read


def _scaled(numerator: int, denominator: int, text: bool) -> Format:
    """Seconds times ``numerator`` through ``denominator``, as a number or as a string."""
    number = read_digits if text else read_number

    def read(value: Any) -> int:
        return number(value) * denominator // numerator

    def write(seconds: int) -> int | str:
        scaled = -(-seconds * numerator // denominator)
        return str(scaled) if text else scaled

    plain = numerator == denominator and not text
    return Format(read, _DIGITS if text else _INTEGER, None if plain else write)


FORMATS: Final[dict[str, Format]] = {
    "string": Format(read_text, {"type": "string"}),
    "integer": Format(_typed(int), _INTEGER),
    "number": Format(_typed(int, float), {"type": "number"}),
    "boolean": Format(_typed(bool), {"type": "boolean"}),
    "any": Format(lambda value: value, {}),
    "space": Format(read_text, {"type": "string"}),
    "comma": Format(
        lambda value: " ".join(read_text(value).replace(",", " ").split()),
        {"type": "string"},
        lambda scope: ",".join(scope.split()),
    ),
    "list": Format(
        read_list, {"type": "array", "items": {"type": "string"}}, lambda scope: scope.split()
    ),
    "seconds": _scaled(1, 1, text=False),
    "seconds-text": _scaled(1, 1, text=True),
    "milliseconds": _scaled(1000, 1, text=False),
    "milliseconds-text": _scaled(1000, 1, text=True),
    "minutes": _scaled(1, 60, text=False),
    "minutes-text": _scaled(1, 60, text=True),
    "hours": _scaled(1, 3600, text=False),
    "hours-text": _scaled(1, 3600, text=True),
    "days": _scaled(1, 86_400, text=False),
    "days-text": _scaled(1, 86_400, text=True),
    "epoch": _scaled(1, 1, text=False),
    "epoch-text": _scaled(1, 1, text=True),
    "epoch-ms": _scaled(1000, 1, text=False),
    "epoch-ms-text": _scaled(1000, 1, text=True),
    "duration": Format(read_duration, {"type": "string"}, lambda seconds: f"{seconds}s"),
    "jwt": Format(read_text, {"type": "string"}),
    "iso8601": Format(read_iso8601, {"type": "string"}, write_iso8601),
    "http-date": Format(read_http_date, {"type": "string"}, write_http_date),
}


def format_of(word: str) -> Format:
    """The format of that name, or the one that a pattern of a date makes."""
    if not is_pattern(word):
        return FORMATS[word]

    def write(at: int) -> str:
        return write_date(word, write_iso8601(at))

    return Format(partial(read_date, word), {"type": "string"}, write)
