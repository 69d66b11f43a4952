"""ID tokens, as clients read them (OpenID Connect Core §2, §3.1.3.6, §12.2)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from remint.token.identity import (
    IdentitySigner,
    access_token_hash,
    id_token,
    identity_algorithm,
)
from tests.token.verifiers import read_by_joserfc, read_by_pyjwt

CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.example",
    "sub": "user-1",
    "aud": "app-1",
    "iat": 1_800_000_000,
    "exp": 1_800_003_600,
    "auth_time": 1_700_000_000,
}
ACCESS_TOKEN = "eyJ.eyJ.sig"  # any ASCII will do


def issue(key, **changes) -> str:
    arguments: dict[str, Any] = {
        "issuer": CLAIMS["iss"],
        "subject": CLAIMS["sub"],
        "client_id": CLAIMS["aud"],
        "issued_at": CLAIMS["iat"],
        "expires_at": CLAIMS["exp"],
        "auth_time": CLAIMS["auth_time"],
        "access_token": ACCESS_TOKEN,
    }
    return id_token(IdentitySigner(key), **(arguments | changes))


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_two_libraries_verify_it(make_key, algorithm):
    """The client is the audience, the type is plain JWT, and the access token is bound by its hash."""
    key = make_key(algorithm)
    header, claims = read_by_joserfc(issue(key), key)
    assert header == {"alg": algorithm, "typ": "JWT", "kid": key.kid}
    assert claims == CLAIMS | {"at_hash": access_token_hash(ACCESS_TOKEN, algorithm)}
    assert claims == read_by_pyjwt(issue(key), key, CLAIMS["aud"])


@pytest.mark.parametrize(
    "algorithm, hashed", [("ES256", "sha256"), ("RS256", "sha256"), ("EdDSA", "sha512")]
)
def test_the_hash_is_half_of_the_algorithms_own(algorithm, hashed):
    """Left half, base64url without padding."""
    digest = hashlib.new(hashed, ACCESS_TOKEN.encode()).digest()
    wanted = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    assert access_token_hash(ACCESS_TOKEN, algorithm) == wanted


def test_the_hash_of_the_specifications_example():
    """OpenID Connect Core §A.3: the access token and ``at_hash`` of its example."""
    found = access_token_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256")
    assert found == "77QmUPtjPfzWtF2AnpK9RQ"


def test_a_nonce_and_extras_come_along(make_key):
    """The nonce of a first grant, and claims about the subject, which replace nothing."""
    key = make_key("ES256")
    token = issue(key, nonce="n-0S6", extras={"email": "a@b.example", "sub": "admin"})
    claims = read_by_pyjwt(token, key, CLAIMS["aud"])
    assert (claims["nonce"], claims["email"], claims["sub"]) == ("n-0S6", "a@b.example", "user-1")


def test_id_tokens_are_always_asymmetric(make_key):
    """Where access tokens are HS256, ID tokens are ES256; a symmetric key is refused outright."""
    assert identity_algorithm("HS256") == "ES256"
    assert [identity_algorithm(name) for name in ("ES256", "RS256", "EdDSA")] == [
        "ES256",
        "RS256",
        "EdDSA",
    ]
    with pytest.raises(AssertionError):
        IdentitySigner(make_key("HS256", "app-1"))
