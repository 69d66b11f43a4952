"""A provider's words, made fit to be shown: some repeat the token that they refuse."""

from __future__ import annotations

import re
from typing import Final

from remint.keeper.connection import Setup, Tokens

_MASK: Final = "********"
_LONGEST: Final = 300
#: Shorter values, such as a country or a small number, are no secrets and stand in ordinary words.
_SHORTEST_SECRET: Final = 6
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: What looks like a token, whosever it is: a run of token characters that no word is as long as.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_\-.~+/=%]{32,}")


def scrubbed(words: str, setup: Setup, tokens: Tokens) -> str:
    """``words`` without any secret of the connection, without anything like a token, and not too long."""
    for secret in _secrets(setup, tokens):
        words = words.replace(secret, _MASK)
    words = _TOKEN.sub(_MASK, _UNPRINTABLE.sub(" ", words)).strip()
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _secrets(setup: Setup, tokens: Tokens) -> list[str]:
    extras = (tokens.extras or {}).values()
    values = [
        tokens.access_token,
        tokens.refresh_token,
        tokens.id_token,
        *setup.credentials.values(),
        *extras,
    ]
    secrets = {value for value in values if isinstance(value, str)}
    # The longest first: one may be a part of another.
    return sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)
