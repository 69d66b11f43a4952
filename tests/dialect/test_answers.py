"""Answers that are more than an object with RFC 6749's names in it."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import TokenAnswer, WireAnswer, load
from remint.dialect.formats import FORMATS, expiry_of
from remint.errors import Refusal
from tests.dialect.exchange import NOW_MS

NOW = NOW_MS // 1000
CALL = """
name = "x"
serve = false
[call.refresh_token]
path = "/x"
request.refresh_token = { in = "json" }
[answer]
"""
text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)
token = st.text("abcXYZ019-._~+/=", min_size=1, max_size=60)


def reader(tmp_path, answer, served=False):
    file = tmp_path / "x.toml"
    file.write_text(CALL.replace("serve = false" if served else "\0", "") + answer)
    return load(file)


def read(tmp_path, answer, body, status=200):
    call = reader(tmp_path, answer).calls[0]
    found = call.decode(WireAnswer(status, [], body), now_ms=NOW_MS)
    return {k: v for k, v in msgspec.to_builtins(found).items() if v is not None}


def refused(tmp_path, answer, body, status=200):
    with pytest.raises(Refusal) as caught:
        read(tmp_path, answer, body, status)
    return caught.value


def jwt(claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


@pytest.mark.parametrize(
    "written, seconds",
    [
        ("2h", 7200),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("45s", 45),
        ("7d", 604800),
        ("2w", 1209600),
        ("PT1H", 3600),
        ("PT1H30M", 5400),
        ("P1DT2H", 93600),
        ("P30D", 2592000),
        ("PT0S", 0),
    ],
)
def test_a_duration_is_understood(written, seconds):
    """As people write it, and as ISO 8601 does."""
    assert FORMATS["duration"].read(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "3600",
        "1h30",
        "m",
        "-1h",
        "1.5h",
        "1m1h",
        "P1Y",
        "P",
        "PT",
        "P1H",
        "1 hour",
        3600,
        "9" * 99 + "s",
    ],
)
def test_what_is_no_duration_is_not_guessed(written):
    """A number without a unit might be anything."""
    with pytest.raises(ValueError, match="not a duration"):
        FORMATS["duration"].read(written)


@given(st.integers(0, 10**9))
def test_a_duration_comes_back(seconds):
    """read∘write is the identity."""
    write = FORMATS["duration"].write
    assert write is not None
    assert FORMATS["duration"].read(write(seconds)) == seconds


TOLD = """
[answer.fields]
access_token = {}
access_expires_at = { format = "jwt" }
refresh_token = { required = false }
refresh_expires_at = { format = "jwt", required = false }
"""


def test_a_token_tells_its_own_end(tmp_path):
    """The exp of each of two JWTs; the second may be no JWT."""
    body = {"access_token": jwt({"exp": NOW + 60}), "refresh_token": jwt({"exp": NOW + 90.9})}
    found = read(tmp_path, TOLD, json.dumps(body).encode())
    assert found["access_expires_at"] == NOW + 60
    assert found["expires_in"] == 60
    assert found["refresh_expires_at"] == NOW + 90
    body["refresh_token"] = "opaque"
    assert "refresh_expires_at" not in read(tmp_path, TOLD, json.dumps(body).encode())


@pytest.mark.parametrize(
    "claims", [{}, {"exp": "soon"}, {"exp": -1}, {"exp": True}, [], None, {"exp": 1e300}]
)
def test_a_token_that_does_not_tell_is_not_taken(tmp_path, claims):
    """Where the dialect promises an exp and there is none that can be, the answer is not understood."""
    body = json.dumps({"access_token": jwt(claims)}).encode()
    assert refused(tmp_path, TOLD, body).outcome == "later"


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: f"a.{raw.hex()}.b"))
def test_no_token_breaks_the_reader(text):
    """An opaque token has no expiry, whatever it looks like."""
    assert expiry_of(text) is None


SINCE = """
[answer.fields]
access_token = {}
expires_in = { since = { name = ["meta", "t"], format = "epoch-ms" }, required = false }
refresh_expires_in = { since = { name = "issued_at" }, required = false }
"""


def test_a_span_may_be_counted_from_a_moment(tmp_path):
    """The server's own clock: what is left is counted from there, and never below nothing."""
    body = b'{"access_token":"a","expires_in":100,"meta":{"t":%d}}'
    found = read(tmp_path, SINCE, body % (NOW_MS - 40_000))
    assert (found["expires_in"], found["access_expires_at"]) == (60, NOW + 60)
    found = read(tmp_path, SINCE, body % 0)
    assert (found["expires_in"], found["access_expires_at"]) == (0, 100)
    body = b'{"access_token":"a","refresh_expires_in":100,"issued_at":"2027-01-15T08:00:01Z"}'
    assert read(tmp_path, SINCE, body)["refresh_expires_at"] == NOW + 101


