"""Calls from within: how they reach the issuer, and how both sides are told."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from remint.dialect.message import WireAnswer, WireRequest
from remint.issuer.console.tryout import answer_to, claims_of, headers_text, request_text

REQUEST = WireRequest(
    "POST",
    "http://localhost/a%20b/token?x=1&y=%C3%A9",
    [("Content-Type", "application/json"), ("X-Api-Key", "k")],
    b'{"a": 1}',
)


def test_a_call_reaches_the_application_as_from_a_client():
    """Path decoded, query as it is, header names in lower case, the body whole, the origin the reader's."""
    seen: dict[str, Any] = {}

    async def echo(scope, receive, send):
        message = await receive()
        seen.update(scope, body=message["body"])
        await send({"type": "http.response.start", "status": 201, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"o", "more_body": True})
        await send({"type": "http.response.body", "body": b"k"})

    answer = asyncio.run(answer_to(echo, REQUEST, origin="203.0.113.9"))
    assert (answer.status, answer.headers, answer.body) == (201, [(b"a", b"b")], b"ok")
    assert seen["path"] == "/a b/token"
    assert seen["query_string"] == b"x=1&y=%C3%A9"
    assert (b"x-api-key", b"k") in seen["headers"]
    assert seen["client"][0] == "203.0.113.9"
    assert seen["body"] == b'{"a": 1}'


def test_a_request_is_told_as_it_stands_on_the_wire():
    """First line, headers, an empty line, body."""
    assert request_text(REQUEST).splitlines() == [
        "POST http://localhost/a%20b/token?x=1&y=%C3%A9",
        "Content-Type: application/json",
        "X-Api-Key: k",
        "",
        '{"a": 1}',
    ]


def test_headers_are_told_one_a_line():
    """Names and values as they came."""
    assert headers_text(WireAnswer(200, [(b"a", b"1"), (b"b", b"2")], b"")) == "a: 1\nb: 2"


def token(body: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.c2ln"


def test_the_claims_of_a_token_are_read():
    """The middle part of a JWT, whatever its padding."""
    for claims in ({}, {"a": 1}, {"ab": "c"}, {"name": "Renée"}):
        assert claims_of(token(json.dumps(claims).encode())) == claims


def test_what_is_no_token_has_no_claims():
    """An opaque token, or parts that are no JSON object, are left as they are."""
    for text in ("", "opaque", "a.b", "a.b.c", "a.*.c", token(b"[1]"), token(b"\xff"), "a.b.c.d"):
        assert claims_of(text) is None
