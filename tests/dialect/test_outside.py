"""What stands outside the body of an answer, dates in their zones, and constants that are no single value."""

from __future__ import annotations

import pytest

from remint.dialect import TokenAnswer, TokenRequest, WireAnswer, load
from remint.errors import DialectError, Refusal
from tests.dialect.exchange import BASE_URL, NOW_MS

NOW = NOW_MS // 1000
CALL = """
name = "x"
[call.refresh_token]
path = "/t"
request.refresh_token = { in = "json" }
"""


def dialect_of(tmp_path, text, serve=False):
    file = tmp_path / "x.toml"
    file.write_text(text.replace('name = "x"', f'name = "x"\nserve = {str(serve).lower()}', 1))
    return load(file)


def read(tmp_path, text, headers=(), body=b"", status=200):
    call = dialect_of(tmp_path, CALL + text).call("refresh_token")
    return call.decode(WireAnswer(status, list(headers), body), now_ms=NOW_MS)


COOKIES = """
[answer]
status = 204
[answer.fields]
access_token = { in = "cookie", name = "a" }
expires_in = { in = "cookie", name = ["a", "Max-Age"] }
refresh_token = { in = "cookie", name = "r", required = false }
refresh_expires_at = { in = "cookie", name = ["r", "Expires"], format = "http-date", required = false }
"""


def test_cookies_are_read(tmp_path):
    """The last one counts; attributes are named without regard to case."""
    headers = [
        (b"set-cookie", b"a=old; Max-Age=1"),
        (b"Set-Cookie", b"a=new; Path=/; max-age=900; HttpOnly"),
        (b"set-cookie", b"r=2; Expires=Sat, 16 Jan 2027 08:00:00 GMT"),
    ]
    found = read(tmp_path, COOKIES, headers, status=204)
    assert (found.access_token, found.expires_in) == ("new", 900)
    assert (found.refresh_token, found.refresh_expires_at) == ("2", NOW + 86_400)


@pytest.mark.parametrize("headers", [[], [(b"set-cookie", b"a=; Max-Age=0")]])
def test_a_cookie_that_is_taken_away_is_none(tmp_path, headers):
    with pytest.raises(Refusal) as caught:
        read(tmp_path, COOKIES, headers, status=204)
    assert (caught.value.name, caught.value.outcome) == ("a", "later")


def test_a_header_may_begin_with_a_word(tmp_path):
    text = '[answer.fields]\naccess_token = { in = "header", name = "Authorization", prefix = "Bearer " }'
    assert read(tmp_path, text, [(b"authorization", b"Bearer t")]).access_token == "t"
    with pytest.raises(Refusal):
        read(tmp_path, text, [(b"authorization", b"Basic t")])


def test_an_array_may_be_the_answer(tmp_path):
    """Spans of hours and days, and a member with a dot in its name."""
    text = """[answer.fields]
access_token = { name = [0, "api.token"] }
expires_in = { name = [0, "hours"], format = "hours" }
refresh_expires_in = { name = [1], format = "days-text", required = false }
"""
    found = read(tmp_path, text, body=b'[{"api.token": "t", "hours": 2}, "30"]')
    assert (found.access_token, found.expires_in) == ("t", 7200)
    assert found.refresh_expires_at == NOW + 30 * 86_400
    with pytest.raises(Refusal):
        read(tmp_path, text, body=b'{"api.token": "t"}')


@pytest.mark.parametrize(
    "key, value",
    [
        ('format = "%Y-%m-%d %H:%M:%S", zone = "+09:00"', "2027-01-16 17:00:00"),
        ('format = "%d.%m.%Y %H:%M:%S", zone = "-05:30"', "16.01.2027 02:30:00"),
        ('format = "%Y%m%d%H%M%S%f%z"', "20270116160000000+0800"),
        ('format = "%Y-%m-%d"', "2027-01-16"),
        ('format = "http-date"', "Sat, 16 Jan 2027 08:00:00 GMT"),
    ],
)
def test_dates_are_read_in_their_zone(tmp_path, key, value):
    text = f'[answer.fields]\naccess_token = {{}}\naccess_expires_at = {{ name = "e", {key} }}'
    found = read(tmp_path, text, body=b'{"access_token": "t", "e": "%b"}' % value.encode())
    assert found.access_expires_at - NOW in (86_400, 57_600)
    with pytest.raises(Refusal):
        read(tmp_path, text, body=b'{"access_token": "t", "e": "soon"}')


