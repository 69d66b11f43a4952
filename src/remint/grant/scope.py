"""Scopes: sets of words separated by a space (RFC 6749 §3.3)."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+\Z")


def normalise(scope: str) -> str:
    """The words of ``scope`` once each, in the order given.

    Raises ``ValueError`` on a character that §3.3 bars.
    """
    words = dict.fromkeys(scope.split(" "))
    words.pop("", None)
    for word in words:
        if not _TOKEN.match(word):
            raise ValueError("a scope has a character that RFC 6749 §3.3 does not allow")
    return " ".join(words)


def narrow(granted: str, wanted: str | None) -> str | None:
    """What an access token may cover: ``granted``, or ``wanted`` if that asks for no more; else ``None``.

    RFC 6749 §6: a renewal's scope "MUST NOT include any scope not originally granted". It narrows that
    access token only, never the grant.
    """
    if wanted is None:
        return granted
    try:
        asked = normalise(wanted)
    except ValueError:
        return None
    if not asked or not set(asked.split(" ")) <= set(granted.split(" ")):
        return None
    return asked
