"""ID tokens (OpenID Connect Core 1.0)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from remint.token.claims import encode, encode_with_extras
from remint.token.keys import Algorithm, SigningKey
from remint.token.signer import JwsSigner, base64url


class IdentitySigner(JwsSigner):
    """Signs ID tokens with one key, which must be asymmetric."""

    __slots__ = ()

    def __init__(self, key: SigningKey) -> None:
        assert not key.is_symmetric, (
            "clients verify ID tokens with the JWKS; see identity_algorithm()"
        )
        super().__init__(key, "JWT")


class _Claims(msgspec.Struct, omit_defaults=True, gc=False):
    """The claims of OpenID Connect Core §2, in the order in which they are written."""

    iss: str
    sub: str
    aud: str
    iat: int
    exp: int
    auth_time: int
    at_hash: str
    nonce: str = ""


def identity_algorithm(access_algorithm: Algorithm) -> Algorithm:
    """The algorithm of the ID tokens of an app whose access tokens have ``access_algorithm``."""
    return "ES256" if access_algorithm == "HS256" else access_algorithm


def id_token(
    signer: IdentitySigner,
    *,
    issuer: str,
    subject: str,
    client_id: str,
    issued_at: int,
    expires_at: int,
    auth_time: int,
    access_token: str,
    nonce: str = "",
    extras: Mapping[str, Any] | None = None,
) -> str:
    """A signed ID token for the access token that it travels with (OpenID Connect Core §2).

    Times are seconds since the epoch. On a renewal (§12.2) ``auth_time`` stays that of the first
    authentication and ``nonce`` is left out. ``extras`` are claims about the subject: any that is named
    like a claim of the protocol is ignored.
    """
    at_hash = access_token_hash(access_token, signer.algorithm)
    claims = _Claims(issuer, subject, client_id, issued_at, expires_at, auth_time, at_hash, nonce)
    if extras:
        return signer.sign(encode_with_extras(claims, extras))
    return signer.sign(encode(claims))


def access_token_hash(access_token: str, algorithm: Algorithm) -> str:
    """``at_hash``: the left half of a hash of the access token (OpenID Connect Core §3.1.3.6).

    The hash is the one in the ID token's own algorithm, which for EdDSA with Ed25519 is SHA-512.
    """
    name = "sha512" if algorithm == "EdDSA" else "sha256"
    digest = hashlib.new(name, access_token.encode("ascii")).digest()
    return base64url(digest[: len(digest) // 2]).decode("ascii")
