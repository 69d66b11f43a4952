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
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from remint.dialect.signature import encoded
from remint.errors import ConfigurationError

_DIGESTS: Final[dict[str, HashAlgorithm]] = {
    "sha1": SHA1(),  # noqa: S303
    "sha256": SHA256(),
    "sha384": SHA384(),
    "sha512": SHA512(),
}
_CURVES: Final[dict[str, type[EllipticCurve]]] = {
    "ES256": SECP256R1,
    "ES384": SECP384R1,
    "ES512": SECP521R1,
}
_CURVE_NAMES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def make_assertion(
    algorithm: str, key: str, key_id: str, claims: dict[str, Any], headers: dict[str, Any]
) -> str:
    """A JWS in the compact serialization (RFC 7515 §7.1).

    Raises ``ConfigurationError`` where ``key`` is none for ``algorithm``; the error does not hold it.
    """
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": key_id} if key_id else {}) | headers
    signed = (
        _base64url(msgspec.json.encode(header)) + b"." + _base64url(msgspec.json.encode(claims))
    )
    return (signed + b"." + _base64url(_sign(algorithm, key, signed))).decode()


def sign_text(algorithm: str, key: str, text: str, encoding: str) -> str:
    """The signature of ``text`` by a private key, as providers that use no JWT want it.

    Raises ``ConfigurationError`` where ``key`` is none for ``algorithm``; the error does not hold it.
    """
    private, over = _loaded(algorithm, key), text.encode()
    kind, _, digest = algorithm.partition("-")
    if kind == "rsa" and isinstance(private, RSAPrivateKey):
        return encoded(private.sign(over, PKCS1v15(), _DIGESTS[digest]), encoding)
    if kind == "ecdsa" and isinstance(private, EllipticCurvePrivateKey):
        return encoded(private.sign(over, ECDSA(SHA256())), encoding)
    if kind == "ed25519" and isinstance(private, Ed25519PrivateKey):
        return encoded(private.sign(over), encoding)
    raise _unfit(algorithm)


def sample_key(algorithm: str) -> str:
    """A new private key for ``algorithm``, in PEM, for a trial."""
    made: PrivateKeyTypes
    if _kind(algorithm) == "RSA":
        made = generate_private_key(65_537, 2048)
    elif _kind(algorithm) == "Ed25519":
        made = Ed25519PrivateKey.generate()
    else:
        made = new_ec_key(_CURVES.get(algorithm, SECP256R1)())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _kind(algorithm: str) -> str:
    """The kind of key that ``algorithm`` takes."""
    if algorithm[:2] in ("RS", "PS", "rs"):
        return "RSA"
    return "Ed25519" if algorithm in ("EdDSA", "ed25519") else "EC"


def _loaded(algorithm: str, key: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(_armoured(key).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unfit(algorithm) from None


def _armoured(key: str) -> str:
    """A key that is only the Base64 of its DER, as many consoles hand it out, with lines around it."""
    if "-----" in key:
        return key
    return f"-----BEGIN PRIVATE KEY-----\n{key.strip()}\n-----END PRIVATE KEY-----\n"


def _sign(algorithm: str, key: str, signed: bytes) -> bytes:
    size = algorithm[2:]
    if algorithm.startswith("HS"):
        return hmac.digest(key.encode(), signed, f"sha{size}")
    private = _loaded(algorithm, key)
    if algorithm == "EdDSA" and isinstance(private, Ed25519PrivateKey):
        return private.sign(signed)
    if algorithm.startswith("RS") and isinstance(private, RSAPrivateKey):
        return private.sign(signed, PKCS1v15(), _DIGESTS[f"sha{size}"])
    if algorithm.startswith("PS") and isinstance(private, RSAPrivateKey):
        digest = _DIGESTS[f"sha{size}"]
        return private.sign(signed, PSS(MGF1(digest), PSS.DIGEST_LENGTH), digest)
    curve = _CURVES.get(algorithm)
    if (
        curve is not None
        and isinstance(private, EllipticCurvePrivateKey)
        and isinstance(private.curve, curve)
    ):
        # RFC 7518 §3.4 wants the two numbers side by side, not OpenSSL's DER.
        r, s = decode_dss_signature(private.sign(signed, ECDSA(_DIGESTS[f"sha{size}"])))
        length = (private.curve.key_size + 7) // 8
        return r.to_bytes(length) + s.to_bytes(length)
    raise _unfit(algorithm)


def _unfit(algorithm: str) -> ConfigurationError:
    kind = _kind(algorithm)
    curve = f" for {_CURVE_NAMES.get(algorithm, 'an elliptic curve')}" if kind == "EC" else ""
    return ConfigurationError(
        f"cannot sign with {algorithm}",
        key="private_key",
        expected=f"a private key{curve}, in PEM" if curve else f"an {kind} private key, in PEM",
    )


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
