"""What the answers in ``samples.py`` mean: values of each success, and what follows from each failure."""

from __future__ import annotations

from typing import Any

from tests.dialect.exchange import NOW_MS

NOW = NOW_MS // 1000


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
