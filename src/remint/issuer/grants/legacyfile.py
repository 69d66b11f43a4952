"""Files of legacy refresh tokens: CSV or JSON lines, one token a line, read with suspicion.

A message about a line never repeats what stands in it: a token may have been put where its hash belongs.
"""

from __future__ import annotations

import base64
import binascii
import csv
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from remint.errors import ConfigurationError

LONGEST_LINE: Final = 65_536
"""In bytes. Longer ones are refused without being held in memory."""
_LONGEST_SUBJECT: Final = 255
_SHA256: Final = "the SHA-256 of the token: 64 hexadecimal digits, or 43 or 44 characters of base64"
_EXPIRY: Final = (
    "seconds since the epoch, or ISO 8601 such as 2027-01-31T12:00:00Z; empty for no end of its own"
)
# Beyond the year 5138 it is milliseconds that were meant.
_LAST_SECOND: Final = 10**11


class LegacyToken(msgspec.Struct, frozen=True):
    """One line. ``expires_at`` is seconds since the epoch; ``None`` leaves it to the policy."""

    token_sha256: bytes
    client_id: str
    subject: str
    scope: str | None
    expires_at: int | None
    claims: dict[str, Any]

    def __repr__(self) -> str:
        return f"LegacyToken(client_id={self.client_id!r}, …)"


class Line(msgspec.Struct, frozen=True):
    """A line as it stands in the file: its number from 1, where it ends, and its bytes.

    ``raw`` is ``None`` for one that is too long.
    """

    number: int
    end: int
    raw: bytes | None


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    """The columns; a line of JSON is just this."""

    token_sha256: str
    client_id: str
    subject: str
    scope: str | None = None
    expires_at: int | str | None = None
    claims: dict[str, Any] | None = None


_NEEDED: Final = _Fields.__struct_fields__[:3]

Parse = Callable[[bytes], LegacyToken]


def read_lines(file: BinaryIO, number: int) -> Iterator[Line]:
    """The lines from where ``file`` stands, the next of which is ``number``."""
    end = file.tell()
    while raw := file.readline(LONGEST_LINE + 1):
        end += len(raw)
        is_long = len(raw) > LONGEST_LINE
        while is_long and not raw.endswith(b"\n") and (raw := file.readline(LONGEST_LINE)):
            end += len(raw)
        yield Line(number, end, None if is_long else raw)
        number += 1


def parser_for(first: bytes) -> tuple[Parse, bool]:
    """How to read the lines of a file that begins with ``first``, and whether that line is only a header.

    Raises ``ConfigurationError`` for a header that lacks a column or has one that is not known.
    """
    text = first.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip().startswith(b"{"):
        return _from_json, False
    names = [name.strip() for name in _cells(text)]
    known = _Fields.__struct_fields__
    if set(names) - set(known) or set(_NEEDED) - set(names) or len(set(names)) != len(names):
        raise ConfigurationError(
            "this is neither a line of JSON nor a header that names the columns",
            line=1,
            expected=f"{','.join(_NEEDED)} and, if you like, {', '.join(known[3:])}",
        )

    def parse(raw: bytes) -> LegacyToken:
        return _from_cells(names, _cells(raw))

    return parse, True


def _cells(raw: bytes) -> list[str]:
    try:
        text = raw.decode()
        return next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except UnicodeDecodeError:
        raise ConfigurationError("the line is not UTF-8", expected="UTF-8") from None
    except csv.Error as error:
        raise ConfigurationError(
            f"the line is not CSV: {error}", expected="one record a line, quoted as RFC 4180 has it"
        ) from None


def _from_cells(names: list[str], cells: list[str]) -> LegacyToken:
    if len(cells) != len(names):
        raise ConfigurationError(
            f"the number of columns is {len(cells)}", expected=f"{len(names)}, as the header has"
        )
    given: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
    for name in _NEEDED:
        if name not in given:
            raise ConfigurationError(
                "there is nothing in this column", key=name, expected="a value"
            )
    if "claims" in given:
        given["claims"] = _claims(given["claims"])
    try:
        return _token(msgspec.convert(given, _Fields))
    except msgspec.ValidationError as error:
        raise _wrong(error) from None


def _claims(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        raise ConfigurationError(
            "the claims are no JSON object",
            key="claims",
            expected='one such as {"company_id":7713}',
        ) from None


def _from_json(raw: bytes) -> LegacyToken:
    try:
        return _token(msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=_Fields))
    except msgspec.ValidationError as error:
        raise _wrong(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ConfigurationError("the line is not JSON", expected="a JSON object") from None


def _wrong(error: msgspec.ValidationError) -> ConfigurationError:
    message, _, place = str(error).partition(" - at `$")
    key = place.strip(".`") or None
    return ConfigurationError(message[:1].lower() + message[1:], key=key)


def _token(fields: _Fields) -> LegacyToken:
    if not fields.subject or len(fields.subject) > _LONGEST_SUBJECT:
        raise ConfigurationError(
            "the subject is empty or too long",
            key="subject",
            expected=f"1 to {_LONGEST_SUBJECT} characters",
        )
    return LegacyToken(
        token_sha256=_digest(fields.token_sha256.strip()),
        client_id=fields.client_id.strip(),
        subject=fields.subject,
        scope=fields.scope or None,
        expires_at=_expiry(fields.expires_at),
        claims=fields.claims or {},
    )


def _digest(text: str) -> bytes:
    try:
        if len(text) == 64:
            return bytes.fromhex(text)
        if len(text) in (43, 44):
            plain = text.rstrip("=").translate(str.maketrans("-_", "+/")) + "="
            return base64.b64decode(plain, validate=True)
    except (ValueError, binascii.Error):
        pass
    raise ConfigurationError("this is no SHA-256", key="token_sha256", expected=_SHA256)


def _expiry(value: int | str | None) -> int | None:
    if value is None or value == "":
        return None
    seconds: int | None = None
    if isinstance(value, int):
        seconds = value
    elif value.isdecimal() and value.isascii():
        seconds = int(value)
    else:
        seconds = _moment(value)
    if seconds is None or not 0 < seconds < _LAST_SECOND:
        raise ConfigurationError("this is no time", key="expires_at", expected=_EXPIRY)
    return seconds


def _moment(text: str) -> int | None:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    # Databases print times without a zone and mean UTC.
    return int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp())
