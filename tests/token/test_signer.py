"""The signature of a JWS, down to its bytes."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from remint.token.keygen import new_signing_key
from remint.token.keys import Family
from remint.token.signer import JwsSigner, base64url, raw_signature
from remint.token.signers import Signers

# Of 256 bits at most, and of every length below: short ones are rare among real signatures, not impossible.
COORDINATES = st.integers(1, 32).flatmap(lambda size: st.integers(1, 256**size - 1))


@given(COORDINATES, COORDINATES)
def test_der_becomes_64_bytes(r, s):
    """Each half is padded to, or freed of its sign byte down to, 32 bytes (RFC 7518 §3.4)."""
    assert raw_signature(encode_dss_signature(r, s)) == r.to_bytes(32, "big") + s.to_bytes(
        32, "big"
    )


@pytest.mark.parametrize(
    "r", [1, 127, 128, 2**247, 2**248 - 1, 2**248, 2**255 - 1, 2**255, 2**256 - 1]
)
@pytest.mark.parametrize("s", [1, 128, 2**248 - 1, 2**255 - 1, 2**255])
def test_der_at_its_edges(r, s):
    """Where an integer gains or loses a byte."""
    assert raw_signature(encode_dss_signature(r, s)) == r.to_bytes(32, "big") + s.to_bytes(
        32, "big"
    )


@given(st.binary(max_size=200))
def test_base64url_is_that_of_rfc_7515(data):
    """URL-safe alphabet, no padding."""
    assert base64url(data) == base64.urlsafe_b64encode(data).rstrip(b"=")


def test_the_header_says_what_it_must(make_key):
    """``alg``, ``typ`` and ``kid``; the payload travels as it was given."""
    key = make_key("EdDSA")
    header, payload, _ = JwsSigner(key, "at+jwt").sign(b'{"x": 1}').split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {
        "alg": "EdDSA",
        "typ": "at+jwt",
        "kid": key.kid,
    }
    assert base64.urlsafe_b64decode(payload + "==") == b'{"x": 1}'


def test_deterministic_algorithms_sign_alike(make_key):
    """EdDSA, RS256 and HS256 sign the same payload the same; ES256 draws anew each time."""
    for key in (make_key("EdDSA"), make_key("RS256"), make_key("HS256", "api")):
        assert JwsSigner(key, "JWT").sign(b"{}") == JwsSigner(key, "JWT").sign(b"{}")
    es256 = JwsSigner(make_key("ES256"), "JWT")
    assert es256.sign(b"{}") != es256.sign(b"{}")


def test_keys_come_from_the_entropy_given():
    """The same bytes make the same key, but for RSA."""
    cases: list[Family] = [("ES256", None), ("EdDSA", None), ("HS256", "api")]
    for algorithm, audience in cases:
        one, two, other = (
            new_signing_key(
                algorithm,
                now_ms=0,
                signs_from_ms=0,
                audience=audience,
                entropy=lambda size, b=byte: bytes([b]) * size,
            )
            for byte in (1, 1, 2)
        )
        assert one == two
        assert one.private != other.private


def test_an_hs256_key_needs_an_audience_and_no_other_has_one(entropy):
    """Anything else is a programmer's mistake."""
    cases: list[Family] = [("HS256", None), ("ES256", "api")]
    for algorithm, audience in cases:
        with pytest.raises(AssertionError):
            new_signing_key(
                algorithm, now_ms=0, signs_from_ms=0, entropy=entropy, audience=audience
            )


def test_signers_are_compiled_once(make_key):
    """The same key gives the same signer, one for each kind of token."""
    signers, key, other = Signers(), make_key("ES256"), make_key("EdDSA")
    assert signers.access(key) is signers.access(key)
    assert signers.identity(key) is signers.identity(key)
    assert signers.access(key) is not signers.access(other)
