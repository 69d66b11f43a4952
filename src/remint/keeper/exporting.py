"""Connections in a file, to be moved or kept: sealed under a passphrase, or plain.

The file is lines. The first is a JSON object that says what it is. In a sealed one each line after it is a
chunk of connections by AES-256-GCM under a key that scrypt makes of the passphrase (RFC 7914); the nonce
counts the chunks and marks the last, and the first line is bound to each, so that nothing can be changed,
left out, put elsewhere or cut off. In a plain one each line is a connection, and the last says how many there
are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import IO, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remint.clock import Entropy
from remint.errors import ConfigurationError
from remint.keeper.connection import Held, Setup, State, Tokens, Trouble
from remint.secret import Secret
from remint.token.passphrase import COST, derived_key, is_cost, new_salt

FORM: Final = 1
_CHUNK: Final = 100
_LONGEST_LINE: Final = 64 * 2**20
_LAST: Final = 1

_T = TypeVar("_T")


class Exported(msgspec.Struct, frozen=True):
    """One connection in a file: what a store holds of it, without what belongs to that store alone."""

    name: str
    setup: Setup
    tokens: Tokens
    state: State = "fresh"
    created_at_ms: int = 0
    renewed_at_ms: int = 0
    renewals: int = 0
    renew_at_ms: int | None = None
    trouble: Trouble | None = None

    def __repr__(self) -> str:
        return f"Exported(name={self.name!r}, …)"


class Head(msgspec.Struct, frozen=True):
    """The first line: whether the file is sealed, and the cost and salt of its key."""

    remint_export: int
    sealed: bool
    cost: int = 0
    salt: str = ""


class _End(msgspec.Struct, frozen=True):
    connections: int


def exported(held: Held) -> Exported:
    """A connection, to be written."""
    return Exported(
        name=held.name,
        setup=held.setup,
        tokens=held.tokens,
        state=held.state,
        created_at_ms=held.created_at_ms,
        renewed_at_ms=held.renewed_at_ms,
        renewals=held.renewals,
        renew_at_ms=held.renew_at_ms,
        trouble=held.trouble,
    )


def imported(record: Exported, entropy: Entropy) -> Held:
    """A connection, to be kept in another store.

    What was in doubt there is fresh here: the next renewal tells, with the token that was exported.
    """
    return Held(
        id=entropy(16).hex(),
        name=record.name,
        setup=record.setup,
        tokens=record.tokens,
        state="dead" if record.state == "dead" else "fresh",
        created_at_ms=record.created_at_ms,
        renewed_at_ms=record.renewed_at_ms,
        renewals=record.renewals,
        renew_at_ms=record.renew_at_ms,
        trouble=record.trouble,
    )


def write_export(
    file: IO[bytes], records: Iterable[Exported], passphrase: Secret | None, entropy: Entropy
) -> int:
    """Writes ``records``, sealed if there is a passphrase. How many there were."""
    count = 0
    if passphrase is None:
        file.write(msgspec.json.encode(Head(FORM, sealed=False)) + b"\n")
        for record in records:
            file.write(msgspec.json.encode(record) + b"\n")
            count += 1
        file.write(msgspec.json.encode(_End(count)) + b"\n")
        return count
    salt = new_salt(entropy)
    first = msgspec.json.encode(Head(FORM, sealed=True, cost=COST, salt=salt))
    file.write(first + b"\n")
    cipher = AESGCM(derived_key(passphrase, COST, salt))
    number = 0
    for chunk in _chunks(records):
        sealed = cipher.encrypt(_nonce(number, 0), msgspec.json.encode(chunk), first)
        file.write(base64.b64encode(sealed) + b"\n")
        count += len(chunk)
        number += 1
    sealed = cipher.encrypt(_nonce(number, _LAST), msgspec.json.encode(_End(count)), first)
    file.write(base64.b64encode(sealed) + b"\n")
    return count


def head_of(first: bytes) -> Head | None:
    """What the first line of a file says; ``None`` where it is the first of another kind of file."""
    try:
        return msgspec.json.decode(first, type=Head)
    except msgspec.MsgspecError:
        return None


def read_export(file: IO[bytes], where: object, passphrase: Secret | None) -> Iterator[Exported]:
    """The connections of a file, one after the other; ``where`` it is, for errors.

    Raises ``ConfigurationError`` where it is no such file, the passphrase is another, or it was changed or
    cut off. What has been given by then was in the file: whoever wants all or nothing reads it twice.
    """
    first = file.readline(_LONGEST_LINE).rstrip(b"\n")
    head = head_of(first)
    if head is None or head.remint_export != FORM:
        raise _bad(where, "is no export of this release", "what `remint export` wrote")
    lines = (
        _plain(file, where) if not head.sealed else _sealed(file, where, first, head, passphrase)
    )
    count = 0
    for found in lines:
        if isinstance(found, _End):
            if found.connections == count and not file.read(1):
                return
            break
        count += len(found)
        yield from found
    raise _bad(where, "is not all of an export", "the whole file")


def _plain(file: IO[bytes], where: object) -> Iterator[list[Exported] | _End]:
    while line := file.readline(_LONGEST_LINE):
        try:
            yield [msgspec.json.decode(line, type=Exported)]
        except msgspec.MsgspecError:
            yield _decoded(line, _End, where)


def _sealed(
    file: IO[bytes], where: object, first: bytes, head: Head, passphrase: Secret | None
) -> Iterator[list[Exported] | _End]:
    if passphrase is None or not is_cost(head.cost):
        raise _bad(where, "is sealed", "its passphrase")
    cipher = AESGCM(derived_key(passphrase, head.cost, head.salt))
    number = 0
    while line := file.readline(_LONGEST_LINE):
        for mark in (0, _LAST):
            text = _unsealed(cipher, line, number, mark, first)
            if text is not None:
                break
        else:
            why = "cannot be unsealed" if number == 0 else "was changed"
            raise _bad(
                where, why, "the passphrase that it was sealed under, and the file as it was"
            )
        yield _decoded(text, _End, where) if mark else _decoded(text, list[Exported], where)
        number += 1


def _unsealed(cipher: AESGCM, line: bytes, number: int, mark: int, first: bytes) -> bytes | None:
    try:
        return cipher.decrypt(_nonce(number, mark), base64.b64decode(line), first)
    except (InvalidTag, ValueError, binascii.Error):
        return None


def _decoded(text: bytes, kind: type[_T], where: object) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        # Its own words could quote a token.
        raise _bad(where, "has a line that is no connection", "the file as it was") from None


def _chunks(records: Iterable[Exported]) -> Iterator[list[Exported]]:
    chunk: list[Exported] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _nonce(number: int, mark: int) -> bytes:
    return number.to_bytes(11, "big") + bytes([mark])


def _bad(where: object, message: str, expected: str) -> ConfigurationError:
    return ConfigurationError(message, file=str(where), expected=expected)
