"""Malformed requests: each is refused in the dialect's own words, and nothing but ``Refusal`` is raised."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import builtin, load
from remint.errors import Refusal
from tests.dialect.exchange import EXAMPLE, FORM, JSON, Arrival, endpoint_of, refusal_of
from tests.dialect.malformed import GRANT, RT, TABLE, TOKEN, VALID, form, genlogs


def endpoint(name):
    return endpoint_of(load(EXAMPLE) if name == "harbourline" else builtin(name))


@pytest.mark.parametrize("name", VALID)
def test_the_request_that_is_varied_is_accepted(name):
    """Each table below changes one thing about a request that is sound."""
    assert VALID[name].at(endpoint(name)).refresh_token == TOKEN.decode()


@pytest.mark.parametrize("case", TABLE)
def test_a_malformed_request_is_refused(case):
    """The code, and whose fault it is; the words never hold what was sent."""
    name, request, *expected = TABLE[case]
    refusal = refusal_of(endpoint(name), request)
    assert [refusal.code, refusal.where, refusal.name, refusal.kind] == expected
    answer = endpoint(name).refuse(refusal, "id")
    assert 400 <= answer.status < 500
    assert TOKEN not in answer.body


@pytest.mark.parametrize(
    "raw",
    [
        b"+1",
        b" 1",
        b"1.0",
        b"1e3",
        b"0x10",
        b"007",
        b"-0",
        b"--1",
        b"1_000",
        b"2147483648",
        b"-2147483649",
        b"9" * 400,
        b"abc",
        b"\xb2",
        "١٢".encode(),
        b"1\x00",
        b"1\n",
    ],
)
def test_a_partner_number_has_one_spelling(raw):
    """contracts/partner.md: absent, not a number, or outside int32: 400, naming the header."""
    refusal = refusal_of(endpoint("partner"), VALID["partner"].header(b"partnerid", raw))
    assert (refusal.code, refusal.name, refusal.kind) == ("invalid_request", "partnerId", "type")
    assert "partnerId" in refusal.description


@pytest.mark.parametrize("number", [-(2**31), -1, 0, 1, 2**31 - 1])
def test_a_partner_number_may_be_any_int32(number):
    """The whole range of the type."""
    request = VALID["partner"].header(b"partnerid", str(number).encode())
    assert request.at(endpoint("partner")).client_number == number


@pytest.mark.parametrize("blank", [b" ", b"\t ", b"  "])
def test_blanks_after_a_header_are_none_of_its_value(blank):
    """RFC 9110 §5.5; a server may leave them to us. A value of blanks alone is none."""
    request = VALID["partner"].header(b"partnerid", b"17" + blank)
    assert request.at(endpoint("partner")).client_number == 17
    request = VALID["genlogs"].header(b"x-api-key", b"k" + blank)
    assert request.at(endpoint("genlogs")).api_key == "k"
    refusal = refusal_of(endpoint("genlogs"), VALID["genlogs"].header(b"x-api-key", blank))
    assert (refusal.code, refusal.kind) == ("invalid_client", "length")


def double(name):
    """The second of two equal members, hidden in every way that JSON knows."""
    plain = f'"{name}":"x"'
    escaped = f'"{name[:-1]}\\u{ord(name[-1]):04x}":"x"'
    return [
        plain + "," + plain,
        plain + "," + escaped,
        escaped + "," + escaped,
        f'"{name}" :"y",{plain}',
    ]


@pytest.mark.parametrize(
    "name, member, rest",
    [
        (
            "eshopbox",
            "refresh_token",
            '"client_id":"i","client_secret":"s","grant_type":"refresh_token"',
        ),
        ("eshopbox", "grant_type", '"client_id":"i","client_secret":"s","refresh_token":"r"'),
        (
            "eshopbox",
            "client_secret",
            '"client_id":"i","grant_type":"refresh_token","refresh_token":"r"',
        ),
        ("partner", "refreshToken", '"a":"refreshToken"'),
        ("genlogs", "refresh_token", '"a":1'),
    ],
)
def test_a_doubled_member_is_found_however_it_is_spelled(name, member, rest):
    """RFC 8259 §4: what doubled names mean is anybody's guess, so they mean nothing here."""
    for doubled in double(member):
        for body in (f"{{{doubled},{rest}}}", f"{{{rest}, {doubled} }}"):
            request = replace(VALID[name], query=b"", body=body.encode()).header(*JSON)
            refusal = refusal_of(endpoint(name), request)
            assert (refusal.code, refusal.name, refusal.kind) == (
                "invalid_request",
                member,
                "duplicate",
            )


