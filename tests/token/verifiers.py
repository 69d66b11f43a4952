"""Two libraries that are not ours, as resource servers and clients use them."""

from __future__ import annotations

import warnings
from typing import Any

import jwt
from joserfc import jwk as jose_jwk
from joserfc import jwt as jose_jwt
from joserfc.jwk import OctKey

from remint.token.jwks import public_jwk
from remint.token.keys import SigningKey


def read_by_pyjwt(token: str, key: SigningKey, audience: str) -> dict[str, Any]:
    """The claims, verified by PyJWT against the published key (HS256: the shared one)."""
    verifier = key.private if key.is_symmetric else jwt.PyJWK(public_jwk(key))
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        token, verifier, [key.algorithm], options, audience=audience
    )
    return claims


def read_by_joserfc(token: str, key: SigningKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, verified by joserfc against the published key (HS256: the shared one)."""
    with warnings.catch_warnings():
        # It deprecates the name EdDSA in favour of Ed25519 (RFC 9864), which few verifiers know yet.
        warnings.simplefilter("ignore")
        if key.is_symmetric:
            found = jose_jwt.decode(token, OctKey.import_key(key.private), ["HS256"])
        else:
            verifier = jose_jwk.import_key(public_jwk(key))
            found = jose_jwt.decode(token, verifier, [key.algorithm])
    return found.header, found.claims
