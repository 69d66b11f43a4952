"""Each sample of the vendors' contracts: what is sent, what is read, what is answered."""

from __future__ import annotations

import base64

import pytest

from remint.dialect import TokenAnswer, builtin
from remint.errors import Refusal
from tests.dialect.exchange import FORM, JSON, Arrival, body_of, endpoint_of, fields_of, refusal_of

REQUESTS = {
    # RFC 6749 §6, the example
    ("oauth2", "refresh_token", "basic"): (
        Arrival(
            "/oauth/token",
            headers=(FORM, (b"authorization", b"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW")),
            body=b"grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA",
        ),
        {
            "grant_type": "refresh_token",
            "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
            "client_id": "s6BhdRkqt3",
            "client_secret": "gX1fBat3bV",
        },
    ),
    # RFC 6749 §2.3.1, the example
    ("oauth2", "refresh_token", "body"): (
        Arrival(
            "/oauth/token",
            headers=(FORM,),
            body=b"grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA"
            b"&client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw",
        ),
        {
            "grant_type": "refresh_token",
            "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
            "client_id": "s6BhdRkqt3",
            "client_secret": "7Fjfp0ZBr1KtDRbnfVdmIw",
        },
    ),
    # contracts/eshopbox.md, Renewing
    ("eshopbox", "refresh_token", ""): (
        Arrival(
            "/api/v1/generateToken",
            headers=(JSON,),
            body=b'{"grant_type":"refresh_token","client_id":"i","client_secret":"s",'
            b'"refresh_token":"r"}',
        ),
        {
            "grant_type": "refresh_token",
            "refresh_token": "r",
            "client_id": "i",
            "client_secret": "s",
        },
    ),
    # contracts/partner.md, the table of fields
    ("partner", "refresh_token", ""): (
        Arrival(
            "/v1/auth/token",
            headers=(JSON, (b"partnerid", b"17"), (b"granttype", b"refresh_token")),
            body=b'{"refreshToken": "r"}',
        ),
        {"grant_type": "refresh_token", "refresh_token": "r", "client_number": 17},
    ),
    # contracts/partner.md, "the first grant"
    ("partner", "password", ""): (
        Arrival(
            "/v1/auth/token",
            headers=(JSON, (b"partnerid", b"-5"), (b"granttype", b"password")),
            body=b'{"username": "u", "password": "p \\"w\\""}',
        ),
        {"grant_type": "password", "username": "u", "password": 'p "w"', "client_number": -5},
    ),
    # contracts/genlogs.md, Renewing
    ("genlogs", "refresh_token", "query"): (
        Arrival(
            "/auth/token/refresh",
            b"refresh_token=r%2B1",
            ((b"x-api-key", b"k"), (b"accept", b"application/json")),
        ),
        {"grant_type": "refresh_token", "refresh_token": "r+1", "api_key": "k"},
    ),
    # contracts/genlogs.md, "the JSON body is accepted too", and `accept` may be absent
    ("genlogs", "refresh_token", "body"): (
        Arrival("/auth/token/refresh", b"", ((b"x-api-key", b"k"), JSON), b'{"refresh_token":"r"}'),
        {"grant_type": "refresh_token", "refresh_token": "r", "api_key": "k"},
    ),
    # contracts/genlogs.md, The first grant
    ("genlogs", "password", "query"): (
        Arrival("/auth/token/", b"email=a%40b.io&password=p+w", ((b"x-api-key", b"k"),)),
        {"grant_type": "password", "username": "a@b.io", "password": "p w", "api_key": "k"},
    ),
    ("genlogs", "password", "body"): (
        Arrival(
            "/auth/token", b"", ((b"x-api-key", b"k"), JSON), b'{"email":"a@b.io","password":"p"}'
        ),
        {"grant_type": "password", "username": "a@b.io", "password": "p", "api_key": "k"},
    ),
}


@pytest.mark.parametrize("name", REQUESTS, ids="-".join)
def test_a_documented_request_is_understood(name):
    """Each way of sending that a contract names is read for what it means."""
    request, meant = REQUESTS[name]
    endpoint = endpoint_of(builtin(name[0]), name[1])
    assert request.path in endpoint.paths
    assert fields_of(request.at(endpoint)) == meant


