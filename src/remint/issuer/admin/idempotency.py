"""Creations that may be asked for again: the same request under the same key is answered the same.

What was answered is kept for a day, credentials included, but sealed: under a key that is derived from the
caller's own bearer key and its idempotency key, of which neither is stored. So nothing in the database opens
it (I7). The header is that of draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from remint.errors import RemintError
from remint.issuer.admin.problem import Headers, Refused
from remint.issuer.admin.reply import Reply
from remint.issuer.installation import Installation
from remint.secret import Secret
from remint.store.idempotency import Kept

_KEY: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_SALT: Final = b"remint admin idempotency 1"
_NONCE_BYTES: Final = 12


class _Answered(msgspec.Struct):
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return "_Answered(…)"


class Ticket(msgspec.Struct, frozen=True):
    """One request under one idempotency key: the row's name, and what seals the answer to it."""

    sha256: bytes
    request_sha256: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Ticket(…)"


def ticket_for(bearer: Secret, key: str, request: bytes) -> Ticket:
    """The ticket of ``request`` (all of it that counts). Raises ``Refused`` for a key that will not do.

    The request is hashed under a key too: it may hold a password, which a bare hash would give to guessing.
    """
    if _KEY.fullmatch(key) is None:
        raise Refused(
            "invalid_value",
            "that is no idempotency key",
            field="Idempotency-Key",
            expected="1 to 255 printable characters, such as a UUID",
        )
    shown = bearer.reveal().encode()
    material = len(shown).to_bytes(4, "big") + shown + key.encode()
    derived = HKDF(SHA256(), 96, _SALT, b"").derive(material)
    mac = HMAC(derived[32:64], SHA256())
    mac.update(request)
    return Ticket(derived[:32], mac.finalize(), derived[64:])


class Once:
    """Answers a request under a key once, and the same way ever after. Safe to use from many threads."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._under_way: set[bytes] = set()
        self._lock = threading.Lock()

    def answer(self, ticket: Ticket, perform: Callable[[], Reply]) -> Reply:
        """What was answered before, or what ``perform`` answers, in one transaction with the note of it.

        Raises ``Refused`` where the key belongs to another request, or the same one is under way, and
        whatever ``perform`` raises: then nothing was done, and nothing is kept.
        """
        with self._lock:
            if ticket.sha256 in self._under_way:
                raise Refused(
                    "in_progress",
                    "a request under this idempotency key is being answered",
                    field="Idempotency-Key",
                    headers={"Retry-After": "1"},
                )
            self._under_way.add(ticket.sha256)
        try:
            return self._found(ticket) or self._perform(ticket, perform)
        finally:
            with self._lock:
                self._under_way.discard(ticket.sha256)

    def _perform(self, ticket: Ticket, perform: Callable[[], Reply]) -> Reply:
        try:
            with self._installation.database.together():
                reply = perform()
                self._installation.idempotency.put(ticket.sha256, self._sealed(ticket, reply))
        except RemintError:
            # Another process may have been quicker: then this one left nothing, and tells what that one did.
            found = self._found(ticket)
            if found is None:
                raise
            return found
        return reply

    def _found(self, ticket: Ticket) -> Reply | None:
        kept = self._installation.idempotency.find(ticket.sha256)
        return None if kept is None else _again(ticket, kept)

    def _sealed(self, ticket: Ticket, reply: Reply) -> Kept:
        nonce = self._installation.entropy(_NONCE_BYTES)
        answered = msgspec.json.encode(_Answered(reply.headers, reply.body))
        sealed = AESGCM(ticket.key).encrypt(nonce, answered, _bound(ticket, reply.status))
        return Kept(ticket.request_sha256, reply.status, nonce + sealed)


def _again(ticket: Ticket, kept: Kept) -> Reply:
    if kept.request_sha256 != ticket.request_sha256:
        raise Refused(
            "key_reused",
            "another request was made under this idempotency key",
            field="Idempotency-Key",
            expected="a new key for a new request",
        )
    nonce, sealed = kept.sealed[:_NONCE_BYTES], kept.sealed[_NONCE_BYTES:]
    opened = AESGCM(ticket.key).decrypt(nonce, sealed, _bound(ticket, kept.status))
    answered = msgspec.json.decode(opened, type=_Answered)
    return Reply(kept.status, {**answered.headers, "Idempotent-Replayed": "true"}, answered.body)


def _bound(ticket: Ticket, status: int) -> bytes:
    return ticket.sha256 + ticket.request_sha256 + status.to_bytes(2, "big")
