"""Cookies of a request (RFC 6265 §4.2): the few that a dialect reads."""

from __future__ import annotations

from collections.abc import Mapping

from remint.dialect.fault import Parameter, bad_message, doubled


def read_cookies(raw: bytes, known: Mapping[str, Parameter]) -> dict[str, str]:
    """The cookies of ``known`` names. Raises ``Refusal`` for one that is there twice, or is not ASCII."""
    if not raw.isascii():
        raise bad_message("cookie", "syntax", "The cookies are not ASCII.")
    found: dict[str, str] = {}
    for pair in raw.decode("ascii").split(";"):
        name, _, value = pair.strip(" ").partition("=")
        if name in known:
            if name in found:
                raise doubled(known[name])
            found[name] = value
    return found