@pytest.mark.parametrize(
    "name, body",
    [
        ("eshopbox", b'{"unknown":1,"unknown":2,%s'),
        ("eshopbox", b'{"note":"\\"refresh_token\\":",%s'),
        ("eshopbox", b'{"refresh\\u005ftoke":1,%s'),
        ("eshopbox", b'{"note":["refresh_token" , "refresh_token"],%s'),
    ],
)
def test_what_only_looks_doubled_is_accepted(name, body):
    """Unknown members are ignored (RFC 6749 §3.2), and so is a name that is a value."""
    valid = VALID[name]
    request = replace(valid, body=body % valid.body[1:])
    assert request.at(endpoint(name)).refresh_token == TOKEN.decode()


@pytest.mark.parametrize(
    "name, request_",
    [
        ("oauth2", form(GRANT + RT + b"&unknown=1&unknown=2")),
        ("oauth2", form(GRANT + RT + b"&scope=")),
        ("oauth2", form(GRANT + RT + b"&client_id=app")),
        ("oauth2", VALID["oauth2"].header(b"content-type")),
        (
            "oauth2",
            VALID["oauth2"].header(FORM[0], b'Application/X-WWW-Form-Urlencoded; Charset="UTF-8"'),
        ),
        ("eshopbox", VALID["eshopbox"].header(b"content-type")),
        ("eshopbox", VALID["eshopbox"].header(b"content-type", b"application/vnd.api+json")),
        ("eshopbox", replace(VALID["eshopbox"], query=b"%zz&refresh_token=x")),
        ("genlogs", VALID["genlogs"].header(b"accept", b"text/html", b"*/*")),
        ("genlogs", VALID["genlogs"].header(*FORM)),
        ("genlogs", genlogs(RT + b"&refresh_token2=x&&=")),
    ],
)
def test_what_a_dialect_does_not_read_does_not_matter(name, request_):
    """Unknown parameters, an empty optional one, a missing content type, another carrier's contents."""
    assert request_.at(endpoint(name)).refresh_token == TOKEN.decode()


junk = st.binary(max_size=60) | st.sampled_from(
    [VALID[name].body for name in VALID] + [b"{}", b'{"refresh_token":null}']
)
names = st.sampled_from(
    [b"content-type", b"authorization", b"partnerid", b"granttype", b"x-api-key", b"cookie"]
)


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=60)
@given(
    query=junk,
    body=junk,
    headers=st.lists(st.tuples(names, junk | st.just(JSON[1]) | st.just(FORM[1])), max_size=5),
)
def test_junk_is_refused_and_never_breaks(name, query, body, headers):
    """Whatever arrives: a request, or a ``Refusal`` that the dialect can word."""
    at = endpoint(name)
    try:
        Arrival("/", query, tuple(headers), body).at(at)
    except Refusal as refusal:
        answer = at.refuse(refusal, "id")
    else:
        return
    assert msgspec.json.decode(answer.body)


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=60)
@given(data=st.data())
def test_a_flipped_byte_is_refused_or_read(name, data):
    """A sound request with one byte changed never breaks the decoder either."""
    valid, at = VALID[name], endpoint(name)
    raw = bytearray(valid.query or valid.body)
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    part = bytes(raw)
    changed = replace(valid, query=part) if valid.query else replace(valid, body=part)
    try:
        changed.at(at)
    except Refusal as refusal:
        status = at.refuse(refusal, "id").status
    else:
        return
    assert status in (400, 401, 403, 422)
