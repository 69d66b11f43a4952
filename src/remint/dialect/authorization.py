"""The ``Authorization`` header: Basic (RFC 7617, as RFC 6749 §2.3.1 bends it) and Bearer (RFC 6750)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote_plus

from remint.dialect.fault import Parameter
from remint.dialect.urlencoded import unescape
from remint.errors import Refusal


def read_basic(parameter: Parameter, raw: bytes, escaped: bool) -> tuple[str, str]:
    """User and password. ``escaped``: each is form-urlencoded inside, as OAuth wants it.

    Raises ``Refusal``: another scheme, or credentials that cannot be read.
    """
    scheme, _, credentials = raw.partition(b" ")
    if scheme.lower() != b"basic":
        raise _wrong_scheme(parameter, "Basic")
    try:
        text = base64.b64decode(credentials.strip(b" \t"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _unreadable(parameter) from None
    user, colon, password = text.partition(":")
    if not colon:
        raise _unreadable(parameter)
    if escaped and ("%" in text or "+" in text):
        try:
            return unescape(user, "header"), unescape(password, "header")
        except Refusal:
            raise _unreadable(parameter) from None
    return user, password


def read_bearer(parameter: Parameter, raw: bytes) -> bytes:
    """The bearer token. Raises ``Refusal`` for another scheme."""
    scheme, _, token = raw.partition(b" ")
    if scheme.lower() != b"bearer":
        raise _wrong_scheme(parameter, "Bearer")
    return token.strip(b" \t")


def write_basic(user: str, password: str, escaped: bool) -> str:
    """The header's value."""
    if escaped:
        user, password = quote_plus(user), quote_plus(password)
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _unreadable(parameter: Parameter) -> Refusal:
    return parameter.refusal("syntax", "The Basic credentials cannot be read.", parameter.code)


def _wrong_scheme(parameter: Parameter, scheme: str) -> Refusal:
    return parameter.refusal(
        "value", f"The Authorization header must use {scheme}.", parameter.code
    )
