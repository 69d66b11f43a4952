"""Access tokens, as two libraries that are not ours read them (RFC 9068)."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remint.token.access import AccessSigner, access_token
from tests.token.verifiers import read_by_joserfc, read_by_pyjwt

AUDIENCE = "https://api.example"
CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.example",
    "sub": "user-1",
    "client_id": "app-1",
    "aud": AUDIENCE,
    "iat": 1_800_000_000,
    "exp": 1_800_003_600,
    "jti": "t0ken",
    "scope": "read write",
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.fixture(params=["ES256", "RS256", "EdDSA", "HS256"])
def key(request, make_key):
    """A signing key of each algorithm."""
    return make_key(request.param, AUDIENCE if request.param == "HS256" else None)


def issue(signer, **changes) -> str:
    arguments: dict[str, Any] = {
        "issuer": CLAIMS["iss"],
        "subject": CLAIMS["sub"],
        "client_id": CLAIMS["client_id"],
        "audience": AUDIENCE,
        "scope": CLAIMS["scope"],
        "issued_at": CLAIMS["iat"],
        "expires_at": CLAIMS["exp"],
        "token_id": CLAIMS["jti"],
    }
    return access_token(signer, **(arguments | changes))


def test_two_libraries_verify_it(key):
    """PyJWT and joserfc accept the signature and read the same claims; the type is ``at+jwt``."""
    token = issue(AccessSigner(key))
    header, claims = read_by_joserfc(token, key)
    assert header == {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid}
    assert claims == CLAIMS == read_by_pyjwt(token, key, AUDIENCE)


def test_many_signatures_verify(make_key):
    """ES256 draws a nonce each time: signatures whose halves are short come up among a few hundred."""
    key = make_key("ES256")
    signer = AccessSigner(key)
    for number in range(600):
        assert read_by_pyjwt(issue(signer, token_id=str(number)), key, AUDIENCE)["jti"] == str(
            number
        )


def test_a_changed_token_is_refused(key):
    """The libraries do verify: one flipped character in any part fails."""
    parts = issue(AccessSigner(key)).split(".")
    for place in range(3):
        part = parts[place]
        middle = len(part) // 2
        changed = part[:middle] + ("A" if part[middle] != "A" else "B") + part[middle + 1 :]
        bad = ".".join([*parts[:place], changed, *parts[place + 1 :]])
        with pytest.raises(jwt.InvalidTokenError):
            read_by_pyjwt(bad, key, AUDIENCE)


def test_an_empty_scope_leaves_the_claim_out(make_key):
    """RFC 9068 §2.2.3 wants the claim only where a scope was granted."""
    key = make_key("ES256")
    assert "scope" not in read_by_pyjwt(issue(AccessSigner(key), scope=""), key, AUDIENCE)


def test_several_audiences_are_a_list(make_key):
    """RFC 7519 §4.1.3: a string for one, a list for several."""
    key = make_key("ES256")
    token = issue(AccessSigner(key), audience=("https://b.example", AUDIENCE))
    assert read_by_pyjwt(token, key, AUDIENCE)["aud"] == ["https://b.example", AUDIENCE]


def test_extras_come_along_but_replace_nothing(make_key):
    """A claim of the app's own is added; one named like a claim of the protocol is ignored."""
    key = make_key("ES256")
    extras = {"company_id": 7, "roles": ["a"], "sub": "admin", "exp": 9_999_999_999}
    claims = read_by_pyjwt(issue(AccessSigner(key), extras=extras), key, AUDIENCE)
    assert claims == CLAIMS | {"company_id": 7, "roles": ["a"]}


def test_extras_cannot_bring_back_an_empty_scope(make_key):
    """A scope that was not granted cannot come in as an extra."""
    key = make_key("ES256")
    token = issue(AccessSigner(key), scope="", extras={"scope": "admin"})
    assert "scope" not in read_by_pyjwt(token, key, AUDIENCE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=TEXT, scope=TEXT, extra=TEXT)
def test_any_text_survives(make_key, subject, scope, extra):
    """Quotes, control characters and every script arrive as they were."""
    key = make_key("HS256", AUDIENCE)
    token = issue(AccessSigner(key), subject=subject, scope=scope, extras={"x": extra})
    claims = read_by_pyjwt(token, key, AUDIENCE)
    assert (claims["sub"], claims["scope"], claims["x"]) == (subject, scope, extra)
