"""What seals connections: data keys under the root key, a key of its own for each row under a data key."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remint.clock import Entropy
from remint.errors import VaultError
from remint.token.rootkey import RootKey

KeyUse = Literal["row", "mark"]

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_MARK_BYTES: Final = 16
_ID_BYTES: Final = 4
_ROOT_PURPOSE: Final = "keeper/data-key"

_encode = msgspec.msgpack.Encoder().encode


class SealedKey(msgspec.Struct, frozen=True):
    """A data key as the store holds it, sealed under the root key.

    One key of use ``row`` is active, which seals what is written; older ones unseal what is still there. The
    key of use ``mark`` stays for good, because marks are compared across rotations.
    """

    id: int
    use: KeyUse
    sealed: bytes
    made_at_ms: int
    active: bool = False


def first_keys(
    store_id: bytes, root_key: RootKey, now_ms: int, entropy: Entropy
) -> list[SealedKey]:
    """The keys of a new store: one for marks and one for rows."""
    return [
        _drawn(store_id, root_key, 1, "mark", now_ms, entropy),
        _drawn(store_id, root_key, 2, "row", now_ms, entropy),
    ]


class Vault:
    """Seals and unseals what one store keeps.

    Each row has an AES-256-GCM key of its own, HMAC(data key, its id), so that random nonces never wear out;
    and what is sealed is bound to the store, the row and what it is for. ``where`` and ``source`` (of the
    root key) are for errors. Raises ``VaultError`` if the root key is not the one that sealed ``keys``.
    """

    def __init__(
        self,
        store_id: bytes,
        keys: Iterable[SealedKey],
        root_key: RootKey,
        entropy: Entropy,
        *,
        where: Path | str = "",
        source: str = "",
    ) -> None:
        self.store_id = store_id
        self.where = where
        self.source = source
        self._root_key = root_key
        self._entropy = entropy
        self._row_keys: dict[int, bytes] = {}
        self._mark_key = b""
        self.active = 0
        self._learn(keys)

    def seal(
        self, purpose: str, id_: str, name: str, version: int, plaintext: bytes, *, key: int = 0
    ) -> bytes:
        """``key id ‖ nonce ‖ ciphertext ‖ tag``, under the active key or the one that is asked for."""
        key = key or self.active
        nonce = self._entropy(_NONCE_BYTES)
        cipher = AESGCM(_row_key(self._row_keys[key], id_))
        bound = _encode((self.store_id, purpose, id_, name, version))
        return key.to_bytes(_ID_BYTES, "big") + nonce + cipher.encrypt(nonce, plaintext, bound)

    def unseal(self, purpose: str, id_: str, name: str, version: int, sealed: bytes) -> bytes:
        """What was sealed. Raises ``VaultError`` where it was for another row, version or purpose."""
        start = _ID_BYTES + _NONCE_BYTES
        data_key = self._row_keys.get(sealed_under(sealed))
        if data_key is not None:
            cipher = AESGCM(_row_key(data_key, id_))
            bound = _encode((self.store_id, purpose, id_, name, version))
            try:
                return cipher.decrypt(sealed[_ID_BYTES:start], sealed[start:], bound)
            except (InvalidTag, ValueError):
                pass
        raise VaultError(
            f"the {purpose} of {name or id_!r} does not unseal: it was changed, moved, or put back",
            where=self.where,
            expected="what was kept there; connect again, or restore the whole store",
        )

    def knows(self, sealed: bytes) -> bool:
        """Whether the data key that sealed this is one of those that were read."""
        return sealed_under(sealed) in self._row_keys

    def mark(self, id_: str, sent: str) -> bytes:
        """Tells two tokens of one connection apart, and nothing else about them: 16 bytes kept in clear."""
        mac = hmac.digest(self._mark_key, _encode((id_, sent)), "sha256")
        return mac[:_MARK_BYTES]

    def new_key(self, id_: int, now_ms: int) -> SealedKey:
        """A fresh data key for rows, not active yet."""
        key = _drawn(self.store_id, self._root_key, id_, "row", now_ms, self._entropy)
        return msgspec.structs.replace(key, active=False)

    def rewrapped(self, keys: Iterable[SealedKey], root_key: RootKey) -> list[SealedKey]:
        """The same keys, sealed under another root key."""
        return [
            _sealed(self.store_id, root_key, key, self._unwrapped(key), self._entropy)
            for key in keys
        ]

    def _learn(self, keys: Iterable[SealedKey]) -> None:
        for key in keys:
            data_key = self._unwrapped(key)
            if key.use == "mark":
                self._mark_key = data_key
                continue
            self._row_keys[key.id] = data_key
            if key.active:
                self.active = key.id
        if not self._mark_key or not self.active:
            raise VaultError("a data key is missing", where=self.where, expected="the whole store")

    def _unwrapped(self, key: SealedKey) -> bytes:
        bound = _encode((self.store_id, key.id, key.use))
        data_key = self._root_key.unseal(key.sealed, purpose=_ROOT_PURPOSE, associated_data=bound)
        if data_key is None:
            raise VaultError(
                f"this store was sealed under another key than that of {self.source or 'its source'}",
                where=self.where,
                expected="the key that the store was made with",
            )
        return data_key

    def __repr__(self) -> str:
        return f"Vault(where={str(self.where)!r}, active={self.active!r}, …)"


def sealed_under(sealed: bytes) -> int:
    """The id of the data key that sealed this."""
    return int.from_bytes(sealed[:_ID_BYTES], "big")


def _row_key(data_key: bytes, id_: str) -> bytes:
    return hmac.digest(data_key, b"row|" + id_.encode(), "sha256")


def _drawn(
    store_id: bytes, root_key: RootKey, id_: int, use: KeyUse, now_ms: int, entropy: Entropy
) -> SealedKey:
    blank = SealedKey(id_, use, b"", now_ms, use == "row")
    return _sealed(store_id, root_key, blank, entropy(_KEY_BYTES), entropy)


def _sealed(
    store_id: bytes, root_key: RootKey, key: SealedKey, data_key: bytes, entropy: Entropy
) -> SealedKey:
    sealed = root_key.seal(
        data_key,
        purpose=_ROOT_PURPOSE,
        associated_data=_encode((store_id, key.id, key.use)),
        entropy=entropy,
    )
    return msgspec.structs.replace(key, sealed=sealed)
