"""Providers that the catalogue does not have, each odd in its own way: the vocabulary reaches them.

Their files stand in ``data/strangers``; signatures are made here by hand.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, quote

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from remint.dialect import TokenRequest, WireAnswer, check, load
from remint.dialect.jws import sample_key
from remint.errors import Refusal
from tests.dialect.exchange import NOW_MS

FILES = sorted((Path(__file__).parent / "data" / "strangers").glob("*.toml"))
NOW = NOW_MS // 1000
DAY = 86_400
PEM = sample_key("RS256")
EXTRAS = {"region": "eu", "host": "id.example.org", "shop": "s", "token_secret": "t&s"}
CLAIMS = base64.urlsafe_b64encode(b'{"exp": %d}' % (NOW + 900)).decode().rstrip("=")
JWT = f"h.{CLAIMS}.s"

#: Status, headers and body of a success; and what is made of it.
ANSWERS = {
    "alipay": (
        (200, {}, {"alipay_system_oauth_token_response": {
            "access_token": "a", "refresh_token": "r", "expires_in": "300", "re_expires_in": "600"
        }}),
        ("a", "r", NOW + 300, NOW + 600),
    ),
    "ewelink": (
        (200, {}, {"error": 0, "msg": "", "data": {"at": "a", "rt": "r"}}),
        ("a", "r", NOW + 30 * DAY, NOW + 60 * DAY),
    ),
    "garmin": (
        (200, {}, {"access_token": "a", "refresh_token": "r", "expires_in": 9,
                   "refresh_token_expires_in": 99}),
        ("a", "r", NOW + 9, NOW + 99),
    ),
    "github": (
        (200, {}, (b"access_token=a&expires_in=28800&refresh_token=r"
                   b"&refresh_token_expires_in=15811200&scope=&token_type=bearer")),
        ("a", "r", NOW + 28_800, NOW + 15_811_200),
    ),
    "keystone": (
        (201, {"X-Subject-Token": "a"}, {"token": {"expires_at": "2027-01-16T08:00:00.000000Z"}}),
        ("a", None, NOW + DAY, None),
    ),
    "kis": (
        (200, {}, {"access_token": "a", "token_type": "Bearer", "expires_in": 86_400,
                   "access_token_token_expired": "2027-01-16 17:00:00"}),
        ("a", None, NOW + DAY, None),
    ),
    "kiwoom": (
        (200, {}, {"token": "a", "token_type": "Bearer", "expires_dt": "20270116170000",
                   "return_code": 0, "return_msg": ""}),
        ("a", None, NOW + DAY, None),
    ),
    "sabre": (
        (200, {}, {"access_token": "a", "token_type": "bearer", "expires_in": 604_800}),
        ("a", None, NOW + 604_800, None),
    ),
    "saleor": (
        (200, {}, {"data": {"tokenRefresh": {"token": JWT, "errors": []}}}),
        (JWT, None, NOW + 900, None),
    ),
    "supertokens": (
        (200, {"st-access-token": JWT, "St-Refresh-Token": "r", "front-token": "f"}, b""),
        (JWT, "r", NOW + 900, None),
    ),
    "zerodha": (
        (200, {}, {"status": "success", "data": {"access_token": "a", "refresh_token": "r"}}),
        # It is half past one in the afternoon in India.
        ("a", "r", NOW + 59_400, None),
    ),
}  # fmt: skip

#: What says that a token is dead.
DEAD = [
    ("github", 200, b"error=bad_refresh_token&error_description=Bad"),
    ("saleor", 200, {"data": {"tokenRefresh": {"token": None, "errors": [
        {"field": "refreshToken", "message": "Signature has expired", "code": "JWT_EXPIRED"}]}}}),
    ("ewelink", 200, {"error": 401, "msg": "bad refresh token", "data": {}}),
    ("keystone", 401, {"error": {"code": 401, "message": "Unauthorized"}}),
]  # fmt: skip


def call_of(name):
    (call,) = load(next(file for file in FILES if file.stem == name)).calls
    return call


def sent(name):
    """The request of a call, made."""
    dialect = load(next(file for file in FILES if file.stem == name))
    (call,) = dialect.calls
    request = TokenRequest(
        call.grant,
        refresh_token="r/1",
        client_id="i",
        client_secret="s",
        access_token="old",
        extras=EXTRAS | {"private_key": PEM},
    )
    address = dialect.address(EXTRAS)
    return call.encode(request, base_url=address, now_ms=NOW_MS, random=bytes)


def answer(status, headers, body):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return WireAnswer(status, raw, body if isinstance(body, bytes) else json.dumps(body).encode())


def base64_of(data):
    return base64.b64encode(data).decode()


def test_every_stranger_is_tried():
    assert {file.stem for file in FILES} == set(ANSWERS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stranger_is_sound(file):
    assert check(file) == []


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_understood(name):
    """Token, refresh token, and the ends of both."""
    wire, meant = ANSWERS[name]
    found = call_of(name).decode(answer(*wire), now_ms=NOW_MS)
    assert meant == (
        found.access_token,
        found.refresh_token,
        found.access_expires_at,
        found.refresh_expires_at,
    )


@pytest.mark.parametrize("name, status, body", DEAD)
def test_a_dead_token_is_recognised(name, status, body):
    with pytest.raises(Refusal) as caught:
        call_of(name).decode(answer(status, {}, body), now_ms=NOW_MS)
    assert caught.value.code == "invalid_grant"


def test_headers_that_hold_tokens_are_named():
    """So that whoever carries the answer keeps them."""
    assert call_of("keystone").answer_headers == {"retry-after", "x-subject-token"}
    assert call_of("github").answer_headers == {"retry-after"}


def test_parameters_are_signed_with_rsa():
    """Alipay: in the order of their names, the date as China has it."""
    form = dict(parse_qsl(sent("alipay").body.decode()))
    signature = base64.b64decode(form.pop("sign"))
    signed = "&".join(f"{name}={value}" for name, value in sorted(form.items()))
    private = load_pem_private_key(PEM.encode(), None)
    assert isinstance(private, RSAPrivateKey)
    private.public_key().verify(signature, signed.encode(), PKCS1v15(), SHA256())
    assert form["timestamp"] == "2027-01-15 16:00:00"


def test_a_header_is_signed_as_in_oauth_1():
    """Garmin (RFC 5849 §3.4)."""
    wire = sent("garmin")
    header = dict(wire.headers)["Authorization"].removeprefix("OAuth ")
    pairs = [pair.partition("=") for pair in header.split(", ")]
    fields = {name: value.strip('"') for name, _, value in pairs}
    signature = fields.pop("oauth_signature")
    listed = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    base = f"POST&{quote(wire.url, safe='')}&{quote(listed, safe='')}"
    made = base64_of(hmac.digest(b"s&t%26s", base.encode(), "sha1"))
    assert signature == quote(made, safe="")
    assert fields["oauth_token"] == "r%2F1"


def test_other_requests_are_made():
    """What each is odd in."""
    assert json.loads(sent("keystone").body) == {
        "auth": {"identity": {"methods": ["token"], "token": {"id": "old"}}}
    }
    assert json.loads(sent("saleor").body)["variables"] == {"t": "r/1"}
    double = base64_of(f"{base64_of(b'i')}:{base64_of(b's')}".encode())
    assert ("Authorization", f"Basic {double}") in sent("sabre").headers
    ewelink = sent("ewelink")
    digest = base64_of(hmac.digest(b"s", ewelink.body, "sha256"))
    assert dict(ewelink.headers)["Authorization"] == f"Sign {digest}"
    assert dict(ewelink.headers)["X-CK-Nonce"] == "00000000"
    checksum = hashlib.sha256(b"ir/1s").hexdigest()
    assert parse_qs(sent("zerodha").body.decode())["checksum"] == [checksum]


def test_a_token_is_shown_together_with_the_client():
    """Zerodha."""
    use = load(next(file for file in FILES if file.stem == "zerodha")).use
    assert use.headers("a", {"client_id": "i"}) == [
        ("Authorization", "token i:a"),
        ("X-Kite-Version", "3"),
    ]
