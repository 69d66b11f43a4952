"""Dates as a provider pleases: by a pattern in a fixed zone, as HTTP has them, or by the clock alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeGuard

from remint.dialect.table import Table

#: What a pattern may hold, as ``strptime`` has it; names of months and days would depend on the locale.
DIRECTIVES: Final = ("%Y", "%m", "%d", "%H", "%M", "%S", "%f", "%z")
_NEEDED: Final = ("%Y", "%m", "%d")
_DIRECTIVE: Final = re.compile(r"%.?")
_ZONE: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
#: Between a pattern and its zone, where both are kept as one word.
_SEPARATOR: Final = "\n"


def is_pattern(word: Any) -> TypeGuard[str]:
    """Whether a format is a pattern, and not a word of the vocabulary."""
    return isinstance(word, str) and "%" in word


def read_zone(table: Table) -> timezone:
    """The key ``zone``; UTC where it is not there."""
    text = table.text("zone")
    if text is None:
        return UTC
    found = _ZONE.fullmatch(text)
    if found is None:
        raise table.wrong("zone", f"{text!r} is no offset from UTC")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)


def read_moment_word(
    table: Table, key: str, default: str | None, words: Iterable[str], *, zoned: bool = False
) -> str | None:
    """One of ``words`` for a moment, or a pattern together with its zone, as one word.

    ``zoned`` says that something else in the table has a use for the zone.
    """
    pattern = table.data.get(key)
    zone = read_zone(table)
    if not is_pattern(pattern):
        if "zone" in table and not zoned:
            raise table.wrong(
                "zone", "nothing here is told in a zone", f'a pattern as {key}, "%Y…"'
            )
        return table.choice(key, default, words)
    held = _DIRECTIVE.findall(pattern)
    for each in held:
        if each not in DIRECTIVES:
            raise table.wrong(key, f"{each!r} is no part of a date", " ".join(DIRECTIVES))
    for each in _NEEDED:
        if held.count(each) != 1:
            raise table.wrong(key, f"{pattern!r} tells no day", "%Y, %m and %d, once each")
    if not pattern.isascii() or not pattern.isprintable() or len(set(held)) != len(held):
        raise table.wrong(key, f"{pattern!r} cannot be read back", "each part once, in ASCII")
    if "%z" in held and "zone" in table:
        raise table.wrong("zone", "the date tells its own", "%z, or a zone")
    return f"{pattern}{_SEPARATOR}{int(zone.utcoffset(None).total_seconds())}"


def write_date(word: str, at: datetime) -> str:
    """``at`` by a pattern and its zone."""
    pattern, _, offset = word.partition(_SEPARATOR)
    return at.astimezone(timezone(timedelta(seconds=int(offset)))).strftime(pattern)


def read_date(word: str, value: Any) -> int:
    """Seconds since the epoch, of a date by a pattern. Raises ``ValueError`` for another."""
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004
    pattern, _, offset = word.partition(_SEPARATOR)
    moment = datetime.strptime(value, pattern)  # noqa: DTZ007
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone(timedelta(seconds=int(offset))))
    return int(moment.timestamp())


def read_http_date(value: Any) -> int:
    """Seconds since the epoch, of ``Sat, 21 Nov 2026 12:00:00 GMT`` (RFC 9110 §5.6.7)."""
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004
    # Rare, and as heavy as half of this package.
    from email.utils import parsedate_to_datetime

    return int(parsedate_to_datetime(value).timestamp())


def write_http_date(at: int) -> str:
    """The other way round."""
    from email.utils import formatdate

    return formatdate(at, usegmt=True)


def generated_date(word: str, at_ms: int) -> str:
    """A moment as a request tells it, by a pattern or as HTTP does."""
    if not is_pattern(word):
        return write_http_date(at_ms // 1000)
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return write_date(word, moment.replace(microsecond=at_ms % 1000 * 1000))


def read_daily(table: Table) -> int | None:
    """The key ``daily``, a time of the day in the zone: seconds after midnight in UTC."""
    text = table.text("daily")
    if text is None:
        return None
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise table.wrong("daily", f"{text!r} is no time of the day")
    hour, minute, second = (int(each or 0) for each in found.groups())
    offset = read_zone(table).utcoffset(None)
    seconds = hour * 3600 + minute * 60 + second
    return (seconds - int(offset.total_seconds())) % 86_400


def next_daily(second: int, now_ms: int) -> int:
    """The first moment after now that lies so many seconds after midnight."""
    now = now_ms // 1000
    return now + 86_400 - (now - second) % 86_400
