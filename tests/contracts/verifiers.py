"""Two libraries that are not ours, reading tokens as a resource server does: through the published JWKS."""

from __future__ import annotations

import warnings
from typing import Any

import jwt
from joserfc import jwt as jose_jwt
from joserfc.jwk import KeySet

from tests.contracts.wire import Wire

JWKS = "/.well-known/jwks.json"


def published(wire: Wire) -> dict[str, Any]:
    """The JWKS document."""
    answer = wire.get(JWKS)
    assert answer.status == 200
    document: dict[str, Any] = answer.json
    return document


def read(wire: Wire, token: str, audience: str) -> dict[str, Any]:
    """The claims of a JWT, which PyJWT and joserfc both verify and agree about."""
    document = published(wire)
    header = jwt.get_unverified_header(token)
    [key] = [key for key in document["keys"] if key["kid"] == header["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(key), [header["alg"]], audience=audience, leeway=5
    )
    assert read_by_joserfc(document, token) == claims
    return claims


def read_by_joserfc(document: dict[str, Any], token: str) -> dict[str, Any]:
    """The claims as joserfc has them."""
    with warnings.catch_warnings():
        # It deprecates the name EdDSA in favour of Ed25519 (RFC 9864), which few verifiers know yet.
        warnings.simplefilter("ignore")
        keys = KeySet.import_key_set(document)  # type: ignore[arg-type]
        found = jose_jwt.decode(token, keys, ["ES256", "RS256", "EdDSA"])
    return found.claims
