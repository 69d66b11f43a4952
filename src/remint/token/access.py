"""Access tokens: JWTs of RFC 9068."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from remint.token.claims import encode, encode_with_extras
from remint.token.keys import SigningKey
from remint.token.signer import JwsSigner


class AccessSigner(JwsSigner):
    """Signs access tokens with one key. Make it once per key and keep it: see :class:`Signers`."""

    __slots__ = ()

    def __init__(self, key: SigningKey) -> None:
        # RFC 9068 §2.1: the type keeps access tokens from being taken for ID tokens.
        super().__init__(key, "at+jwt")


class _Claims(msgspec.Struct, omit_defaults=True, gc=False):
    """The claims of RFC 9068 §2.2, in the order in which they are written."""

    iss: str
    sub: str
    client_id: str
    aud: str | tuple[str, ...]
    iat: int
    exp: int
    jti: str
    scope: str = ""


def access_token(
    signer: AccessSigner,
    *,
    issuer: str,
    subject: str,
    client_id: str,
    audience: str | tuple[str, ...],
    scope: str,
    issued_at: int,
    expires_at: int,
    token_id: str,
    extras: Mapping[str, Any] | None = None,
) -> str:
    """A signed access token (RFC 9068 §2).

    Times are seconds since the epoch. ``scope`` is the space-separated list; an empty one leaves the claim
    out. ``extras`` are claims of the app's own: any that is named like a claim above is ignored.
    """
    claims = _Claims(issuer, subject, client_id, audience, issued_at, expires_at, token_id, scope)
    if extras:
        return signer.sign(encode_with_extras(claims, extras))
    return signer.sign(encode(claims))
