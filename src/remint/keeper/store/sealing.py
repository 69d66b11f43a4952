"""What of a connection is sealed, and how it is written inside the seal."""

from __future__ import annotations

import logging
from typing import Final, TypeVar

import msgspec

from remint.errors import StoreError, VaultError
from remint.keeper.connection import Answer, Setup, Tokens, Trouble
from remint.keeper.store.vault import Vault

_log: Final = logging.getLogger("remint.keeper")

_T = TypeVar("_T")


class Payload(msgspec.Struct, frozen=True):
    """The secret part of a connection."""

    setup: Setup
    tokens: Tokens


_encode = msgspec.msgpack.Encoder().encode
_payload = msgspec.msgpack.Decoder(Payload)
_trouble = msgspec.msgpack.Decoder(Trouble)
_answer = msgspec.msgpack.Decoder(Answer)


def seal_payload(
    vault: Vault, id_: str, name: str, version: int, setup: Setup, tokens: Tokens
) -> bytes:
    """Setup and tokens, bound to the connection and its version."""
    return vault.seal("connection", id_, name, version, _encode(Payload(setup, tokens)))


def unseal_payload(vault: Vault, id_: str, name: str, version: int, sealed: bytes) -> Payload:
    """The opposite. Raises ``VaultError``."""
    return _decoded(_payload, vault.unseal("connection", id_, name, version, sealed), name)


def seal_trouble(vault: Vault, id_: str, name: str, version: int, trouble: Trouble) -> bytes:
    """Why a renewal brought nothing: a provider's words may repeat what it was sent."""
    return vault.seal("trouble", id_, name, version, _encode(trouble))


def unseal_trouble(vault: Vault, id_: str, name: str, version: int, sealed: bytes) -> Trouble:
    """The opposite. Raises ``VaultError``."""
    return _decoded(_trouble, vault.unseal("trouble", id_, name, version, sealed), name)


def seal_answer(vault: Vault, id_: str, answer: Answer, key: int) -> bytes:
    """A raw answer, bound to the connection and the fence; under the key that its room was made for."""
    return vault.seal("answer", id_, "", answer.fence, _encode(answer), key=key)


def unseal_answer(vault: Vault, id_: str, fence: int, sealed: bytes) -> Answer | None:
    """The opposite; ``None``, with a warning, where it was torn by a crash or changed."""
    try:
        plaintext = vault.unseal("answer", id_, "", fence, sealed)
    except VaultError:
        _log.warning("an answer of connection %s (fence %d) cannot be read", id_, fence)
        return None
    return _decoded(_answer, plaintext, id_)


def _decoded(decoder: msgspec.msgpack.Decoder[_T], plaintext: bytes, name: str) -> _T:
    try:
        return decoder.decode(plaintext)
    except msgspec.MsgspecError:
        # Its text could quote what it met.
        raise StoreError(f"{name}: what is kept cannot be read by this release") from None
