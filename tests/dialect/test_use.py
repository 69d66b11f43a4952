"""``[use]``: how an API takes the access token, and how it says that the token has expired."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import builtin, check, load
from remint.errors import ConfigurationError
from remint.secret import Secret

FILE = """\
name = "vendor"
[call.refresh_token]
path = "/renew"
request.refresh_token = { in = "form" }
[answer.fields]
access_token = {}
"""


@pytest.fixture
def use_of(tmp_path):
    def make(text=""):
        file = tmp_path / "vendor.toml"
        file.write_text(FILE + text)
        assert check(file) == []
        return load(file).use

    return make


def test_without_a_table_it_is_bearer_and_401(use_of):
    """RFC 6750 §2.1 and §3.1."""
    use = use_of()
    assert use.headers("t", {}) == [("Authorization", "Bearer t")]
    assert use.query("t", {}) == []
    assert (use.header_name, use.reads_body, use.inputs) == ("Authorization", False, ())
    assert use.expired(401, b"") and not use.expired(403, b"") and not use.expired(200, b"")


@pytest.mark.parametrize(
    "field, headers, query, header_name",
    [
        ('{ in = "bearer" }', [("Authorization", "Bearer t")], [], "Authorization"),
        ('{ in = "header", name = "X-Key" }', [("X-Key", "t")], [], "X-Key"),
        (
            '{ in = "header", name = "Authorization", prefix = "Zoho-oauthtoken " }',
            *([("Authorization", "Zoho-oauthtoken t")], [], "Authorization"),
        ),
        ('{ in = "query" }', [], [("access_token", "t")], ""),
        ('{ in = "cookie", name = "session" }', [("Cookie", "session=t")], [], "Cookie"),
    ],
)
def test_the_token_travels_where_the_file_says(use_of, field, headers, query, header_name):
    """In any of four carriers, under any name, after any word."""
    use = use_of(f"[use.request]\naccess_token = {field}\n")
    assert use.headers("t", {}) == headers
    assert use.query("t", {}) == query
    assert use.header_name == header_name


MORE = """\
[use.request]
api_key = { in = "header", name = "x-api-key" }
client_number = { in = "header", name = "X-Partner" }
extras.accept = { in = "header", name = "accept", value = "application/json" }
extras.shop = { in = "query", name = "shop_id" }
extras.tenant = { in = "header", name = "X-Tenant", required = false }
extras.lang = { in = "cookie", required = false, title = "Language" }
extras.pin = { in = "cookie", required = false, secret = true }
"""


def test_more_than_the_token_may_be_shown(use_of):
    """Credentials by meaning, extras by ``extras.NAME``; constants; what is optional, where it is there."""
    use = use_of(MORE)
    given = {"api_key": "k", "client_number": 7, "extras.shop": True, "client_secret": "never"}
    shown = [
        ("Authorization", "Bearer t"),
        ("x-api-key", "k"),
        ("X-Partner", "7"),
        ("accept", "application/json"),
    ]
    assert use.headers("t", given) == shown
    assert use.query("t", given) == [("shop_id", "true")]
    more = {"extras.tenant": "eu", "extras.lang": "de", "extras.pin": "1"}
    assert use.headers("t", given | more) == [
        *shown,
        ("X-Tenant", "eu"),
        ("Cookie", "lang=de; pin=1"),
    ]
    asked = {each.meaning: (each.title, each.secret, each.required) for each in use.inputs}
    assert asked == {
        "api_key": ("Api key", True, True),
        "client_number": ("Client number", False, True),
        "extras.shop": ("Shop", False, True),
        "extras.tenant": ("Tenant", False, False),
        "extras.lang": ("Language", False, False),
        "extras.pin": ("Pin", True, False),
    }


def test_what_is_lacking_is_named(use_of):
    """And nothing is shown without it."""
    use = use_of(MORE)
    with pytest.raises(ConfigurationError, match=r"^api_key: "):
        use.headers("t", {"client_number": 7})
    with pytest.raises(ConfigurationError, match=r"^extras\.shop: "):
        use.query("t", {"api_key": "k"})


@pytest.mark.parametrize("poison", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "ä"])
def test_no_value_ends_a_header(use_of, poison):
    """Neither the token nor a credential; and the error does not repeat them."""
    use = use_of(MORE)
    good = {"api_key": "k", "client_number": 7}
    for token, given_ in ((poison, good), ("t", good | {"api_key": poison})):
        with pytest.raises(ConfigurationError, match="cannot travel in a header") as caught:
            use.headers(token, given_)
        assert poison not in str(caught.value)


@pytest.mark.parametrize("value", [Secret("s3cret"), 1.5, ["k"], b"k"])
def test_only_text_and_numbers_are_shown(use_of, value):
    """A mask, or the repr of something, would be sent in good faith."""
    with pytest.raises(ConfigurationError, match=r"^api_key: cannot travel") as caught:
        use_of(MORE).headers("t", {"api_key": value, "client_number": 7})
    assert "s3cret" not in str(caught.value)


@given(
    token=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
    key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
)
def test_what_is_shown_is_what_was_given(token, key):
    """GenLogs: the token in a header of its own, beside the company's key."""
    shown = dict(builtin("genlogs").use.headers(token, {"api_key": key}))
    assert shown == {"Access-Token": token, "x-api-key": key, "accept": "application/json"}


def test_genlogs_says_where_the_token_goes():
    """Not in ``Authorization``."""
    use = builtin("genlogs").use
    assert use.header_name == "Access-Token"
    assert [each.meaning for each in use.inputs] == ["api_key"]
    assert use.expired(401, b'{"detail":"Invalid or expired token."}')