ANSWER = TokenAnswer(
    "at",
    expires_in=3600,
    access_expires_at=1_795_262_400,
    refresh_token="rt",
    refresh_expires_at=1_797_854_400,
    scope="a b",
    id_token="it",
    extras={"user_id": "u", "company_id": 7713, "customer_name": "ACME"},
)
ANSWERS = {
    # RFC 6749 §5.1; OpenID Connect Core §3.1.3.3
    ("oauth2", "refresh_token"): {
        "access_token": "at",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "rt",
        "scope": "a b",
        "id_token": "it",
    },
    # contracts/eshopbox.md, "No refresh token comes back"
    ("eshopbox", "refresh_token"): {
        "access_token": "at",
        "id_token": "it",
        "scope": "a b",
        "expires_in": 3600,
        "token_type": "Bearer",
    },
    # contracts/partner.md, "200, JSON"
    ("partner", "refresh_token"): {
        "access_token": "at",
        "refresh_token": "rt",
        "expires_in": 3600,
        "token_type": "Bearer",
    },
    # contracts/genlogs.md, the sample
    ("genlogs", "refresh_token"): {
        "access_token_data": {"token": "at", "expires": "2026-11-21T12:00:00Z"},
        "refresh_token_data": {"token": "rt", "expires": "2026-12-21T12:00:00Z"},
        "user_id": "u",
        "company_id": 7713,
    },
    # contracts/genlogs.md, "may carry customer_name"
    ("genlogs", "password"): {
        "access_token_data": {"token": "at", "expires": "2026-11-21T12:00:00Z"},
        "refresh_token_data": {"token": "rt", "expires": "2026-12-21T12:00:00Z"},
        "user_id": "u",
        "company_id": 7713,
        "customer_name": "ACME",
    },
}


@pytest.mark.parametrize("name", ANSWERS, ids="-".join)
def test_an_answer_is_worded_as_documented(name):
    """Every field, and no other; and the headers that all four share (contracts/README.md)."""
    answer = endpoint_of(builtin(name[0]), name[1]).encode(ANSWER)
    assert answer.status == 200
    assert body_of(answer) == ANSWERS[name]
    assert answer.headers == [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"pragma", b"no-cache"),
        (b"content-length", str(len(answer.body)).encode()),
    ]


@pytest.mark.parametrize("name", ["oauth2", "partner"])
def test_a_kept_refresh_token_is_left_out(name):
    """contracts/partner.md, "if applicable"; RFC 6749 §6."""
    answer = endpoint_of(builtin(name)).encode(TokenAnswer("at", expires_in=1))
    assert "refresh_token" not in body_of(answer)


RFC6749 = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "slow_down": 429,
    "temporarily_unavailable": 503,
    "method_not_allowed": 405,
    "payload_too_large": 413,
}


@pytest.mark.parametrize("name", ["oauth2", "eshopbox", "partner"])
@pytest.mark.parametrize("code", RFC6749)
def test_a_refusal_is_worded_as_rfc6749_has_it(name, code):
    """RFC 6749 §5.2, to which contracts/eshopbox.md and contracts/partner.md hold."""
    answer = endpoint_of(builtin(name)).refuse(Refusal(code, "Words."), "id")
    words = "Words."
    if (name, code) == ("partner", "invalid_grant"):
        words = "Refresh token has expired or is invalid."
    assert answer.status == RFC6749[code]
    assert body_of(answer) == {"error": code, "error_description": words}


GENLOGS = {
    "invalid_client": (401, "Invalid API key."),
    "invalid_grant": (401, "Invalid or expired refresh token."),
    "slow_down": (429, "Words."),
    "temporarily_unavailable": (503, "Words."),
    "server_error": (500, "Internal Server Error"),
    "method_not_allowed": (405, "Method Not Allowed"),
    "payload_too_large": (413, "Words."),
}


@pytest.mark.parametrize("code", GENLOGS)
def test_genlogs_says_no_with_a_detail(code):
    """contracts/genlogs.md, Errors."""
    status, words = GENLOGS[code]
    answer = endpoint_of(builtin("genlogs")).refuse(Refusal(code, "Words."), "id")
    assert (answer.status, body_of(answer)) == (status, {"detail": words})


def test_genlogs_places_a_fault():
    """contracts/genlogs.md: 422 with ``loc``, ``msg`` and ``type``."""
    endpoint = endpoint_of(builtin("genlogs"))
    refusal = refusal_of(endpoint, Arrival(headers=((b"x-api-key", b"k"),)))
    answer = endpoint.refuse(refusal, "id")
    detail = {
        "loc": ["query", "refresh_token"],
        "msg": "The refresh_token parameter is missing.",
        "type": "missing",
    }
    assert (answer.status, body_of(answer)) == (422, {"detail": [detail]})


