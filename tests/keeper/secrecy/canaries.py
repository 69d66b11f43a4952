"""Secrets that are easily found again, however they are written."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import urllib.parse
from collections.abc import Iterator

#: So much of a secret in a row is a leak: half a token helps whoever guesses the rest.
_PIECE = 12


class Canaries:
    """A set of secrets. Each is made of its purpose and the seed, with letters that encodings change."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self.known: dict[str, str] = {}

    def sing(self, what: str) -> str:
        """The secret for a purpose: the same each time."""
        if what not in self.known:
            digest = hashlib.sha256(f"{self._seed} {what}".encode()).digest()
            text = base64.b64encode(digest).decode().rstrip("=")
            self.known[what] = f'{text[:14]}/+{text[14:28]}&{text[28:]}"~'
        return self.known[what]

    def token(self, what: str, *, letters: int = 0) -> str:
        """The same, of letters that a token may have; at least so many of them."""
        name = f"token {what}"
        if name not in self.known:
            digest = hashlib.sha512(f"{self._seed} {what}".encode()).digest()
            text = base64.urlsafe_b64encode(digest * (1 + letters // 64)).decode().rstrip("=")
            self.known[name] = f"{text[: max(letters, 24)]}-_.~"
        return self.known[name]

    def found(self, text: str | bytes) -> list[str]:
        """Which of them are in a text, in any spelling, whole or in large pieces."""
        raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        folded = raw.lower()
        return [
            f"{what} ({how})"
            for what, secret in self.known.items()
            for how, spelling in spellings(secret)
            if (spelling.lower() in folded if how in ("hex", "URL") else spelling in raw)
        ]


def spellings(secret: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which a secret may be written, with a word for it."""
    raw = secret.encode()
    for start in range(0, len(raw) - _PIECE + 1, _PIECE):
        piece = secret[start : start + _PIECE]
        yield "plain", piece.encode()
        yield "hex", piece.encode().hex().encode()
        for quote in (urllib.parse.quote, urllib.parse.quote_plus):
            yield "URL", quote(piece, safe="").encode()
        yield "JSON", json.dumps(piece)[1:-1].encode()
        yield "backwards", piece[::-1].encode()
        yield "UTF-16", piece.encode("utf-16-le")
    # Inside of something longer, base64 begins at any of three places.
    escaped = urllib.parse.quote(secret, safe="").encode()
    for inner, altchars, before in itertools.product((raw, escaped), (None, b"-_"), range(3)):
        text = base64.b64encode(b"\0" * before + inner, altchars)
        whole = text[4 * ((before + 2) // 3) + 1 : len(text) - 4]
        for start in range(0, len(whole) - 16 + 1, 16):
            yield "base64", whole[start : start + 16]