@pytest.mark.parametrize(
    "status, body, expired",
    [
        (401, {"message": "Expired token"}, True),
        (401, None, True),
        (200, {"error": {"code": 412, "message": "Expired token"}}, True),
        (400, {"status": "failed", "data": {"code": "412"}}, True),
        (200, [{"code": 412}], True),
        (200, {"code": 412}, False),
        (200, {"error": {"code": 411}}, False),
        (200, {"data": {"deep": {"code": 412}}}, False),
        (200, {"data": {"code": True}}, False),
        (412, None, False),
        (200, None, False),
        (500, "412", False),
    ],
)
def test_eshopbox_hides_an_expiry_in_an_envelope(status, body, expired):
    """401, or an inner ``code`` of 412."""
    use = builtin("eshopbox").use
    assert use.reads_body
    assert use.expired(status, b"" if body is None else json.dumps(body).encode()) is expired


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{", b"[" * 100_000, b"412"])
def test_a_body_that_is_no_json_says_nothing(body):
    """The status may."""
    use = builtin("eshopbox").use
    assert not use.expired(200, body)
    assert use.expired(401, body)


def test_rules_are_like_those_of_a_failure(use_of):
    """Status, presence, equality, difference; any of them is enough."""
    use = use_of(
        '[[use.expired]]\nstatus = [401, 419]\npath = "error"\nequals = ["old", 7]\n'
        '[[use.expired]]\npath = ["auth", "expired_at"]\npresent = true\n'
        '[[use.expired]]\nstatus = 403\npath = "ok"\ndiffers = true\n'
    )
    assert use.expired(419, b'{"error":"old"}') and use.expired(401, b'{"error":7}')
    assert not use.expired(401, b'{"error":"new"}') and not use.expired(200, b'{"error":"old"}')
    assert use.expired(200, b'{"auth":{"expired_at":1}}')
    assert use.expired(403, b'{"ok":false}') and not use.expired(403, b'{"ok":true}')


@pytest.mark.parametrize(
    "text, line, key, message, expected",
    [
        ("use = 5", 7, "answer.fields.use", "is no meaning of an answer", "one of access_token"),
        ("[use]\nreqest = {}", 8, "use.reqest", "did you mean 'request'?", "request, expired"),
        (
            '[use.request]\nrefresh_token = { in = "header" }',
            *(8, "use.request.refresh_token", "is no meaning of a use", "access_token, client_id"),
        ),
        (
            '[use.request]\napi_key = { name = "k" }',
            *(8, "use.request.api_key", "the key 'in' is missing", 'one of "header"'),
        ),
        (
            '[use.request]\naccess_token = { in = "json" }',
            *(8, "use.request.access_token.in", "'json' is not known", "header, bearer, query"),
        ),
        (
            '[use.request]\naccess_token = { value = "x" }',
            *(8, "use.request.access_token.value", "is always shown", "{access_token}"),
        ),
        (
            "[use.request]\naccess_token = { required = false }",
            *(8, "use.request.access_token.required", "is always shown", "{access_token}"),
        ),
        (
            '[use.request]\napi_key = { in = "header", name = "a b" }',
            *(8, "use.request.api_key.name", "'a b' cannot name a header", "an HTTP field name"),
        ),
        (
            '[use.request]\napi_key = { in = "query", prefix = "x" }',
            *(8, "use.request.api_key.prefix", "only a header has one", 'in = "header"'),
        ),
        (
            '[use.request]\napi_key = { in = "header", prefix = "a\\nb" }',
            *(8, "use.request.api_key.prefix", "cannot stand in a header", "printable ASCII"),
        ),
        (
            '[use.request]\napi_key = { in = "header", secret = false }',
            *(8, "use.request.api_key.secret", "api_key is never anything else", "true"),
        ),
        (
            '[use.request]\nextras.a = { in = "query", value = "x", secret = true }',
            *(8, "use.request.extras.a.secret", "is no secret", "no value"),
        ),
        (
            '[use.request]\napi_key = { in = "header", name = "authorization" }',
            *(8, "use.request.api_key", "where access_token travels already", "a place of its"),
        ),
        (
            '[use.request]\napi_key = { in = "query", name = "k" }\nextras.k = { in = "query" }',
            *(9, "use.request.extras.k", "where api_key travels already", "a place of its"),
        ),
        (
            "[[use.expired]]\npresent = true",
            *(8, "use.expired[0].present", "there is nothing to test", "a path as well"),
        ),
        (
            '[[use.expired]]\npath = "x"',
            *(7, "use.expired[0]", "recognises nothing", "status, or path with one of"),
        ),
        (
            '[[use.expired]]\ncode = "invalid_grant"\nstatus = 401',
            *(8, "use.expired[0].code", "is no key of a sign of expiry", "one of status, path"),
        ),
        (
            "[[use.expired]]\nstatus = [401, 200]",
            *(8, "use.expired[0].status", "every success for an expired token", "a status that"),
        ),
        (
            '[[use.expired]]\npath = "ok"\npresent = false',
            *(7, "use", "takes the answer 200 without a body for an expired token", "an API"),
        ),
        (
            '[use.request]\nextras.a = { in = "header", value = "ä" }',
            *(8, "use.request.extras.a.value", "cannot stand in a header", "printable ASCII"),
        ),
    ],
)
def test_contradictions_are_refused(tmp_path, text, line, key, message, expected):
    """With file, line and key, and what would do."""
    file = tmp_path / "vendor.toml"
    file.write_text(FILE + text)
    (error,) = check(file)
    assert (error.file, error.line, error.key) == (file, line, key)
    assert message in error.message
    assert expected in (error.expected or "")
