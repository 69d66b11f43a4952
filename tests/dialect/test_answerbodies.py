"""Answers that are no JSON: a form, or nothing but the token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import TokenAnswer, openapi
from tests.dialect.exchange import NOW_MS
from tests.dialect.reading import jwt, read, reader, refused

NOW = NOW_MS // 1000
text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)
token = st.text("abcXYZ019-._~+/=", min_size=1, max_size=60)

FORM = """
body = "form"
[answer.fields]
access_token = {}
expires_in = {}
refresh_token = { required = false }
scope = { format = "comma", required = false }
refresh_expires_in = { name = "refresh_token_expires_in", required = false }
[[failure]]
path = "error"
equals = "bad_refresh_token"
code = "invalid_grant"
description = "error_description"
"""


def test_an_answer_may_be_a_form(tmp_path):
    """As GitHub answers who does not ask for JSON; numbers are digits there."""
    body = (
        b"access_token=ghu_1&expires_in=28800&refresh_token=ghr_2&refresh_token_expires_in=15811200"
        b"&scope=a%2Cb&token_type=bearer"
    )
    assert read(tmp_path, FORM, body) == {
        "access_token": "ghu_1",
        "token_type": "Bearer",
        "expires_in": 28800,
        "access_expires_at": NOW + 28800,
        "refresh_token": "ghr_2",
        "refresh_expires_at": NOW + 15811200,
        "scope": "a b",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"error=bad_refresh_token&error_description=It+is+spent.",
        b'{"error":"bad_refresh_token","error_description":"It is spent."}',
    ],
)
def test_a_form_fails_as_a_form_or_as_json(tmp_path, body):
    """Who answers with one may fail with the other."""
    refusal = refused(tmp_path, FORM, body)
    assert (refusal.code, refusal.outcome, refusal.description) == (
        "invalid_grant",
        "dead",
        "It is spent.",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"access_token",
        b"access_token=&expires_in=1",
        b"access_token=a&access_token=b&expires_in=1",
        b"access_token=a&expires_in=1.5",
        b"access_token=%ff&expires_in=1",
        b"<html>access_token=a&expires_in=1</html>",
        b'{"access_token":"a","expires_in":1}',
        b"&" * 1000,
    ],
)
def test_junk_is_no_form(tmp_path, body):
    """Nor is a form of which something is missing, twice or broken."""
    assert refused(tmp_path, FORM, body).outcome == "later"


TEXT = 'body = "text"\n[answer.fields]\naccess_token = {}\naccess_expires_at = { format = "jwt" }'


def test_an_answer_may_be_the_token(tmp_path):
    """And tell no more than the token does."""
    found = read(tmp_path, TEXT, jwt({"exp": NOW + 5}).encode() + b"\n")
    assert (found["access_token"], found["expires_in"]) == (jwt({"exp": NOW + 5}), 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b"not now",
        b"null",
        b"true",
        b'"a"',
        b"[]",
        b"{}",
        b"a\nb",
        b"\xff",
        b"a\0",
    ],
)
def test_a_page_is_no_token(tmp_path, body):
    """No sentence, no JSON, no markup."""
    bare = 'body = "text"\nfields.access_token = {}'
    assert refused(tmp_path, bare, body).outcome == "later"


@pytest.mark.parametrize(
    "kind, media_type, schema",
    [
        ("form", "application/x-www-form-urlencoded", {"$ref": "#/components/schemas/XAnswer"}),
        ("text", "text/plain", {"type": "string"}),
    ],
)
def test_such_a_body_is_described(tmp_path, kind, media_type, schema):
    """OpenAPI says what comes back, and as what."""
    dialect = reader(
        tmp_path, f'body = "{kind}"\n[answer.fields]\naccess_token = {{}}', served=True
    )
    document = openapi([dialect], server_url="https://x.example", title="x", version="1")
    answer = document["paths"]["/x"]["post"]["responses"]["200"]
    assert answer["content"] == {media_type: {"schema": schema}}


@pytest.mark.parametrize("kind", ["form", "text"])
@given(data=st.data())
def test_an_answer_arrives_as_it_was_given(tmp_path_factory, kind, data):
    """decode∘encode is the identity for every body that can be served."""
    fields = {
        "form": 'access_token = {}\nexpires_in = { format = "milliseconds" }\n'
        "scope = { required = false }\nextras.user = { required = false }",
        "text": "access_token = {}\nexpires_in = { value = 60 }",
    }
    dialect = reader(
        tmp_path_factory.mktemp("dialects"),
        f'body = "{kind}"\n[answer.fields]\n{fields[kind]}',
        served=True,
    )
    form = kind == "form"
    seconds = data.draw(st.integers(1, 10**9)) if form else 60
    answer = TokenAnswer(
        data.draw(text if form else token),
        expires_in=seconds,
        access_expires_at=NOW + seconds,
        scope=data.draw(st.none() | st.just("a b")) if form else None,
        extras=data.draw(st.none() | st.builds(dict, user=text)) if form else None,
    )
    wire = dialect.endpoints[0].encode(answer)
    assert dialect.calls[0].decode(wire, now_ms=NOW_MS) == answer
    assert dict(wire.headers)[b"content-type"].startswith(
        b"application/x-www-form-urlencoded" if form else b"text/plain"
    )
