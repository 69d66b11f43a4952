"""Carriers, types and formats that none of the builtin dialects uses: each is served and called alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remint.dialect import TokenAnswer, TokenRequest, load, openapi
from tests.dialect.exchange import (
    BASE_URL,
    FORM,
    JSON,
    NOW_MS,
    Arrival,
    arrival,
    body_of,
    refusal_of,
)

DIALECT = """
name = "carriers"
[call.refresh_token]
method = "PUT"
path = "/v1/{account}/renew"
[call.refresh_token.request]
refresh_token = { in = ["json", "form"], name = "rt" }
access_token = { in = "bearer", required = false }
client_id = { in = "cookie", name = "client" }
extras.account = { in = "path", type = "positive" }
extras.live = { in = "header", name = "X-Live", type = "boolean", required = false }
extras.page = { in = "query", type = "boolean", required = false }
extras.deep = { in = "json", name = ["a", "b"], type = "boolean", required = false }
extras.mode = { in = "header", name = "X-Mode", value = "fast", required = false }
extras.version = { in = "query", type = "int32", value = 3 }
extras.beta = { in = "query", type = "boolean", value = true }
extras.stamp = { in = "header", name = "X-Stamp", type = "string", generate = "epoch" }
[answer]
prefix = ")]}',"
[answer.fields]
access_token = {}
expires_in = { format = "minutes" }
access_expires_at = { format = "epoch-ms-text", required = false }
refresh_expires_in = { name = ["refresh", "left"], format = "seconds-text", required = false }
scope = { name = ["more", "scope"], format = "comma", required = false }
extras.rank = { name = ["more", "rank"], format = "number", required = false }
extras.flag = { format = "boolean", required = false }
extras.raw = { format = "any", required = false }
"""

VALID = Arrival(
    "/v1/12/renew",
    b"version=3&beta=true",
    (JSON, (b"cookie", b"a=b; client=c1"), (b"x-stamp", b"5")),
    b'{"rt":"r"}',
)


@pytest.fixture(scope="module")
def dialect(tmp_path_factory):
    file = tmp_path_factory.mktemp("dialects") / "carriers.toml"
    file.write_text(DIALECT)
    return load(file)


@pytest.fixture(scope="module")
def endpoint(dialect):
    return dialect.endpoints[0]


def test_every_carrier_is_read(endpoint):
    """Constants and generated values are looked at and not passed on."""
    found = VALID.header(b"authorization", b"bearer at").header(b"x-live", b"true").at(endpoint)
    assert found == TokenRequest(
        "refresh_token",
        refresh_token="r",
        access_token="at",
        client_id="c1",
        extras={"account": 12, "live": True},
    )


def test_a_body_may_be_of_two_kinds(endpoint):
    """The content type tells; without one it is the first that the file names."""
    as_form = replace(VALID, body=b"rt=r").header(*FORM)
    assert as_form.at(endpoint).refresh_token == "r"
    assert VALID.header(b"content-type").at(endpoint).refresh_token == "r"
    assert refusal_of(endpoint, VALID.header(b"content-type", b"text/xml")).kind == "media"


@pytest.mark.parametrize(
    "request_, name, kind",
    [
        (replace(VALID, path="/v2/12/renew"), "", "syntax"),
        (replace(VALID, path="/v1/0/renew"), "account", "type"),
        (replace(VALID, path="/v1/x/renew"), "account", "type"),
        (VALID.header(b"cookie"), "client", "missing"),
        (VALID.header(b"cookie", b"client="), "client", "missing"),
        (VALID.header(b"cookie", b"client=a; client=a"), "client", "duplicate"),
        (VALID.header(b"cookie", b"client=\xff"), "", "syntax"),
        (VALID.header(b"cookie", b"client=a", b"x=y"), "Cookie", "duplicate"),
        (VALID.header(b"authorization", b"Basic YTpi"), "Authorization", "value"),
        (VALID.header(b"x-live", b"yes"), "X-Live", "type"),
        (VALID.header(b"x-mode", b"slow"), "X-Mode", "value"),
        (VALID.header(b"x-stamp"), "X-Stamp", "missing"),
        (replace(VALID, query=b"version=3&beta=true&page=1"), "page", "type"),
        (replace(VALID, query=b"version=4&beta=true"), "version", "value"),
        (replace(VALID, query=b"version=3.0&beta=true"), "version", "type"),
        (replace(VALID, query=b"version=3&beta=false"), "beta", "value"),
        (replace(VALID, body=b'{"rt":"r","a":{"b":1}}'), "b", "type"),
        (replace(VALID, body=b'{"rt":"r","a":[]}'), "a", "type"),
    ],
)
def test_what_is_wrong_with_a_carrier_is_named(endpoint, request_, name, kind):
    """Each by the name that it has on the wire."""
    refusal = refusal_of(endpoint, request_)
    assert (refusal.code, refusal.name, refusal.kind) == ("invalid_request", name, kind)


def test_every_carrier_is_written(dialect, endpoint):
    """And read again as it was meant."""
    request = TokenRequest(
        "refresh_token",
        refresh_token="r",
        client_id="c1",
        extras={"account": 12, "live": False, "page": True, "deep": True},
    )
    wire = dialect.calls[0].encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    assert wire.url == f"{BASE_URL}/v1/12/renew?version=3&beta=true&page=true"
    assert wire.headers == [
        ("X-Mode", "fast"),
        ("X-Stamp", "1800000000"),
        ("X-Live", "false"),
        ("Cookie", "client=c1"),
        ("Content-Type", "application/json"),
    ]
    assert wire.body == b'{"rt":"r","a":{"b":true}}'
    assert arrival(wire).at(endpoint) == request


def test_every_format_is_written_and_read(dialect, endpoint):
    """A lifetime in minutes is rounded up, and what is left of the refresh token is reckoned."""
    answer = TokenAnswer(
        "a",
        expires_in=90,
        access_expires_at=NOW_MS // 1000 + 90,
        refresh_expires_at=NOW_MS // 1000 + 600,
        scope="x y",
        extras={"rank": 1.5, "flag": False, "raw": [1, {"a": None}]},
    )
    wire = endpoint.encode(answer)
    assert wire.body.startswith(b")]}',{")
    wire.body = wire.body.removeprefix(b")]}',")
    assert body_of(wire) == {
        "access_token": "a",
        "expires_in": 2,
        "access_expires_at": str(NOW_MS + 90_000),
        "refresh": {"left": "600"},
        "more": {"scope": "x,y", "rank": 1.5},
        "flag": False,
        "raw": [1, {"a": None}],
    }
    answer.expires_in = 120
    assert dialect.calls[0].decode(wire, now_ms=NOW_MS) == answer


def test_what_is_not_there_is_left_out(dialect, endpoint):
    """Objects too, where nothing is in them."""
    wire = endpoint.encode(TokenAnswer("a", expires_in=60))
    assert wire.body == b')]}\',{"access_token":"a","expires_in":1}'
    answer = dialect.calls[0].decode(wire, now_ms=NOW_MS)
    assert (answer.expires_in, answer.scope, answer.extras) == (60, None, None)


def test_every_carrier_is_described(dialect):
    """Path, query, header, cookie, bearer, JSON and form."""
    document = openapi([dialect], server_url="/", title="x", version="1")
    operation = document["paths"]["/v1/{account}/renew"]["put"]
    described = {(each["in"], each["name"]): each for each in operation["parameters"]}
    assert set(described) == {
        ("cookie", "client"),
        ("path", "account"),
        ("header", "X-Live"),
        ("header", "X-Mode"),
        ("header", "X-Stamp"),
        ("query", "page"),
        ("query", "version"),
        ("query", "beta"),
    }
    assert described["path", "account"]["required"]
    assert described["query", "version"]["schema"]["enum"] == [3]
    assert described["header", "X-Live"]["schema"] == {"type": "boolean"}
    assert operation["security"] == [{"bearer": []}, {}]
    content = operation["requestBody"]["content"]
    nested = content["application/json"]["schema"]["properties"]
    assert nested["a"] == {"type": "object", "properties": {"b": {"type": "boolean"}}}
    assert list(content["application/x-www-form-urlencoded"]["schema"]["properties"]) == ["rt"]
    schemas = document["components"]["schemas"]
    assert schemas["CarriersAnswer"]["properties"]["access_expires_at"]["pattern"] == "^[0-9]+$"


def test_messages_show_nothing():
    """A message in a log or a traceback gives nothing away."""
    shown = [
        repr(TokenRequest("refresh_token", refresh_token="s3cret")),
        repr(TokenAnswer("s3cret", expires_in=5)),
    ]
    assert shown == [
        "TokenRequest(grant_type='refresh_token', …)",
        "TokenAnswer(expires_in=5, …)",
    ]
