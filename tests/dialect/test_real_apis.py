"""The catalogue: every provider's call as it is sent, and what is made of its answers.

What is expected here is said by the provider's own documentation, its SDK or a third party's working client
(Remint's dialects.md); what is only commonly said is not expected of anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest

from remint.dialect import TokenRequest, WireAnswer, builtin, builtin_names, check, provider_names
from remint.errors import Refusal
from tests.dialect.exchange import NOW_MS
from tests.dialect.poison import poison
from tests.dialect.samples import FAILURES, SUCCESSES

NOW = NOW_MS // 1000
EXTRAS = {
    "region": "eu",
    "homeserver": "m.example.org",
    "pds": "bsky.social",
    "dc": "com",
    "host": "d.example.org",
    "subdomain": "acme",
    "country": "nl",
    "local_ip": "10.0.0.7",
    "public_ip": "192.0.2.7",
    "mac_address": "00:00:5e:00:53:01",
    "shop_id": 322300222,
    "partner_id": "p",
}
REQUEST = TokenRequest(
    "refresh_token",
    refresh_token="r1",
    client_id="i",
    client_secret="s",
    client_number=2001887,
    access_token="old",
    api_key="key",
    redirect_uri="https://x.example/cb",
    extras=EXTRAS,
)


def hmac_hex(text: str) -> str:
    return hmac.new(b"s", text.encode(), "sha256").hexdigest()


@dataclass
class Sent:
    """What a dialect sends."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    method: str = "POST"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
EMPTY = hashlib.sha256(b"").hexdigest()
LATER = "2027-04-15T08:00:00.000Z"
LONGPORT = (
    f"GET|/v1/token/refresh|expired_at={quote_plus(LATER)}|"
    f"authorization:old\nx-api-key:i\nx-timestamp:{NOW}\n|authorization;x-api-key;x-timestamp|"
)
STANDARD = "grant_type=refresh_token&refresh_token=r1"

