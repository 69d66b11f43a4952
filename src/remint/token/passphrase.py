"""A key of a passphrase, by scrypt (RFC 7914)."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from remint.clock import Entropy
from remint.secret import Secret

COST: Final = 2**17
"""128 MiB and half a second for each guess."""
_MOST_COST: Final = 2**20
_BLOCK: Final = 8
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32


def new_salt(entropy: Entropy) -> str:
    """A salt, in base64."""
    return base64.b64encode(entropy(_SALT_BYTES)).decode()


def is_cost(cost: int) -> bool:
    """Whether a file may ask for so much: a power of two, and no more than a machine can bear."""
    return 1 < cost <= _MOST_COST and not cost & (cost - 1)


def derived_key(passphrase: Secret, cost: int, salt: str) -> bytes:
    """32 bytes. Takes ``cost`` KiB of memory, and as long as that takes to fill."""
    try:
        raw = base64.b64decode(salt, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    derived = Scrypt(salt=raw, length=_KEY_BYTES, n=cost, r=_BLOCK, p=1)
    return derived.derive(passphrase.reveal().encode())
