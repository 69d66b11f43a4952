"""The JWKS document: the public halves of the keys whose tokens may be alive (RFC 7517 §5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from remint.token.keys import SigningKey

_KINDS: dict[str, type[ECKey | RSAKey | OKPKey]] = {
    "ES256": ECKey,
    "RS256": RSAKey,
    "EdDSA": OKPKey,
}


def public_jwk(key: SigningKey) -> dict[str, Any]:
    """The public half of an asymmetric key, with ``kid``, ``use`` and ``alg`` (RFC 7517 §4)."""
    public = key.private_key().public_key()
    jwk = _KINDS[key.algorithm].import_key(public).as_dict(private=False)  # type: ignore[arg-type]
    return {**jwk, "kid": key.kid, "use": "sig", "alg": key.algorithm}


def jwks_document(keys: Iterable[SigningKey], now_ms: int) -> dict[str, Any]:
    """``{"keys": [...]}``: those that sign now, then those that will, then those that did.

    A key is published as soon as it exists, so that verifiers have it before its first token. HS256 keys are
    never in it. The order helps the verifiers that look at the first key only.
    """

    def rank(key: SigningKey) -> tuple[int, int]:
        turn = 2 if key.is_retired(now_ms) else 1 if key.signs_from_ms > now_ms else 0
        return (turn, -key.signs_from_ms)

    living = [key for key in keys if not key.is_symmetric and not key.is_forgotten(now_ms)]
    return {"keys": [public_jwk(key) for key in sorted(living, key=rank)]}