SENT = {
    "angel-one": Sent(
        "https://apiconnect.angelone.in/rest/auth/angelbroking/jwt/v1/generateTokens",
        {
            **JSON,
            "Authorization": "Bearer old",
            "X-PrivateKey": "key",
            "X-UserType": "USER",
            "X-SourceID": "WEB",
            "X-ClientLocalIP": "10.0.0.7",
            "X-ClientPublicIP": "192.0.2.7",
            "X-MACAddress": "00:00:5e:00:53:01",
        },
        '{"refreshToken":"r1"}',
    ),
    "bluesky": Sent(
        "https://bsky.social/xrpc/com.atproto.server.refreshSession",
        {"Authorization": "Bearer r1"},
    ),
    "clover": Sent(
        "https://api.clover.com/oauth/v2/refresh", JSON, '{"client_id":"i","refresh_token":"r1"}'
    ),
    "cognito": Sent(
        "https://cognito-idp.eu.amazonaws.com/",
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.GetTokensFromRefreshToken",
        },
        '{"RefreshToken":"r1","ClientId":"i","ClientSecret":"s"}',
    ),
    "coros": Sent(
        "https://open.coros.com/oauth2/refresh-token",
        FORM,
        "grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=r1",
    ),
    "dingtalk": Sent(
        "https://api.dingtalk.com/v1.0/oauth2/userAccessToken",
        JSON,
        '{"grantType":"refresh_token","clientId":"i","clientSecret":"s","refreshToken":"r1"}',
    ),
    "directus": Sent(
        "https://d.example.org/auth/refresh", JSON, '{"refresh_token":"r1","mode":"json"}'
    ),
    "douyin": Sent(
        "https://open.douyin.com/oauth/refresh_token/",
        FORM,
        "grant_type=refresh_token&client_key=i&refresh_token=r1",
    ),
    "exact-online": Sent(
        "https://start.exactonline.nl/api/oauth2/token",
        FORM,
        f"{STANDARD}&client_id=i&client_secret=s",
    ),
    "feishu": Sent(
        "https://open.feishu.cn/open-apis/authen/v2/oauth/token",
        JSON,
        '{"grant_type":"refresh_token","client_id":"i","client_secret":"s","refresh_token":"r1"}',
    ),
    "firebase": Sent("https://securetoken.googleapis.com/v1/token?key=key", FORM, STANDARD),
    "fitbit": Sent(
        "https://api.fitbit.com/oauth2/token", {**FORM, "Authorization": "Basic aTpz"}, STANDARD
    ),
    "instagram": Sent(
        "https://graph.instagram.com/refresh_access_token"
        "?grant_type=ig_refresh_token&access_token=old",
        method="GET",
    ),
    "lazada": Sent(
        "https://auth.lazada.com/rest/auth/token/refresh"
        f"?app_key=i&timestamp={NOW_MS}&sign_method=sha256&sign="
        + hmac_hex(
            f"/auth/token/refreshapp_keyirefresh_tokenr1sign_methodsha256timestamp{NOW_MS}"
        ).upper()
        + "&refresh_token=r1",
        method="GET",
    ),
    "longport": Sent(
        f"https://openapi.longportapp.com/v1/token/refresh?expired_at={quote_plus(LATER)}",
        {
            "Authorization": "old",
            "X-Api-Key": "i",
            "X-Timestamp": str(NOW),
            "X-Api-Signature": (
                "HMAC-SHA256 SignedHeaders=authorization;x-api-key;x-timestamp, Signature="
                + hmac_hex("HMAC-SHA256|" + hashlib.sha1(LONGPORT.encode()).hexdigest())
            ),
        },
        method="GET",
    ),
    "matrix": Sent(
        "https://m.example.org/_matrix/client/v3/refresh", JSON, '{"refresh_token":"r1"}'
    ),
    "setmore": Sent(
        "https://developer.setmore.com/api/v1/o/oauth2/token?refreshToken=r1", method="GET"
    ),
    "shopee": Sent(
        "https://partner.shopeemobile.com/api/v2/auth/access_token/get"
        f"?partner_id=2001887&timestamp={NOW}&sign="
        + hmac_hex(f"2001887/api/v2/auth/access_token/get{NOW}"),
        JSON,
        '{"refresh_token":"r1","partner_id":2001887,"shop_id":322300222}',
    ),
    "slack": Sent(
        "https://slack.com/api/oauth.v2.access", FORM, f"{STANDARD}&client_id=i&client_secret=s"
    ),
    "square": Sent(
        "https://connect.squareup.com/oauth2/token",
        {**JSON, "Square-Version": "2026-10-15"},
        '{"grant_type":"refresh_token","client_id":"i","client_secret":"s","refresh_token":"r1"}',
    ),
    "stripe-apps": Sent(
        "https://api.stripe.com/v1/oauth/token", {**FORM, "Authorization": "Basic czo="}, STANDARD
    ),
    "tiktok-shop": Sent(
        "https://auth.tiktok-shops.com/api/v2/token/refresh"
        "?grant_type=refresh_token&app_key=i&app_secret=s&refresh_token=r1",
        method="GET",
    ),
    "tuya": Sent(
        "https://openapi.tuyaeu.com/v1.0/token/r1",
        {
            "client_id": "i",
            "sign_method": "HMAC-SHA256",
            "t": str(NOW_MS),
            "sign": hmac_hex(f"i{NOW_MS}GET\n{EMPTY}\n\n/v1.0/token/r1").upper(),
        },
        method="GET",
    ),
    "verifiedcarrier": Sent(
        "https://api.example.com/oauth/token",
        JSON,
        '{"grantType":"refresh_token","refreshToken":"r1","clientId":"i","signature":"'
        + hashlib.sha256(b"refresh_tokenr1is").hexdigest()
        + '"}',
    ),
    "walmart": Sent(
        "https://marketplace.walmartapis.com/v3/token",
        {
            **FORM,
            "Accept": "application/json",
            "WM_SVC.NAME": "Walmart Marketplace",
            "WM_QOS.CORRELATION_ID": "00000000-0000-4000-8000-000000000000",
            "WM_PARTNER.ID": "p",
            "Authorization": "Basic aTpz",
        },
        STANDARD,
    ),
    "wechat": Sent(
        "https://api.weixin.qq.com/sns/oauth2/refresh_token"
        "?grant_type=refresh_token&appid=i&refresh_token=r1",
        method="GET",
    ),
    "withings": Sent(
        "https://wbsapi.withings.net/v2/oauth2",
        FORM,
        "grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=r1&action=requesttoken",
    ),
    "xiaomi": Sent(
        "https://account.xiaomi.com/oauth2/token?grant_type=refresh_token&client_id=i"
        "&client_secret=s&redirect_uri=https%3A%2F%2Fx.example%2Fcb&refresh_token=r1",
        method="GET",
    ),
    "zendesk": Sent(
        "https://acme.zendesk.com/oauth/tokens",
        JSON,
        '{"grant_type":"refresh_token","refresh_token":"r1","client_id":"i","client_secret":"s",'
        '"expires_in":1800}',
    ),
    "zoho": Sent(
        "https://accounts.zoho.com/oauth/v2/token"
        "?grant_type=refresh_token&refresh_token=r1&client_id=i&client_secret=s"
    ),
}


