"""A key ring as the text of ``keyring.json``: a clear header, and the keys sealed under the root key."""

from __future__ import annotations

import hashlib
from hmac import compare_digest
from pathlib import Path

import msgspec

from remint.clock import Entropy
from remint.errors import KeyRingError, RootKeyError
from remint.token.keyring import KeyRing
from remint.token.keys import MacKey, SigningKey
from remint.token.rootkey import RootKey

_FORMAT = "remint-keyring"
_VERSION = 1
_PURPOSE = "keyring"


class _Header(msgspec.Struct, frozen=True):
    """What may be read without the root key. All of it is bound to the sealed part.

    ``root_key_check`` is derived from the root key, one way, and tells a wrong root key from a damaged file.
    """

    format: str
    version: int
    installation_id: bytes
    revision: int
    root_key_check: bytes


class _File(msgspec.Struct, frozen=True):
    header: _Header
    sealed: bytes
    sha256: str


class _Keys(msgspec.Struct, frozen=True):
    mac_keys: tuple[MacKey, ...]
    alias_keys: tuple[MacKey, ...]
    signing_keys: tuple[SigningKey, ...]
    dropped: frozenset[str]


def encode_ring(ring: KeyRing, root_key: RootKey, entropy: Entropy) -> bytes:
    """The file's content. The same ring encodes differently each time, for a nonce must not repeat."""
    check = _root_key_check(root_key, ring.installation_id)
    header = _Header(_FORMAT, _VERSION, ring.installation_id, ring.revision, check)
    bound = msgspec.json.encode(header)
    sealed = root_key.seal(
        msgspec.json.encode(
            _Keys(ring.mac_keys, ring.alias_keys, ring.signing_keys, ring.dropped), order="sorted"
        ),
        purpose=_PURPOSE,
        associated_data=bound,
        entropy=entropy,
    )
    file = _File(header, sealed, _digest(bound, sealed))
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def decode_ring(data: bytes, root_key: RootKey, path: Path | str) -> KeyRing:
    """The ring in a file's content. ``path`` is for the error messages.

    Raises ``RootKeyError`` if another root key sealed it, ``KeyRingError`` if it is damaged.
    """
    file = _parsed(data, path)
    header = file.header
    bound = msgspec.json.encode(header)
    if file.sha256 != _digest(bound, file.sealed):
        raise _damaged(path, "its checksum does not match")
    if not compare_digest(header.root_key_check, _root_key_check(root_key, header.installation_id)):
        raise RootKeyError(
            "the root key is not the one that sealed this key ring",
            file=path,
            expected="the root key that this installation was made with",
        )
    keys = _unsealed(file.sealed, root_key, bound)
    if keys is None or not keys.mac_keys or not keys.alias_keys:
        raise _damaged(path, "its keys cannot be unsealed")
    return KeyRing(
        header.installation_id,
        keys.mac_keys,
        keys.alias_keys,
        keys.signing_keys,
        keys.dropped,
        header.revision,
    )


def _parsed(data: bytes, path: Path | str) -> _File:
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _damaged(path, "it is not the JSON of a key ring") from None
    if file.header.format != _FORMAT:
        raise _damaged(path, "it is not a key ring")
    if file.header.version != _VERSION:
        raise KeyRingError(
            f"this key ring has format version {file.header.version}",
            file=path,
            expected=f"version {_VERSION}: was it written by a newer Remint?",
        )
    return file


def _unsealed(sealed: bytes, root_key: RootKey, bound: bytes) -> _Keys | None:
    plaintext = root_key.unseal(sealed, purpose=_PURPOSE, associated_data=bound)
    if plaintext is None:
        return None
    try:
        return msgspec.json.decode(plaintext, type=_Keys)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _root_key_check(root_key: RootKey, installation_id: bytes) -> bytes:
    return root_key.derive("keyring-check", installation_id)[:16]


def _digest(bound: bytes, sealed: bytes) -> str:
    return hashlib.sha256(bound + sealed).hexdigest()


def _damaged(path: Path | str, problem: str) -> KeyRingError:
    return KeyRingError(
        f"the key ring is damaged: {problem}", file=path, expected="a copy from a backup"
    )
