"""A stream of bytes sealed under a passphrase, of any length, in little memory.

The first line is JSON and says what it is, with the cost and the salt of its key. Frames follow: four bytes
of length, and up to a mebibyte by AES-256-GCM. The nonce counts the frames and marks the last, and the first
line is bound to each, so that nothing can be changed, left out, put elsewhere or cut off.
"""

from __future__ import annotations

from typing import IO, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remint.clock import Entropy
from remint.errors import ConfigurationError
from remint.secret import Secret
from remint.token.passphrase import COST, derived_key, is_cost, new_salt

_FORM: Final = 1
_FRAME: Final = 1 << 20
_TAG: Final = 16
_LONGEST_LINE: Final = 1_000
_LENGTH: Final = 4


class _Head(msgspec.Struct, frozen=True):
    remint_backup: int
    cost: int
    salt: str


class SealedWriter:
    """Seals what is written into ``file``. It is whole only after ``finish``."""

    def __init__(self, file: IO[bytes], passphrase: Secret, entropy: Entropy) -> None:
        self._file = file
        head = _Head(_FORM, COST, new_salt(entropy))
        self._first = msgspec.json.encode(head)
        self._cipher = AESGCM(derived_key(passphrase, head.cost, head.salt))
        self._number = 0
        self._waiting = bytearray()
        file.write(self._first + b"\n")

    def write(self, data: bytes) -> int:
        """Takes all of ``data``. Raises ``OSError``."""
        self._waiting += data
        while len(self._waiting) > _FRAME:
            self._seal(bytes(self._waiting[:_FRAME]), is_last=False)
            del self._waiting[:_FRAME]
        return len(data)

    def finish(self) -> None:
        """Writes what is left, marked as the last. Raises ``OSError``."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), plain, self._first)
        self._file.write(len(sealed).to_bytes(_LENGTH, "big") + sealed)
        self._number += 1


class SealedReader:
    """What ``SealedWriter`` wrote; ``where`` it is, for errors.

    Raises ``ConfigurationError`` where it is something else, the passphrase is another, or it was changed or
    cut off; what was read before that is as it was written.
    """

    def __init__(self, file: IO[bytes], where: object, passphrase: Secret) -> None:
        self._file = file
        self._where = where
        self._first = file.readline(_LONGEST_LINE).rstrip(b"\n")
        try:
            head = msgspec.json.decode(self._first, type=_Head)
        except msgspec.MsgspecError:
            head = _Head(0, 0, "")
        if head.remint_backup != _FORM or not is_cost(head.cost):
            raise self._bad("is no backup of this release", "what `remint backup` wrote")
        self._cipher = AESGCM(derived_key(passphrase, head.cost, head.salt))
        self._number = 0
        self._ready = bytearray()
        self._is_over = False

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end."""
        while len(self._ready) < size and not self._is_over:
            self._ready += self._frame()
        found = bytes(self._ready[:size])
        del self._ready[:size]
        return found

    def drain(self) -> None:
        """Reads to the end, to see that it is there."""
        while self.read(_FRAME):
            pass

    def _frame(self) -> bytes:
        length = int.from_bytes(self._file.read(_LENGTH), "big")
        sealed = self._file.read(length) if _TAG <= length <= _FRAME + _TAG else b""
        if len(sealed) != length or not sealed:
            raise self._bad("is not all of a backup", "the whole file")
        for is_last in (False, True):
            try:
                plain = self._cipher.decrypt(
                    _nonce(self._number, is_last=is_last), sealed, self._first
                )
            except InvalidTag:
                continue
            self._number += 1
            self._is_over = is_last
            return plain
        why = "was changed" if self._number else "cannot be unsealed"
        raise self._bad(why, "the passphrase that it was sealed under, and the file as it was")

    def _bad(self, message: str, expected: str) -> ConfigurationError:
        return ConfigurationError(message, file=str(self._where), expected=expected)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
