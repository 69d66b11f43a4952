"""New keys, drawn from the entropy that is passed in."""

from __future__ import annotations

import base64
from collections.abc import Container
from typing import assert_never

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from remint.clock import Entropy
from remint.token.keys import Algorithm, MacKey, PrivateKey, SigningKey

# RFC 7518 §3.3 wants 2048 bits or more; each doubling makes a signature five times dearer.
RSA_BITS = 2048

# The order of the group of P-256 (SP 800-186 §3.2.1.3).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_mac_key(
    *, now_ms: int, mints_from_ms: int, entropy: Entropy, taken: Container[int] = ()
) -> MacKey:
    """A MAC key whose id is not among ``taken``."""
    key_id = 0
    while key_id == 0 or key_id in taken:
        key_id = int.from_bytes(entropy(4), "big")
    return MacKey(key_id, entropy(32), now_ms, mints_from_ms)


def new_signing_key(
    algorithm: Algorithm,
    *,
    now_ms: int,
    signs_from_ms: int,
    entropy: Entropy,
    audience: str | None = None,
) -> SigningKey:
    """A signing key with a random key id.

    ``audience`` is required for HS256 and refused elsewhere. RSA keys come from OpenSSL's own
    generator, which takes no entropy; every other key is a function of ``entropy``.
    """
    assert (algorithm == "HS256") == (audience is not None), "HS256 has an audience, no other has"
    return SigningKey(
        kid=base64.urlsafe_b64encode(entropy(12)).decode("ascii"),
        algorithm=algorithm,
        private=_private(algorithm, entropy),
        created_at_ms=now_ms,
        signs_from_ms=signs_from_ms,
        audience=audience,
    )


def _private(algorithm: Algorithm, entropy: Entropy) -> bytes:
    match algorithm:
        case "HS256":
            return entropy(32)
        case "ES256":
            # FIPS 186-5 §A.2.1: 64 bits more than the order leave no bias worth the name.
            number = int.from_bytes(entropy(40), "big") % (_P256_ORDER - 1) + 1
            return _pkcs8(ec.derive_private_key(number, ec.SECP256R1()))
        case "EdDSA":
            return _pkcs8(ed25519.Ed25519PrivateKey.from_private_bytes(entropy(32)))
        case "RS256":
            return _pkcs8(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))
        case _:
            assert_never(algorithm)


def _pkcs8(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
