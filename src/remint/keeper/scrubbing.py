"""A provider's words, made fit to be shown: some repeat the token that they refuse."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Final
from urllib.parse import quote, quote_plus

from remint.keeper.connection import Setup, Tokens

_MASK: Final = "********"
_LONGEST: Final = 300
#: So much is looked through: nobody reads more, and every secret is looked for in every spelling.
_LONGEST_READ: Final = 1000
#: Shorter values, such as a country or a small number, are no secrets and stand in ordinary words.
_SHORTEST_SECRET: Final = 6
#: So many letters of a secret in a row are as good as masked whole; fewer are a hint, as some providers give.
_PIECE: Final = 12
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_URL_SAFE: Final = str.maketrans("+/", "-_")
#: What looks like a token, whosever it is: a run of token characters that no word is as long as.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_\-.~+/=%]{32,}")


def scrubbed(words: str, setup: Setup, tokens: Tokens) -> str:
    """``words`` without any secret of the connection, without anything like a token, and not too long.

    A secret is found in each spelling that the wire has for it, and in pieces.
    """
    words = words[:_LONGEST_READ]
    if not words:
        return ""
    spellings = {each for secret in _secrets(setup, tokens) for each in _spellings(secret)}
    words = _masked(words, spellings)
    words = _TOKEN.sub(_MASK, _UNPRINTABLE.sub(" ", words)).strip()
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _secrets(setup: Setup, tokens: Tokens) -> set[str]:
    extras = (tokens.extras or {}).values()
    values = [
        tokens.access_token,
        tokens.refresh_token,
        tokens.id_token,
        *(value for name, value in setup.credentials.items() if name != "scope"),
        *extras,
    ]
    return {each for each in values if isinstance(each, str) and len(each) >= _SHORTEST_SECRET}


def _spellings(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    plain = {secret, quote(raw, safe=""), quote(raw), quote_plus(raw)}
    yield from plain | {json.dumps(secret)[1:-1], raw.hex(), raw.hex().upper()}
    # Basic carries it escaped (RFC 6749 §2.3.1), and behind a name of any length.
    for inner in {each.encode("utf-8", "surrogatepass") for each in plain}:
        for before in range(3):
            coded = base64.b64encode(b"\0" * before + inner).decode()
            # What its neighbours have a part in is not looked for.
            whole = coded[4 if before else 0 : -4]
            if len(whole) >= _PIECE:
                yield from {whole, whole.translate(_URL_SAFE)}


def _masked(words: str, spellings: set[str]) -> str:
    """``words`` without any of ``spellings``, and without any piece of one that is long enough."""
    is_secret = bytearray(len(words))
    for spelling in spellings:
        size = min(len(spelling), _PIECE)
        for start in range(len(words) - size + 1):
            if words[start : start + size] in spelling:
                is_secret[start : start + size] = b"\1" * size
    runs = itertools.groupby(zip(words, is_secret, strict=True), key=itemgetter(1))
    return "".join(
        _MASK if secret else "".join(letter for letter, _ in run) for secret, run in runs
    )
