"""Signs assertions (RFC 7515); loaded only for a dialect that has one, since cryptography is heavy."""

from __future__ import annotations

import base64
import hmac
from typing import Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from remint.errors import ConfigurationError

_KEYS: Final = {
    "ES256": "a private key for P-256, in PEM",
    "RS256": "an RSA private key, in PEM",
    "EdDSA": "an Ed25519 private key, in PEM",
}


def make_assertion(algorithm: str, key: str, key_id: str, claims: dict[str, Any]) -> str:
    """A JWS in the compact serialization (RFC 7515 §7.1).

    Raises ``ConfigurationError`` where ``key`` is none for ``algorithm``; the error does not hold it.
    """
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": key_id} if key_id else {})
    signed = (
        _base64url(msgspec.json.encode(header)) + b"." + _base64url(msgspec.json.encode(claims))
    )
    return (signed + b"." + _base64url(_sign(algorithm, key, signed))).decode()


def sample_key(algorithm: str) -> str:
    """A new private key for ``algorithm``, in PEM, for a trial."""
    made: PrivateKeyTypes
    if algorithm == "RS256":
        made = generate_private_key(65_537, 2048)
    else:
        made = Ed25519PrivateKey.generate() if algorithm == "EdDSA" else new_ec_key(SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _sign(algorithm: str, key: str, signed: bytes) -> bytes:
    if algorithm == "HS256":
        return hmac.digest(key.encode(), signed, "sha256")
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unfit(algorithm) from None
    if algorithm == "RS256" and isinstance(private, RSAPrivateKey):
        return private.sign(signed, PKCS1v15(), SHA256())
    if algorithm == "EdDSA" and isinstance(private, Ed25519PrivateKey):
        return private.sign(signed)
    if (
        algorithm == "ES256"
        and isinstance(private, EllipticCurvePrivateKey)
        and isinstance(private.curve, SECP256R1)
    ):
        # RFC 7518 §3.4 wants the two numbers side by side, not OpenSSL's DER.
        r, s = decode_dss_signature(private.sign(signed, ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
    raise _unfit(algorithm)


def _unfit(algorithm: str) -> ConfigurationError:
    return ConfigurationError(
        f"cannot sign with {algorithm}", key="private_key", expected=_KEYS[algorithm]
    )


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
