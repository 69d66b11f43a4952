"""The root key: the one secret that an installation is started with. Everything else is sealed under it."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from remint.clock import Entropy
from remint.errors import RootKeyError
from remint.secret import Secret
from remint.token.durable import create_file
from remint.token.privatefile import read_private_file

ROOT_KEY_VARIABLE = "REMINT_ROOT_KEY"
ROOT_KEY_BYTES = 32
_NONCE_BYTES = 12
_EXPECTED = (
    "32 random bytes in base64url (43 characters) or hex (64), as `openssl rand -hex 32` prints"
)

# 32 random bytes have fewer than 8 different ones once in 10⁵⁰ draws; placeholders always do.
_LEAST_DIFFERENT_BYTES = 8


class RootKey:
    """32 bytes that seal, unseal and derive, and are never shown or pickled."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != ROOT_KEY_BYTES:
            raise RootKeyError(f"the root key has {len(key)} bytes", expected=_EXPECTED)
        self._key = key

    def derive(self, purpose: str, salt: bytes = b"") -> bytes:
        """A 32-byte subkey that tells nothing about any other (HKDF-SHA256, RFC 5869)."""
        info = f"remint/{purpose}".encode()
        return HKDF(SHA256(), length=32, salt=salt, info=info).derive(self._key)

    def seal(
        self, plaintext: bytes, *, purpose: str, associated_data: bytes, entropy: Entropy
    ) -> bytes:
        """``nonce ‖ ciphertext ‖ tag`` by AES-256-GCM, under the subkey of ``purpose``."""
        nonce = entropy(_NONCE_BYTES)
        return nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plaintext, associated_data)

    def unseal(self, sealed: bytes, *, purpose: str, associated_data: bytes) -> bytes | None:
        """What was sealed, or ``None`` if it, the key, the purpose or the associated data is another."""
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.derive(purpose)).decrypt(nonce, ciphertext, associated_data)
        except (InvalidTag, ValueError):
            return None

    def reveal(self) -> Secret:
        """The key as text, for the one place that it is kept in."""
        return Secret(base64.urlsafe_b64encode(self._key).rstrip(b"=").decode("ascii"))

    def __repr__(self) -> str:
        return "RootKey('********')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a RootKey cannot be pickled; pass the path of its file instead")


def load_root_key(path: Path | None, environ: Mapping[str, str]) -> RootKey:
    """The root key from ``REMINT_ROOT_KEY``, or else from the file at ``path``.

    The variable wins; an empty one counts as unset. The file must be a regular one that belongs to this user
    or to root and that nobody else may touch; a symbolic link may lead to it. Raises ``RootKeyError``, which
    says what would do.
    """
    text = environ.get(ROOT_KEY_VARIABLE, "").strip()
    if text:
        return parse_root_key(Secret(text), key=ROOT_KEY_VARIABLE)
    if path is None:
        raise RootKeyError(
            "no root key was given",
            key=ROOT_KEY_VARIABLE,
            expected=f"{_EXPECTED}, in the environment or in a file of mode 0600",
        )
    expected = f"the file that this installation was made with, or {ROOT_KEY_VARIABLE}"
    return parse_root_key(read_private_file(path, expected=expected), file=path)


def create_root_key(path: Path, entropy: Entropy) -> RootKey:
    """Draws a root key and writes it, durably and with mode 0600, to a file that must not exist yet.

    Raises ``RootKeyError`` if it does, or cannot be written. A new root key opens no old key ring: make one
    only where there is none.
    """
    root_key = RootKey(entropy(ROOT_KEY_BYTES))
    unique = f"{os.getpid()}-{entropy(4).hex()}"
    try:
        create_file(path, root_key.reveal().reveal().encode("ascii") + b"\n", unique)
    except FileExistsError:
        raise RootKeyError("there is a file here already", file=path) from None
    except OSError as error:
        raise RootKeyError(f"the root key cannot be written: {error.strerror}", file=path) from None
    return root_key


def parse_root_key(text: Secret, *, file: Path | None = None, key: str | None = None) -> RootKey:
    """The root key that ``text`` spells, which came from ``file`` or from the setting ``key``.

    Raises ``RootKeyError``, which says what would do.
    """
    raw = _decoded(text)
    if raw is None:
        raise RootKeyError("the root key is malformed", file=file, key=key, expected=_EXPECTED)
    if len(raw) != ROOT_KEY_BYTES:
        problem = f"the root key has {len(raw)} bytes"
        raise RootKeyError(problem, file=file, key=key, expected=_EXPECTED)
    if len(set(raw)) < _LEAST_DIFFERENT_BYTES:
        problem = "the root key is a placeholder, not random"
        raise RootKeyError(problem, file=file, key=key, expected=_EXPECTED)
    return RootKey(raw)


def _decoded(text: Secret) -> bytes | None:
    value = text.reveal().strip()
    try:
        if len(value) == 2 * ROOT_KEY_BYTES:
            return bytes.fromhex(value)
        unpadded = value.rstrip("=").translate(str.maketrans("-_", "+/"))
        return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