def lives(seconds: int, since: int = NOW) -> dict[str, int]:
    """An expiry, both ways."""
    return {
        "expires_in": max(0, since + seconds - NOW),
        "access_expires_at": since + seconds,
    }


MEANT: dict[str, dict[str, Any]] = {
    "angel-one": {"access_token": "j", "refresh_token": "r", "extras": {"feed_token": "f"}},
    "bluesky": {
        "access_token": "a",
        "refresh_token": "r",
        "extras": {"handle": "h", "did": "d"},
    },
    "clover": {
        "access_token": "n",
        **lives(0, 1709498373),
        "refresh_token": "m",
        "refresh_expires_at": 1741034373,
    },
    "cognito": {"access_token": "a", **lives(3600), "id_token": "i"},
    "coros": {"access_token": "", **lives(2592000)},
    "directus": {"access_token": "a", **lives(900), "refresh_token": "r"},
    "douyin": {
        "access_token": "a",
        **lives(86400),
        "refresh_token": "r",
        "refresh_expires_at": NOW + 86400,
        "scope": "user_info",
        "extras": {"open_id": "o"},
    },
    "exact-online": {
        "access_token": "a",
        "token_type": "bearer",
        "refresh_token": "r",
        **lives(600),
    },
    "feishu": {
        "access_token": "a",
        **lives(7200),
        "refresh_token": "r",
        "refresh_expires_at": NOW + 604800,
        "scope": "offline_access",
    },
    "firebase": {
        "access_token": "a",
        **lives(3600),
        "refresh_token": "r",
        "id_token": "i",
        "extras": {"user_id": "u", "project_id": "p"},
    },
    "fitbit": {
        "access_token": "a",
        **lives(28800),
        "refresh_token": "r",
        "extras": {"user_id": "u"},
    },
    "instagram": {"access_token": "a", "token_type": "bearer", **lives(5183944)},
    "lazada": {
        "access_token": "x",
        **lives(10),
        "refresh_token": "y",
        "refresh_expires_at": NOW + 60,
        "extras": {"country": "sg", "account": "a"},
    },
    "longport": {"access_token": "x", **lives(0, 1652530437)},
    "matrix": {
        "access_token": "a_new_token",
        **lives(60),
        "refresh_token": "another_new_token",
    },
    "setmore": {"access_token": "a", **lives(604799)},
    "shopee": {
        "access_token": "7159",
        **lives(14400),
        "refresh_token": "516c",
        "extras": {"shop_id": 322300222},
    },
    "slack": {
        "access_token": "x",
        **lives(43200),
        "refresh_token": "y",
        "extras": {"authed_user": {"id": "U"}},
    },
    "square": {
        "access_token": "a",
        "token_type": "bearer",
        **lives(0, 1136214245),
        "refresh_token": "r",
        "extras": {"merchant_id": "m"},
    },
    "stripe-apps": {
        "access_token": "a",
        "token_type": "bearer",
        **lives(3600),
        "refresh_token": "r",
        "scope": "stripe_apps",
        "extras": {"livemode": False, "stripe_user_id": "acct"},
    },
    "tiktok-shop": {
        "access_token": "GCP_a",
        **lives(0, 1722342011),
        "refresh_token": "GCP_b",
        "refresh_expires_at": 4841467787,
        "scope": "seller.order.info",
        "extras": {"open_id": "o"},
    },
    "tuya": {
        "access_token": "a",
        **lives(7200, 1700000000),
        "refresh_token": "r",
        "extras": {"uid": "u"},
    },
    "walmart": {"access_token": "a", **lives(900)},
    "wechat": {
        "access_token": "a",
        **lives(7200),
        "refresh_token": "r",
        "scope": "snsapi_userinfo",
        "extras": {"openid": "o"},
    },
    "withings": {
        "access_token": "a075",
        **lives(10800),
        "refresh_token": "f631",
        "scope": "user.info user.metrics",
        "extras": {"userid": 363},
    },
    "xiaomi": {
        "access_token": "a",
        "token_type": "mac",
        **lives(360000),
        "refresh_token": "r",
        "scope": "1",
        "extras": {"mac_key": "k", "mac_algorithm": "HmacSha1", "open_id": "o"},
    },
    "zendesk": {
        "access_token": "a",
        "token_type": "bearer",
        "refresh_token": "r",
        **lives(1800),
    },
    "zoho": {
        "access_token": "a",
        **lives(3600),
        "extras": {"api_domain": "https://www.zohoapis.com"},
    },
}

