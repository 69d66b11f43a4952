"""Drawings of a dialect's messages: what stands where the value will be."""

from __future__ import annotations

import json
import re

import pytest

from remint.dialect import load, load_all
from remint.issuer.console.wiredrawing import answer_drawn, refusal_drawn, request_drawn

DIALECTS = load_all(())
CALLS = [
    pytest.param(call, id=f"{dialect.name}-{call.grant}")
    for dialect in DIALECTS.values()
    for call in dialect.form.served
]


def written(lines):
    """The drawing as text, what is named in angle brackets."""
    return [
        "".join(f"<{each.text}>" if each.tone else each.text for each in line) for line in lines
    ]


def call_of(name, grant="refresh_token"):
    return next(call for call in DIALECTS[name].form.served if call.grant == grant)


def test_a_body_in_json():
    """The contract's call: everything in the JSON body, the grant type as the constant that it is."""
    assert written(request_drawn(call_of("eshopbox"))) == [
        "POST /api/v1/generateToken",
        "Content-Type: application/json",
        "",
        "{",
        '  "grant_type": "refresh_token",',
        '  "client_id": <client id>,',
        '  "client_secret": <client secret>,',
        '  "refresh_token": <refresh token>',
        "}",
    ]


def test_a_query_and_headers():
    """A token in the query and a key in a header stand where they travel."""
    assert written(request_drawn(call_of("genlogs"))) == [
        "POST /auth/token/refresh?refresh_token=<refresh token>",
        "accept: application/json  optional",
        "x-api-key: <API key>",
    ]


def test_basic_and_a_form():
    """Basic says what is encoded; a form goes field by field, and says what may be left out."""
    assert written(request_drawn(call_of("oauth2"))) == [
        "POST /oauth/token",
        "Authorization: Basic base64(<client id>:<client secret>)",
        "Content-Type: application/x-www-form-urlencoded",
        "",
        "grant_type=refresh_token",
        "&refresh_token=<refresh token>",
        "&scope=<scope>  optional",
    ]


def test_an_answer_in_branches():
    """Nested fields are drawn as the objects that they stand in; times say their unit."""
    assert written(answer_drawn(call_of("genlogs")))[:8] == [
        "200 OK",
        "Content-Type: application/json",
        "",
        "{",
        '  "access_token_data": {',
        '    "token": <access token>,',
        '    "expires": <access token\'s end, ISO 8601>',
        "  },",
    ]


def test_a_refusal():
    """A refusal shows its own code, and names what changes from case to case."""
    refusal = DIALECTS["eshopbox"].form.refusals["invalid_client"]
    assert written(refusal_drawn(refusal)) == [
        "401 Unauthorized",
        "",
        "{",
        '  "error": "invalid_client",',
        '  "error_description": <what was wrong, in words>',
        "}",
    ]


PLACED = """
name = "placed"
title = "Placed"
summary = "A token in the path."
[call.refresh_token]
method = "PUT"
path = "/token/{refresh_token}/new"
[call.refresh_token.request]
refresh_token = { in = "path" }
access_token = { in = "bearer" }
client_id = { in = "cookie", name = "app" }
[answer.fields]
access_token = {}
"""


def test_a_path_and_a_cookie(tmp_path):
    """What travels in the path, as Bearer and in a cookie is drawn there."""
    file = tmp_path / "placed.toml"
    file.write_text(PLACED)
    [call] = load(file).form.calls
    assert written(request_drawn(call)) == [
        "PUT /token/<refresh token>/new",
        "Authorization: Bearer <access token>",
        "Cookie: app=<client id>",
    ]


@pytest.mark.parametrize("call", CALLS)
def test_every_body_reads_as_json(call):
    """With something in every named place, the drawn body of a builtin dialect's answer is JSON."""
    drawn = answer_drawn(call)
    start = drawn.index(()) + 1
    text = "\n".join(
        "".join("null" if each.tone else each.text for each in line) for line in drawn[start:]
    )
    assert isinstance(json.loads(text.replace("  optional", "")), dict)


@pytest.mark.parametrize("call", CALLS)
def test_every_field_is_drawn(call):
    """Nothing that an app has to send is missing from the drawing."""
    drawn = " ".join(written(request_drawn(call)))
    for field in call.request:
        name = field.name_in(field.carriers[0])[-1]
        assert field.carriers[0].startswith("basic") or re.search(rf"\b{re.escape(name)}\b", drawn)
