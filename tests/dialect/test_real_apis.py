"""How far the vocabulary reaches: refresh calls of real APIs, written down as dialects and spoken.

The samples are those of the survey of real dialects (Remint's dialects.md), each from the provider's own
documentation, its SDK or a third party's working client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from remint.dialect import TokenRequest, WireAnswer, load
from remint.errors import Refusal
from tests.dialect.exchange import BASE_URL, NOW_MS

FOLDER = Path(__file__).parent / "data" / "real"
NOW = NOW_MS // 1000
REQUEST = TokenRequest(
    "refresh_token",
    refresh_token="r1",
    client_id="i",
    client_secret="s",
    access_token="old",
    api_key="key",
    extras={"partner": 7, "openapi": "https://x"},
)


@dataclass
class Api:
    """What a dialect sends, and what it makes of answers: fields, or a code, an outcome and words."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    answers: list[tuple[int, str, Any]] = field(default_factory=list)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}

APIS = {
    "tiktok-shop": Api(
        "/api/v2/token/refresh?grant_type=refresh_token&app_key=i&app_secret=s&refresh_token=r1",
        answers=[
            (
                200,
                (
                    '{"code":0,"message":"success","data":{"access_token":"GCP_a",'
                    '"access_token_expire_in":1722342011,"refresh_token":"GCP_b",'
                    '"refresh_token_expire_in":4841467787,"open_id":"o","user_type":0,'
                    '"granted_scopes":["seller.order.info"]},"request_id":"r"}'
                ),
                {
                    "access_token": "GCP_a",
                    "access_expires_at": 1722342011,
                    "expires_in": 0,
                    "refresh_token": "GCP_b",
                    "refresh_expires_at": 4841467787,
                    "scope": "seller.order.info",
                    "extras": {"open_id": "o"},
                },
            ),
            (200, '{"code":105002,"message":"expired"}', ("invalid_grant", "dead", "expired")),
        ],
    ),
    "withings": Api(
        "/v2/oauth2",
        FORM,
        "grant_type=refresh_token&action=requesttoken&client_id=i&client_secret=s&refresh_token=r1",
        answers=[
            (
                200,
                (
                    '{"status":0,"body":{"userid":363,"access_token":"a075","refresh_token":"f631",'
                    '"expires_in":10800,"scope":"user.info,user.metrics","csrf_token":"c",'
                    '"token_type":"Bearer"}}'
                ),
                {
                    "access_token": "a075",
                    "expires_in": 10800,
                    "access_expires_at": NOW + 10800,
                    "refresh_token": "f631",
                    "scope": "user.info user.metrics",
                    "extras": {"userid": 363},
                },
            ),
            (200, '{"status":503,"body":{}}', ("temporarily_unavailable", "later", "")),
            (200, '{"status":401,"body":{},"error":"no"}', ("invalid_grant", "dead", "no")),
        ],
    ),
    "clover": Api(
        "/oauth/v2/refresh",
        JSON,
        '{"client_id":"i","refresh_token":"r1"}',
        answers=[
            (
                200,
                (
                    '{"access_token":"n","access_token_expiration":1709498373,"refresh_token":"m",'
                    '"refresh_token_expiration":1741034373}'
                ),
                {
                    "access_token": "n",
                    "expires_in": 0,
                    "access_expires_at": 1709498373,
                    "refresh_token": "m",
                    "refresh_expires_at": 1741034373,
                },
            ),
        ],
    ),
    "tuya": Api(
        "/v1.0/token/r1",
        {"client_id": "i", "t": str(NOW_MS)},
        answers=[
            (
                200,
                (
                    '{"result":{"access_token":"a","refresh_token":"r","expire_time":7200,"uid":"u"},'
                    '"success":true,"t":1700000000000}'
                ),
                {
                    "access_token": "a",
                    "expires_in": 7200,
                    "access_expires_at": NOW + 7200,
                    "refresh_token": "r",
                },
            ),
            (
                200,
                '{"code":1010,"msg":"token invalid","success":false,"t":1700000000000}',
                ("invalid_grant", "dead", "token invalid"),
            ),
        ],
    ),
    "matrix": Api(
        "/_matrix/client/v3/refresh",
        JSON,
        '{"refresh_token":"r1"}',
        answers=[
            (
                200,
                '{"access_token":"a_new_token","expires_in_ms":60000,"refresh_token":"another"}',
                {
                    "access_token": "a_new_token",
                    "expires_in": 60,
                    "access_expires_at": NOW + 60,
                    "refresh_token": "another",
                },
            ),
            (200, '{"access_token":"a"}', {"access_token": "a"}),
            (
                401,
                '{"errcode":"M_UNKNOWN_TOKEN","error":"Soft logged out","soft_logout":true}',
                ("invalid_grant", "login", "Soft logged out"),
            ),
        ],
    ),
    "bluesky": Api(
        "/xrpc/com.atproto.server.refreshSession",
        {"Authorization": "Bearer r1"},
        answers=[
            (
                200,
                '{"accessJwt":"a","refreshJwt":"r","handle":"h","did":"d"}',
                {"access_token": "a", "refresh_token": "r", "extras": {"handle": "h"}},
            ),
        ],
    ),
    "square": Api(
        "/oauth2/token",
        {**JSON, "Square-Version": "2026-10-15"},
        '{"refresh_token":"r1"}',
        answers=[
            (
                200,
                (
                    '{"access_token":"a","token_type":"bearer","expires_at":"2006-01-02T15:04:05Z",'
                    '"merchant_id":"m","refresh_token":"r"}'
                ),
                {
                    "access_token": "a",
                    "token_type": "bearer",
                    "expires_in": 0,
                    "access_expires_at": 1136214245,
                    "refresh_token": "r",
                    "extras": {"merchant_id": "m"},
                },
            ),
        ],
    ),
    "xiaomi": Api(
        "/oauth2/token?refresh_token=r1",
        answers=[
            (
                200,
                (
                    '&&&START&&&{"access_token":"a","expires_in":360000,"refresh_token":"r","scope":"1",'
                    '"token_type":"mac","mac_key":"k","mac_algorithm":"HmacSha1","openId":"o"}'
                ),
                {
                    "access_token": "a",
                    "expires_in": 360000,
                    "access_expires_at": NOW + 360000,
                    "refresh_token": "r",
                    "extras": {"mac_key": "k"},
                },
            ),
            (
                200,
                '&&&START&&&{"error":96009,"error_description":"gone"}',
                ("invalid_grant", "dead", "gone"),
            ),
        ],
    ),
    "walmart": Api(
        "/v3/token",
        {
            **FORM,
            "WM_QOS.CORRELATION_ID": "00000000-0000-4000-8000-000000000000",
            "Authorization": "Basic aTpz",
        },
        "grant_type=refresh_token&refresh_token=r1",
        answers=[
            (
                200,
                '{"access_token":"a","token_type":"Bearer","expires_in":900}',
                {"access_token": "a", "expires_in": 900, "access_expires_at": NOW + 900},
            ),
            (429, "slow", ("slow_down", "later", "The provider answered with the status 429.")),
        ],
    ),
    "stripe-apps": Api(
        "/v1/oauth/token",
        {**FORM, "Authorization": "Basic czo="},
        "grant_type=refresh_token&refresh_token=r1",
        answers=[
            (
                200,
                (
                    '{"access_token":"a","refresh_token":"r","livemode":false,"scope":"stripe_apps",'
                    '"stripe_user_id":"acct","token_type":"bearer"}'
                ),
                {
                    "access_token": "a",
                    "expires_in": 3600,
                    "access_expires_at": NOW + 3600,
                    "refresh_token": "r",
                    "extras": {"livemode": False},
                },
            ),
        ],
    ),
    "firebase": Api(
        "/v1/token?key=key",
        FORM,
        "grant_type=refresh_token&refresh_token=r1",
        answers=[
            (
                200,
                (
                    '{"access_token":"a","expires_in":"3600","token_type":"Bearer","refresh_token":"r",'
                    '"id_token":"i","user_id":"u","project_id":"p"}'
                ),
                {
                    "access_token": "a",
                    "expires_in": 3600,
                    "access_expires_at": NOW + 3600,
                    "refresh_token": "r",
                    "id_token": "i",
                },
            ),
            (200, '{"access_token":"a","expires_in":"soon"}', ("server_error", "later", None)),
        ],
    ),
    "lazada": Api(
        "/rest/auth/token/refresh?refresh_token=r1",
        answers=[
            (
                200,
                (
                    '{"code":"0","access_token":"x","refresh_token":"y","expires_in":"10",'
                    '"refresh_expires_in":"60","country":"sg","account":"a","request_id":"r"}'
                ),
                {
                    "access_token": "x",
                    "expires_in": 10,
                    "access_expires_at": NOW + 10,
                    "refresh_token": "y",
                    "refresh_expires_at": NOW + 60,
                    "extras": {"country": "sg"},
                },
            ),
        ],
    ),
    "instagram": Api(
        "/refresh_access_token?grant_type=ig_refresh_token&access_token=old",
        answers=[
            (
                200,
                '{"access_token":"a","token_type":"bearer","expires_in":5183944}',
                {
                    "access_token": "a",
                    "token_type": "bearer",
                    "expires_in": 5183944,
                    "access_expires_at": NOW + 5183944,
                },
            ),
        ],
    ),
}