def test_partner_misses_the_token_in_its_own_words():
    """contracts/partner.md, "no token in the request"."""
    endpoint = endpoint_of(builtin("partner"))
    headers = ((b"partnerid", b"1"), (b"granttype", b"refresh_token"), JSON)
    for body in (b"", b"{}", b'{"refreshToken":null}', b'{"refreshToken":""}'):
        answer = endpoint.refuse(refusal_of(endpoint, Arrival(headers=headers, body=body)), "id")
        assert answer.status == 400
        assert body_of(answer) == {
            "error": "invalid_request",
            "error_description": "Missing refresh token.",
        }


def test_wrong_credentials_are_not_called_a_refresh_token():
    """The first grant's ``invalid_grant`` speaks of what was sent."""
    refusal = Refusal("invalid_grant", "", kind="credentials")
    partner = endpoint_of(builtin("partner")).refuse(refusal, "id")
    genlogs = endpoint_of(builtin("genlogs"), "password").refuse(refusal, "id")
    assert body_of(partner)["error_description"] == "Username or password is wrong."
    assert body_of(genlogs) == {"detail": "Invalid email or password."}


@pytest.mark.parametrize("name", ["oauth2", "eshopbox", "partner"])
def test_a_fault_of_ours_shows_a_request_id_and_no_more(name):
    """contracts/README.md: the dialect's 500 with a request id and nothing else."""
    refusal = Refusal("server_error", "a secret detail", logged="another")
    answer = endpoint_of(builtin(name)).refuse(refusal, "the-id")
    assert answer.status == 500
    assert body_of(answer) == {"error": "server_error", "request_id": "the-id"}


def test_an_unknown_code_is_a_fault_of_ours():
    """A refusal that no dialect has words for never leaks its own."""
    answer = endpoint_of(builtin("oauth2")).refuse(Refusal("nonsense", "a secret detail"), "the-id")
    assert (answer.status, b"secret" in answer.body) == (500, False)


def test_headers_of_a_refusal():
    """``Retry-After`` (README), ``Allow`` (README), ``WWW-Authenticate`` (RFC 9110 §11.6.1)."""
    endpoint = endpoint_of(builtin("oauth2"))
    slow = endpoint.refuse(Refusal("slow_down", "", retry_after_seconds=7), "id")
    method = endpoint.refuse(Refusal("method_not_allowed", ""), "id")
    client = endpoint.refuse(Refusal("invalid_client", ""), "id")
    assert (b"retry-after", b"7") in slow.headers
    assert (b"allow", b"POST") in method.headers
    assert dict(client.headers)[b"www-authenticate"].startswith(b"Basic ")
    for answer in (slow, method, client):
        headers = dict(answer.headers)
        assert headers[b"cache-control"] == b"no-store"
        assert headers[b"pragma"] == b"no-cache"
        assert headers[b"content-length"] == str(len(answer.body)).encode()


def test_basic_is_form_urlencoded_inside():
    """RFC 6749 §2.3.1: id and secret are encoded before they are joined."""
    credentials = base64.b64encode(b"a%3Ab+c:p%25w").decode()
    request = Arrival(
        headers=(FORM, (b"authorization", f"basic {credentials}".encode())),
        body=b"grant_type=refresh_token&refresh_token=r",
    )
    found = request.at(endpoint_of(builtin("oauth2")))
    assert (found.client_id, found.client_secret) == ("a:b c", "p%w")


def test_an_answer_that_lacks_what_the_dialect_sends_is_a_fault_of_ours():
    """genlogs always sends a company; an answer without one is refused, not sent."""
    endpoint = endpoint_of(builtin("genlogs"))
    assert "extras.company_id" in endpoint.always_sends
    other = endpoint_of(builtin("oauth2"))
    assert {"refresh_token", "id_token", "scope"} <= other.sends - other.always_sends
    answer = TokenAnswer(
        "a", 1, 1, refresh_token="r", refresh_expires_at=1, extras={"user_id": "u"}
    )
    with pytest.raises(Refusal) as caught:
        endpoint.encode(answer)
    assert (caught.value.code, caught.value.description) == ("server_error", "")
    assert "extras.company_id" in caught.value.logged
