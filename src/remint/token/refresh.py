"""The refresh-token codec: a refresh token is not stored, it is derived.

Layout, 54 bytes, 72 characters of base64url after the prefix, no padding, no slack bits::

    version 1 │ key id 4 │ grant id 16 │ generation 4 │ absolute expiry 5 │ inner MAC 16 │ outer MAC 8

Numbers are big-endian; the expiry is in seconds since the epoch, 0 for never. The outer MAC is
HMAC-SHA256 under the key K that the key id names and is checked first, without I/O. The inner MAC is keyed
by HMAC(K, the row's salt), so that the key ring without the database makes no token, nor the other way
round. Both cover their purpose and the installation's id.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import struct
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

PREFIX: Final = "remint_rt_"
VERSION: Final = 1
LENGTH: Final = len(PREFIX) + 72

_HEAD: Final = struct.Struct(">BI16sIBI")
_HEAD_END: Final = _HEAD.size
_INNER_END: Final = _HEAD_END + 16
_STANDARD_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
# Characters of the standard alphabet that are not in the URL-safe one become one that no alphabet has.
_URL_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")


class Key(Protocol):
    """A MAC key of the key ring."""

    @property
    def id(self) -> int:
        """1 to 2³²−1."""

    @property
    def secret(self) -> bytes:
        """32 bytes."""


class Ring(Protocol):
    """What the codec wants of a key ring."""

    @property
    def installation_id(self) -> bytes:
        """16 bytes."""

    def mac_key(self, key_id: int) -> Key | None:
        """The key of that id, if the ring has it."""


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """A token whose outer MAC is good. The inner one waits for the row's salt."""

    key_id: int
    grant_id: bytes
    generation: int
    expires_at: int
    head: bytes
    inner: bytes

    def __repr__(self) -> str:
        return f"Parsed(grant_id={self.grant_id.hex()}, generation={self.generation}, …)"


class Line:
    """The line of refresh tokens of one grant under one key: verifies them, and mints them."""

    __slots__ = ("_inner", "_outer", "key_id")

    def __init__(self, key_id: int, inner: HMAC, outer: HMAC) -> None:
        self.key_id = key_id
        self._inner = inner
        self._outer = outer

    def holds(self, parsed: Parsed) -> bool:
        """Whether the inner MAC is good: the token was made for the row that holds this salt."""
        return hmac.compare_digest(_mac(self._inner, parsed.head)[:16], parsed.inner)

    def token(self, grant_id: bytes, generation: int, expires_at: int) -> str:
        """The refresh token of that generation: the same one whenever it is asked for."""
        high, low = expires_at >> 32, expires_at & 0xFFFFFFFF
        head = _HEAD.pack(VERSION, self.key_id, grant_id, generation, high, low)
        body = head + _mac(self._inner, head)[:16]
        text = binascii.b2a_base64(body + _mac(self._outer, body)[:8], newline=False)
        return PREFIX + text.translate(_STANDARD_TO_URL).decode("ascii")


class RefreshCodec:
    """Mints and parses the refresh tokens of one installation, under the keys of one ring."""

    __slots__ = ("_inner_purpose", "_prepared", "_ring")

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._inner_purpose = b"remint refresh inner 1" + ring.installation_id
        self._prepared: dict[int, tuple[HMAC, HMAC]] = {}

    def parse(self, token: str) -> Parsed | None:
        """The token's parts if its outer MAC is good, else ``None``: forged, garbled, or not canonical."""
        if len(token) != LENGTH or not token.startswith(PREFIX):
            return None
        try:
            text = token[len(PREFIX) :].encode("ascii").translate(_URL_TO_STANDARD)
            raw = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            return None
        version, key_id, grant_id, generation, high, low = _HEAD.unpack_from(raw)
        prepared = self._prepared.get(key_id) or self._prepare(key_id)
        if version != VERSION or prepared is None:
            return None
        if not hmac.compare_digest(_mac(prepared[0], raw[:_INNER_END])[:8], raw[_INNER_END:]):
            return None
        expires_at = high << 32 | low
        head = raw[:_HEAD_END]
        return Parsed(key_id, grant_id, generation, expires_at, head, raw[_HEAD_END:_INNER_END])

    def line(self, key_id: int, salt: bytes) -> Line | None:
        """The line of the grant whose row holds ``salt``; ``None`` if the ring has no such key."""
        prepared = self._prepared.get(key_id) or self._prepare(key_id)
        if prepared is None:
            return None
        inner = HMAC(_mac(prepared[1], salt), SHA256())
        inner.update(self._inner_purpose)
        return Line(key_id, inner, prepared[0])

    def _prepare(self, key_id: int) -> tuple[HMAC, HMAC] | None:
        # Keying an HMAC costs more than running it on a token's few bytes: done once for each key.
        key = self._ring.mac_key(key_id)
        if key is None:
            return None
        outer, derive = HMAC(key.secret, SHA256()), HMAC(key.secret, SHA256())
        outer.update(b"remint refresh outer 1" + self._ring.installation_id)
        derive.update(b"remint refresh key 1" + self._ring.installation_id)
        self._prepared[key_id] = (outer, derive)
        return self._prepared[key_id]


def _mac(keyed: HMAC, message: bytes) -> bytes:
    running = keyed.copy()
    running.update(message)
    return running.finalize()


def alias_id(alias_key: Key, installation_id: bytes, token_sha256: bytes) -> bytes:
    """The grant id of an imported token: an HMAC of its SHA-256, which is all that is kept of it."""
    purpose = b"remint legacy alias 1" + installation_id
    return hmac.digest(alias_key.secret, purpose + token_sha256, "sha256")[:16]


def token_sha256(token: str) -> bytes:
    """SHA-256 of a foreign refresh token's characters, as a legacy import brings it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