def test_a_moment_may_be_left_out_with_its_span(tmp_path):
    """Then it is counted from now; a moment that cannot be read is another thing."""
    body = b'{"access_token":"a","expires_in":100}'
    assert read(tmp_path, SINCE, body)["access_expires_at"] == NOW + 100
    assert read(tmp_path, SINCE, b'{"access_token":"a"}') == {
        "access_token": "a",
        "token_type": "Bearer",
    }
    bad = b'{"access_token":"a","expires_in":100,"meta":{"t":"soon"}}'
    assert refused(tmp_path, SINCE, bad).name == "meta.t"


def test_an_epoch_in_disguise_is_not_recognised(tmp_path):
    """What the dialect calls seconds is seconds: nothing is guessed from how large it is."""
    answer = "fields.access_token = {}\nfields.expires_in = {}"
    body = b'{"access_token":"a","expires_in":1800003600}'
    assert read(tmp_path, answer, body)["access_expires_at"] == NOW + 1800003600


EXTENDS = """
extends = true
[answer.fields]
extras.code = { name = ["result", "code"], value = 0 }
expires_in = { value = 60 }
scope = { required = false }
[[failure]]
path = "error"
present = true
code = "invalid_grant"
"""


def test_an_answer_without_a_token_extends_the_old_one(tmp_path):
    """The empty token means: the old one lives on, and for how long."""
    found = read(tmp_path, EXTENDS, b'{"result":{"code":0},"scope":"a"}')
    assert found["access_token"] == ""
    assert (found["access_expires_at"], found["scope"]) == (NOW + 60, "a")


@pytest.mark.parametrize(
    "body, outcome",
    [
        (b"{}", "later"),
        (b'{"result":{}}', "later"),
        (b'{"result":{"code":7}}', "later"),
        (b'{"result":{"code":"0"}}', "later"),
        (b'{"result":{"code":false}}', "later"),
        (b'{"result":{"code":null}}', "later"),
        (b"<html>", "later"),
        (b'{"result":{"code":0},"error":"gone"}', "dead"),
    ],
)
def test_only_what_says_so_extends_a_token(tmp_path, body, outcome):
    """Nothing is extended by an answer that does not say that all is well."""
    assert refused(tmp_path, EXTENDS, body).outcome == outcome


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


LIST = """
[answer.fields]
access_token = { name = ["tokens", 0, "value"] }
refresh_token = { name = ["tokens", 1, "value"], required = false }
extras.kind = { name = ["tokens", 0, "kind"], required = false }
[[failure]]
path = ["errors", 0, "code"]
equals = 7
code = "invalid_grant"
description = ["errors", 0, "texts", 1]
"""


def test_tokens_may_be_in_an_array(tmp_path):
    """Each at its index, and a failure as well."""
    body = b'{"tokens":[{"value":"a","kind":"k"},{"value":"r"}]}'
    found = read(tmp_path, LIST, body)
    assert (found["access_token"], found["refresh_token"]) == ("a", "r")
    assert found["extras"] == {"kind": "k"}
    assert "refresh_token" not in read(tmp_path, LIST, b'{"tokens":[{"value":"a"}]}')
    refusal = refused(tmp_path, LIST, b'{"errors":[{"code":7,"texts":["x","y"]}]}')
    assert (refusal.outcome, refusal.description) == ("dead", "y")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"tokens":[]}', b'{"tokens":{"0":{"value":"a"}}}', b'{"tokens":[["a"]]}']
)
def test_an_array_that_is_none_holds_no_token(tmp_path, body):
    """A place that cannot be reached is an empty one."""
    assert refused(tmp_path, LIST, body).name == "tokens.0.value"


RULES = """
fields.access_token = {}
[[failure]]
path = "error"
present = true
code = "invalid_grant"
[[failure]]
path = "code"
differs = ["0", 0]
code = "invalid_client"
[[failure]]
path = "ok"
equals = false
code = "slow_down"
"""


@pytest.mark.parametrize("nothing", [b'""', b"null", b"[]", b"{}"])
def test_an_empty_error_is_none(tmp_path, nothing):
    """Shopee puts it into every success."""
    body = b'{"access_token":"a","error":%s,"code":0,"ok":true}' % nothing
    assert read(tmp_path, RULES, body)["access_token"] == "a"


@pytest.mark.parametrize(
    "body, code",
    [
        (b'{"error":"x"}', "invalid_grant"),
        (b'{"error":7}', "invalid_grant"),
        (b'{"error":{"x":1}}', "invalid_grant"),
        (b'{"error":false}', "invalid_grant"),
        (b'{"code":7}', "invalid_client"),
        (b'{"code":false}', "invalid_client"),
        (b'{"ok":false}', "slow_down"),
        (b'{"ok":0}', "server_error"),
        (b"{}", "server_error"),
        (b"<html>", "server_error"),
    ],
)
def test_what_is_not_there_differs_from_nothing(tmp_path, body, code):
    """A proxy's page has no code at all, and so no wrong one: it is no verdict on the token."""
    assert refused(tmp_path, RULES, body).code == code


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
