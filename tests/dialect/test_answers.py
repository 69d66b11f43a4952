"""Answers that are more than an object with RFC 6749's names in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect.formats import FORMATS, expiry_of
from tests.dialect.exchange import NOW_MS
from tests.dialect.reading import jwt, read, refused

NOW = NOW_MS // 1000


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