def call_of(name):
    """The call of a dialect that is kept beside the tests."""
    return load(FOLDER / f"{name}.toml").calls[0]


def test_every_file_is_spoken():
    """No dialect beside the tests goes untried."""
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(APIS)


@pytest.mark.parametrize("name", APIS)
def test_a_real_call_is_made(name):
    """Method, address, headers and body, as the provider wants them."""
    api = APIS[name]
    sent = call_of(name).encode(REQUEST, base_url=BASE_URL + "/", now_ms=NOW_MS, random=bytes)
    assert sent.url == BASE_URL + api.url
    assert dict(sent.headers) == api.headers
    assert sent.body.decode() == api.body


@pytest.mark.parametrize(
    "name, number", [(name, i) for name, api in APIS.items() for i in range(len(api.answers))]
)
def test_a_real_answer_is_understood(name, number):
    """A success by its meaning; a failure by its code and what follows from it."""
    status, body, meant = APIS[name].answers[number]
    call = call_of(name)
    answer = WireAnswer(status, [], body.encode())
    if isinstance(meant, dict):
        found = msgspec.to_builtins(call.decode(answer, now_ms=NOW_MS))
        expected = {"token_type": "Bearer", **meant}
        assert {key: value for key, value in found.items() if value is not None} == expected
        return
    with pytest.raises(Refusal) as caught:
        call.decode(answer, now_ms=NOW_MS)
    assert (caught.value.code, caught.value.outcome) == meant[:2]
    assert meant[2] in (None, caught.value.description)
