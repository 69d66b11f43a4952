"""What goes out to each provider of the catalogue: one request, and how it looks on the wire.

Said by the provider's own documentation, its SDK or a third party's working client (Remint's dialects.md).
Signatures are made here by hand.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from remint.dialect import TokenRequest
from tests.dialect.exchange import NOW_MS

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
