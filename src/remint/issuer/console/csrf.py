"""Tokens that show that a form was ours: derived from the visitor's cookie, masked anew for each page.

A page that carries the same secret each time, packed, gives it away by its length (BREACH): so what goes
out is a random pad and the token under it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256
from typing import Final

from remint.clock import Entropy

_SIZE: Final = 32
_PURPOSE: Final = b"remint console: this form is ours"


def masked_token(cookie: str, entropy: Entropy) -> str:
    """What a form of the visitor with that cookie carries."""
    pad = entropy(_SIZE)
    hidden = bytes(a ^ b for a, b in zip(pad, _token(cookie), strict=True))
    return base64.urlsafe_b64encode(pad + hidden).decode().rstrip("=")


def is_ours(cookie: str, masked: str) -> bool:
    """Whether ``masked`` was made for the visitor with that cookie."""
    try:
        both = base64.urlsafe_b64decode(masked + "=" * (-len(masked) % 4))
    except (binascii.Error, ValueError):
        return False
    if not cookie or len(both) != 2 * _SIZE:
        return False
    token = bytes(a ^ b for a, b in zip(both[:_SIZE], both[_SIZE:], strict=True))
    return hmac.compare_digest(token, _token(cookie))


def _token(cookie: str) -> bytes:
    return hmac.digest(cookie.encode(), _PURPOSE, sha256)
