"""JWS signing, compiled: all that does not depend on the claims is done once per key (RFC 7515)."""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from remint.token.keys import SigningKey

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_SHA256 = SHA256()
_ECDSA_SHA256 = ECDSA(_SHA256)
_PKCS1V15 = PKCS1v15()


class JwsSigner:
    """Signs payloads with one key, under one ``typ``, in the compact serialization (RFC 7515 §7.1)."""

    __slots__ = ("_prefix", "_sign", "algorithm", "kid")

    def __init__(self, key: SigningKey, typ: str) -> None:
        self.kid = key.kid
        self.algorithm = key.algorithm
        header = msgspec.json.encode({"alg": key.algorithm, "typ": typ, "kid": key.kid})
        self._prefix = base64url(header) + b"."
        self._sign = _signature_of(key)

    def sign(self, payload: bytes) -> str:
        """``header.payload.signature`` for a payload that is the JSON of a claims set."""
        # base64url() is written out here, twice: on this path a call costs 2 % of a signature.
        signed = self._prefix + b2a_base64(payload, newline=False).rstrip(b"=").translate(_URL_SAFE)
        signature = b2a_base64(self._sign(signed), newline=False).rstrip(b"=").translate(_URL_SAFE)
        return (signed + b"." + signature).decode()


def base64url(data: bytes) -> bytes:
    """base64url without padding (RFC 7515 §2)."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_URL_SAFE)


def raw_signature(der: bytes) -> bytes:
    """The 64 bytes r ‖ s of RFC 7518 §3.4, from OpenSSL's DER.

    The DER is ``30 len 02 len r 02 len s``, with each length in one byte, because 72 bytes are the most that
    P-256 takes. An integer is 33 bytes long when a zero keeps it positive, and under 32 when it starts
    with zeros.
    """
    r_end = 4 + der[3]
    if r_end == 36 and der[37] == 32:
        return der[4:36] + der[38:]
    return der[4:r_end][-32:].rjust(32, b"\0") + der[r_end + 2 :][-32:].rjust(32, b"\0")


def _signature_of(key: SigningKey) -> Callable[[bytes], bytes]:
    if key.is_symmetric:
        secret = key.private
        return lambda data: hmac.digest(secret, data, "sha256")
    private = key.private_key()
    if isinstance(private, EllipticCurvePrivateKey):
        sign_ec = private.sign
        return lambda data: raw_signature(sign_ec(data, _ECDSA_SHA256))
    if isinstance(private, RSAPrivateKey):
        sign_rsa = private.sign
        return lambda data: sign_rsa(data, _PKCS1V15, _SHA256)
    return private.sign