@pytest.mark.parametrize(
    "key",
    ['"%Y-%m-%d %H:%M:%S", zone = "+09:00"', '"%Y%m%dT%H%M%S%z"', '"http-date"'],
)
def test_dates_are_served_as_they_are_read(tmp_path, key):
    text = f"[answer.fields]\naccess_token = {{}}\naccess_expires_at = {{ format = {key} }}"
    dialect = dialect_of(tmp_path, CALL + text, serve=True)
    answer = dialect.endpoints[0].encode(TokenAnswer("t", access_expires_at=NOW + 77))
    assert dialect.call("refresh_token").decode(answer, now_ms=NOW_MS).access_expires_at == NOW + 77


def test_absence_may_mean_something(tmp_path):
    text = "[answer.fields]\naccess_token = {}\nexpires_in = { required = false, default = 60 }"
    assert read(tmp_path, text, body=b'{"access_token": "t"}').access_expires_at == NOW + 60
    body = b'{"access_token": "t", "expires_in": 7}'
    assert read(tmp_path, text, body=body).access_expires_at == NOW + 7


def test_a_known_span_is_counted_from_its_issue(tmp_path):
    text = """[answer.fields]
access_token = {}
expires_in = { value = 7200, since = { name = "at", format = "epoch-ms-text" } }
"""
    body = b'{"access_token": "t", "at": "%d"}' % (NOW_MS - 10_000)
    assert read(tmp_path, text, body=body).access_expires_at == NOW + 7190


@pytest.mark.parametrize(
    "clock, zone, left",
    [("08:00", "+00:00", 86_400), ("13:31", "+05:30", 60), ("02:29:59", "-05:30", 86_399)],
)
def test_a_token_ends_with_the_day(tmp_path, clock, zone, left):
    """It is eight in the morning in Greenwich."""
    ends = f'{{ daily = "{clock}", zone = "{zone}" }}'
    text = f"[answer.fields]\naccess_token = {{}}\naccess_expires_at = {ends}"
    found = read(tmp_path, text, body=b'{"access_token": "t"}')
    assert found.access_expires_at - NOW == left


def test_failures_are_told_by_words_and_headers(tmp_path):
    text = """[answer.fields]
access_token = {}
[[failure]]
path = "words"
contains = ["expired", "revoked"]
code = "invalid_grant"
[[failure]]
header = "X-Error"
equals = "E7"
code = "slow_down"
"""
    for headers, body, code in (
        ([], b'{"words": "E1: it has expired."}', "invalid_grant"),
        ([(b"x-error", b"E7")], b"", "slow_down"),
        ([(b"x-error", b"E8")], b"", "invalid_request"),
    ):
        with pytest.raises(Refusal) as caught:
            read(tmp_path, text, headers, body, status=400)
        assert caught.value.code == code


def test_constants_may_be_more_than_one_value(tmp_path):
    text = """
name = "x"
[call.refresh_token]
path = "/t"
[call.refresh_token.request]
refresh_token = { in = "header", name = "X-Refresh" }
extras.resource = { in = "query", value = ["a b", "c"] }
extras.flags = { in = "json", value = [1, true, 0.5, { x = [] }] }
extras.count = { in = "json", value = 3 }
extras.when = { in = "header", generate = "http-date", ahead_seconds = 60 }
[answer.fields]
access_token = {}
"""
    call = dialect_of(tmp_path, text).call("refresh_token")
    request = TokenRequest("refresh_token", refresh_token="r")
    wire = call.encode(request, base_url=BASE_URL, now_ms=NOW_MS, random=bytes)
    assert wire.url == f"{BASE_URL}/t?resource=a+b&resource=c"
    assert wire.body == b'{"flags":[1,true,0.5,{"x":[]}],"count":3}'
    assert ("when", "Fri, 15 Jan 2027 08:01:00 GMT") in wire.headers


@pytest.mark.parametrize(
    "text",
    [
        CALL + '[answer.fields]\naccess_token = { in = "header" }',
        CALL + '[answer.fields]\naccess_token = {}\naccess_expires_at = { daily = "06:00" }',
        CALL
        + 'request.extras.a = { in = "json", value = [1] }\n[answer.fields]\naccess_token = {}',
    ],
)
def test_they_are_not_served(tmp_path, text):
    with pytest.raises(DialectError, match="no endpoint can do that"):
        dialect_of(tmp_path, text, serve=True)
