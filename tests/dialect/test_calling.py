"""The calling side, where it is more than the serving side turned round."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import TokenRequest, WireAnswer, builtin, load
from remint.dialect.requestencoder import make_uuid
from remint.errors import ConfigurationError, Refusal
from tests.dialect.exchange import BASE_URL, NOW_MS


def sent(name, **changes):
    request = TokenRequest("refresh_token", refresh_token="r", **changes)
    call = builtin(name).call("refresh_token")
    return call.encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)


def read(name, answer):
    return builtin(name).call("refresh_token").decode(answer, now_ms=NOW_MS)


def test_a_public_client_names_itself_in_the_body():
    """oauth2: Basic wants both halves; without a secret the id goes where else it may (RFC 6749 §3.2.1)."""
    public, confidential = (
        sent("oauth2", client_id="i"),
        sent("oauth2", client_id="i", client_secret="s"),
    )
    assert public.body == b"grant_type=refresh_token&refresh_token=r&client_id=i"
    assert "Authorization" not in dict(public.headers)
    assert confidential.body == b"grant_type=refresh_token&refresh_token=r"
    assert dict(confidential.headers)["Authorization"] == "Basic aTpz"


@pytest.mark.parametrize(
    "name, changes, key",
    [
        ("oauth2", {}, "client_id"),
        ("partner", {}, "client_number"),
        ("genlogs", {}, "api_key"),
        ("genlogs", {"api_key": "ké"}, "api_key"),
        ("genlogs", {"api_key": "k\r\nx: y"}, "api_key"),
        ("genlogs", {"api_key": " k"}, "api_key"),
    ],
)
def test_what_cannot_be_sent_is_not_sent(name, changes, key):
    """A value that is missing, or that would break out of its header; the error does not hold it."""
    with pytest.raises(ConfigurationError) as caught:
        sent(name, **changes)
    assert caught.value.key == key
    assert not changes or changes["api_key"] not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b'{"access_token":null,"expires_in":1,"token_type":"x"}',
        b'{"access_token":"","expires_in":1,"token_type":"x"}',
        b'{"access_token":5,"expires_in":1,"token_type":"x"}',
        b'{"access_token":{"a":1},"expires_in":1,"token_type":"x"}',
        b'{"access_token":"a","expires_in":-1,"token_type":"x"}',
        b'{"access_token":"a","expires_in":true,"token_type":"x"}',
        b'{"access_token":"a","expires_in":1e999,"token_type":"x"}',
        b'{"access_token":"a","expires_in":"an hour","token_type":"x"}',
        b'{"access_token":"a","expires_in":1,"token_type":"x","refresh_token":7}',
        b'{"code":400,"error":"invalid_grant"}',
    ],
)
def test_junk_is_never_taken_for_a_token(body):
    """K3's other half: a success that cannot be read is a failure, and says that trying later may do."""
    with pytest.raises(Refusal) as caught:
        read("oauth2", WireAnswer(200, [], body))
    assert (caught.value.code, caught.value.outcome) == ("server_error", "later")


def test_a_null_refresh_token_is_none():
    """A stored token is never replaced by nothing."""
    body = b'{"access_token":"a","expires_in":1.9,"token_type":"x","refresh_token":%s}'
    for nothing in (b"null", b'""'):
        answer = read("oauth2", WireAnswer(200, [], body % nothing))
        assert (answer.refresh_token, answer.expires_in) == (None, 1)


def test_scopes_may_be_separated_by_commas():
    """contracts/eshopbox.md: space on the wire; the keeper accepts both."""
    body = b'{"access_token":"a","expires_in":1,"token_type":"x","scope":"%s"}'
    for scope in (b"a b", b"a,b", b"a, b"):
        assert read("eshopbox", WireAnswer(200, [], body % scope)).scope == "a b"


@pytest.mark.parametrize(
    "value, seconds",
    [
        (b"7", 7),
        (b" 120 ", 120),
        (b"Fri, 15 Jan 2027 08:00:30 GMT", 30),
        (b"Fri, 15 Jan 2027 07:00:00 GMT", 0),
        (b"soon", None),
        (b"-1", None),
        (b"9" * 30, None),
    ],
)
def test_retry_after_is_understood(value, seconds):
    """RFC 9110 §10.2.3: seconds, or a date."""
    with pytest.raises(Refusal) as caught:
        read("oauth2", WireAnswer(429, [(b"Retry-After", value)], b""))
    assert (caught.value.retry_after_seconds, caught.value.outcome) == (seconds, "later")


@pytest.mark.parametrize(
    "status, code, outcome",
    [
        (400, "invalid_request", ""),
        (404, "invalid_request", ""),
        (302, "temporarily_unavailable", "later"),
        (502, "temporarily_unavailable", "later"),
    ],
)
def test_a_status_alone_says_little(status, code, outcome):
    """A proxy's page is no verdict on the token."""
    with pytest.raises(Refusal) as caught:
        read("oauth2", WireAnswer(status, [], b"<html>"))
    assert (caught.value.code, caught.value.outcome) == (code, outcome)


def test_several_statuses_may_be_a_success(tmp_path):
    """The first is what an endpoint answers, the others are read as well."""
    file = tmp_path / "x.toml"
    file.write_text(
        """
name = "x"
[call.refresh_token]
path = "/x"
request.refresh_token = { in = "json" }
[answer]
status = [201, 200]
fields.access_token = {}
"""
    )
    dialect = load(file)
    for status in (200, 201):
        answer = WireAnswer(status, [], b'{"access_token":"a"}')
        assert dialect.calls[0].decode(answer, now_ms=NOW_MS).access_token == "a"
    with pytest.raises(Refusal):
        dialect.calls[0].decode(WireAnswer(202, [], b'{"access_token":"a"}'), now_ms=NOW_MS)
    (endpoint,) = dialect.endpoints
    assert endpoint.encode(dialect.calls[0].decode(answer, now_ms=NOW_MS)).status == 201


@given(raw=st.binary(min_size=16, max_size=16))
def test_a_uuid_is_one_that_others_make(raw):
    """RFC 9562 §5.4, as the standard library has it."""
    assert make_uuid(lambda size: raw[:size]) == str(uuid.UUID(bytes=raw, version=4))
