"""Access tokens as resource servers see them: RFC 9068, verified through the JWKS by two other libraries."""

from __future__ import annotations

import re
import time

import jwt
import pytest
from jwt import PyJWKClient

from tests.contracts.badinput.treasury import AUTHENTICATION
from tests.contracts.callers import RENEW, access_token_of, renew_oauth2
from tests.contracts.verifiers import JWKS, published, read
from tests.contracts.wire import Wire
from tests.contracts.workspace import Workspace
from tests.servers import RunningServer


@pytest.mark.parametrize("dialect", ["oauth2", "eshopbox", "partner", "genlogs"])
def test_the_claims_of_an_access_token(
    dialect: str, wire: Wire, server: RunningServer, workspace: Workspace
):
    """RFC 9068 §2.2: iss, exp, aud, sub, client_id, iat and jti, whatever the dialect; §2.1: at+jwt."""
    client = workspace.client(dialect, AUTHENTICATION.get(dialect, "secret"))
    token = access_token_of(RENEW[dialect](wire, client, workspace.grant(client, "ada")))
    claims = read(wire, token, server.base_url)
    assert claims.keys() >= {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}
    assert (claims["iss"], claims["sub"], claims["client_id"]) == (
        server.base_url,
        "ada",
        client.id,
    )
    assert abs(claims["iat"] - time.time()) < 5
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_every_published_algorithm(
    algorithm: str, wire: Wire, server: RunningServer, workspace: Workspace
):
    """The app's algorithm signs its access tokens and its ID tokens, and the key is in the JWKS."""
    policy = {"access_algorithm": algorithm}
    client = workspace.client("oauth2", policy=policy, scope="openid")
    answer = renew_oauth2(wire, client, workspace.grant(client))
    for token, audience in (
        (answer.json["access_token"], server.base_url),
        (answer.json["id_token"], client.id),
    ):
        assert jwt.get_unverified_header(token)["alg"] == algorithm
        assert read(wire, token, audience)["sub"] == "ada"


def test_hs256_is_never_published(wire: Wire, workspace: Workspace):
    """DESIGN, Access tokens: a key for each audience, never in the JWKS; ID tokens are asymmetric always."""
    policy = {"access_algorithm": "HS256"}
    client = workspace.client("oauth2", policy=policy, scope="openid", audience="https://a.test")
    answer = renew_oauth2(wire, client, workspace.grant(client))
    header = jwt.get_unverified_header(answer.json["access_token"])
    assert header["alg"] == "HS256"
    document = published(wire)
    assert header.get("kid") not in {key["kid"] for key in document["keys"]}
    assert {key["kty"] for key in document["keys"]} <= {"EC", "RSA", "OKP"}
    assert read(wire, answer.json["id_token"], client.id)["sub"] == "ada"


def test_the_jwks_holds_public_halves_only(wire: Wire):
    """RFC 7517 §9.2: private and symmetric members are not there; each key says what it is for."""
    for key in published(wire)["keys"]:
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
        assert key["use"] == "sig" and key["alg"] and key["kid"]


def test_pyjwts_own_jwks_client(server: RunningServer, wire: Wire, workspace: Workspace):
    """PyJWT fetches the JWKS by itself and finds the key, as in its documentation."""
    client = workspace.client("oauth2")
    token = access_token_of(RENEW["oauth2"](wire, client, workspace.grant(client)))
    key = PyJWKClient(server.base_url + JWKS).get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, ["ES256"], audience=server.base_url)["client_id"] == client.id


def test_a_token_that_was_altered_is_none(wire: Wire, server: RunningServer, workspace: Workspace):
    """A signature holds for what was signed."""
    client = workspace.client("oauth2")
    token = access_token_of(RENEW["oauth2"](wire, client, workspace.grant(client)))
    head, body, signature = token.split(".")
    with pytest.raises(jwt.InvalidSignatureError):
        read(
            wire,
            f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BA'}.{signature}",
            server.base_url,
        )
    with pytest.raises(jwt.InvalidAudienceError):
        read(wire, token, "https://somebody.else.test")


def test_the_apps_audience_and_claims_travel(wire: Wire, workspace: Workspace):
    """The app's own audience and claims are in the token; none replaces a claim of the protocol."""
    claims = {"tenant": "t-9", "iss": "https://evil.test", "sub": "root", "exp": 1}
    client = workspace.client("oauth2", audience="https://orders.test", claims=claims)
    token = access_token_of(RENEW["oauth2"](wire, client, workspace.grant(client, "ada")))
    found = read(wire, token, "https://orders.test")
    assert found["tenant"] == "t-9" and found["sub"] == "ada" and found["iss"] != claims["iss"]


def test_no_two_tokens_have_the_same_id(wire: Wire, server: RunningServer, workspace: Workspace):
    """RFC 9068 §2.2: jti is unique, also when the same refresh token is answered twice."""
    client = workspace.client("oauth2")
    token = workspace.grant(client)
    answers = [RENEW["oauth2"](wire, client, token) for _ in range(3)]
    ids = {read(wire, access_token_of(each), server.base_url)["jti"] for each in answers}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16,}", each) for each in ids)