#: Code, outcome and words of each of the failures, in their order.
FAILED = [
    ("invalid_client", "login", "Unauthorized client ID"),
    ("invalid_request", "", "Parameter error"),
    ("invalid_grant", "dead", "expired"),
    ("slow_down", "early", "Rate limit exceeded: access_token not expired"),
    ("invalid_grant", "dead", "expired"),
    ("invalid_request", "", "no"),
    ("invalid_request", "", "signature invalid"),
    ("invalid_grant", "login", "Soft logged out"),
    ("invalid_grant", "dead", "Invalid refresh_token."),
    ("invalid_request", "", "Wrong sign."),
    ("invalid_grant", "dead", "invalid_refresh_token"),
    ("invalid_request", "", "fatal_error"),
    ("invalid_grant", "dead", "Invalid refresh token"),
    ("invalid_request", "", "expired"),
    ("invalid_grant", "dead", "token invalid"),
    ("invalid_grant", "dead", "invalid refresh_token"),
    (
        "invalid_grant",
        "login",
        "XRequestID: Not provided invalid_token: The access token provided is invalid",
    ),
    ("temporarily_unavailable", "later", ""),
    ("invalid_request", "", "gone"),
    ("invalid_grant", "dead", "invalid_code"),
]
#: Nothing that is only commonly said is expected: of these two not even a success is known.
UNKNOWN = {"dingtalk", "verifiedcarrier"}
EVERY = [*builtin_names(), *provider_names()]


def call_of(name):
    return builtin(name).call("refresh_token")


def refusal_of(name, status, body, headers=()):
    """What the dialect makes of an answer that is no success; fails where it takes it for one."""
    try:
        found = call_of(name).decode(WireAnswer(status, list(headers), body), now_ms=NOW_MS)
    except Refusal as refusal:
        return refusal
    raise AssertionError(f"was taken for {msgspec.to_builtins(found)}")


def test_every_provider_is_spoken():
    """Nobody in the catalogue goes untried."""
    assert set(provider_names()) == set(SENT)
    assert set(SENT) - UNKNOWN == set(MEANT) == set(SUCCESSES)
    assert len(FAILED) == len(FAILURES)


@pytest.mark.parametrize("name", SENT)
def test_a_real_call_is_made(name):
    """Method, address, headers and body, as the provider wants them."""
    dialect, wanted = builtin(name), SENT[name]
    base_url = dialect.address(EXTRAS) or "https://api.example.com"
    sent = call_of(name).encode(REQUEST, base_url=base_url, now_ms=NOW_MS, random=bytes)
    assert (sent.method, sent.url) == (wanted.method, wanted.url)
    assert dict(sent.headers) == wanted.headers
    assert len(sent.headers) == len(wanted.headers)
    if wanted.body.startswith("{"):
        assert json.loads(sent.body) == json.loads(wanted.body)
    else:
        assert sorted(sent.body.decode().split("&")) == sorted(wanted.body.split("&"))


@pytest.mark.parametrize("name", SUCCESSES)
def test_a_real_success_is_understood(name):
    """Every value by its meaning."""
    status, body = SUCCESSES[name]
    answer = call_of(name).decode(WireAnswer(status, [], body.encode()), now_ms=NOW_MS)
    found = msgspec.to_builtins(answer)
    expected = {"token_type": "Bearer", **MEANT[name]}
    assert {key: value for key, value in found.items() if value is not None} == expected


@pytest.mark.parametrize("number", range(len(FAILURES)), ids=lambda number: FAILURES[number][0])
def test_a_real_failure_is_understood(number):
    """Its code, what follows from it, and its words."""
    name, status, body = FAILURES[number]
    refusal = refusal_of(name, status, body.encode())
    assert (refusal.code, refusal.outcome, refusal.description) == FAILED[number]


@pytest.mark.parametrize("name", EVERY)
def test_poison_is_never_a_token(name):
    """No page, no cut answer and no failure of somebody else's is a success; nor is it the end."""
    for what, status, headers, body in poison(name):
        refusal = refusal_of(name, status, body, headers)
        assert refusal.outcome in ("later", ""), what


@pytest.mark.parametrize("name", EVERY)
def test_a_standard_refusal_is_understood_by_all(name):
    """RFC 6749 §5.2, before a provider that says it otherwise: understood, or at least no token."""
    body = b'{"error":"invalid_grant"}'
    assert refusal_of(name, 400, body).outcome in ("dead", "")


@pytest.mark.parametrize("name", provider_names())
def test_a_provider_is_complete(name):
    """Sound, told in words, never served, and with what is known of its tokens and where that is from."""
    dialect = builtin(name)
    assert check(dialect.file) == []
    assert dialect.title != name
    assert dialect.summary
    assert dialect.evidence
    assert dialect.endpoints == ()
    assert "renewal" in dialect.form.source.data
    assert dialect.base_url.startswith("https://") or name == "verifiedcarrier"
