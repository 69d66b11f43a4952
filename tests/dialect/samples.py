"""What real providers answer, as their documentation, their SDKs or working clients show it: plain data.

The survey that these come from is Remint's own (dialects.md). Where it has no sample, but only says that the
answer is flat, the names are those of RFC 6749 §5.1.
"""

from __future__ import annotations

#: By provider: the status and the body of a success.
SUCCESSES: dict[str, tuple[int, str]] = {
    "angel-one": (
        200,
        '{"status":true,"message":"SUCCESS","data":{"jwtToken":"j","refreshToken":"r","feedToken":"f"}}',
    ),
    "bluesky": (200, '{"accessJwt":"a","refreshJwt":"r","handle":"h","did":"d"}'),
    "clover": (
        200,
        (
            '{"access_token":"n","access_token_expiration":1709498373,"refresh_token":"m",'
            '"refresh_token_expiration":1741034373}'
        ),
    ),
    "cognito": (
        200,
        '{"AuthenticationResult":{"AccessToken":"a","IdToken":"i","ExpiresIn":3600,"TokenType":"Bearer"}}',
    ),
    "coros": (200, '{"result":"0000","message":"OK"}'),
    "directus": (200, '{"data":{"access_token":"a","expires":900000,"refresh_token":"r"}}'),
    "douyin": (
        200,
        (
            '{"data":{"access_token":"a","description":"","error_code":0,"expires_in":"86400","open_id":"o",'
            '"refresh_expires_in":"86400","refresh_token":"r","scope":"user_info"},"message":"success"}'
        ),
    ),
    "exact-online": (
        200,
        '{"access_token":"a","token_type":"bearer","expires_in":"600","refresh_token":"r"}',
    ),
    "feishu": (
        200,
        (
            '{"code":0,"access_token":"a","expires_in":7200,"refresh_token":"r",'
            '"refresh_token_expires_in":604800,"token_type":"Bearer","scope":"offline_access"}'
        ),
    ),
    "firebase": (
        200,
        (
            '{"access_token":"a","expires_in":"3600","token_type":"Bearer","refresh_token":"r",'
            '"id_token":"i","user_id":"u","project_id":"p"}'
        ),
    ),
    "fitbit": (
        200,
        '{"access_token":"a","expires_in":28800,"refresh_token":"r","token_type":"Bearer","user_id":"u"}',
    ),
    "instagram": (200, '{"access_token":"a","token_type":"bearer","expires_in":5183944}'),
    "lazada": (
        200,
        (
            '{"code":"0","access_token":"x","refresh_token":"y","expires_in":"10",'
            '"refresh_expires_in":"60","country":"sg","account":"a","request_id":"r"}'
        ),
    ),
    "longport": (
        200,
        (
            '{"code":0,"message":"","data":{"token":"x","expired_at":"2022-05-14T12:13:57.859Z",'
            '"issued_at":"2022-04-14T12:13:57.859Z"}}'
        ),
    ),
    "matrix": (
        200,
        '{"access_token":"a_new_token","expires_in_ms":60000,"refresh_token":"another_new_token"}',
    ),
    "setmore": (200, '{"data":{"token":{"access_token":"a","expires_in":604799}}}'),
    "shopee": (
        200,
        (
            '{"error":"","message":"","request_id":"83089a","partner_id":2001887,"shop_id":322300222,'
            '"access_token":"7159","refresh_token":"516c","expire_in":14400}'
        ),
    ),
    "slack": (
        200,
        '{"ok":true,"access_token":"x","refresh_token":"y","expires_in":43200,"authed_user":{"id":"U"}}',
    ),
    "square": (
        200,
        (
            '{"access_token":"a","token_type":"bearer","expires_at":"2006-01-02T15:04:05Z",'
            '"merchant_id":"m","refresh_token":"r"}'
        ),
    ),
    "stripe-apps": (
        200,
        (
            '{"access_token":"a","refresh_token":"r","livemode":false,"scope":"stripe_apps",'
            '"stripe_user_id":"acct","token_type":"bearer"}'
        ),
    ),
    "tiktok-shop": (
        200,
        (
            '{"code":0,"message":"success","data":{"access_token":"GCP_a",'
            '"access_token_expire_in":1722342011,"refresh_token":"GCP_b",'
            '"refresh_token_expire_in":4841467787,"open_id":"o","user_type":0,'
            '"granted_scopes":["seller.order.info"]},"request_id":"r"}'
        ),
    ),
    "tuya": (
        200,
        (
            '{"result":{"access_token":"a","refresh_token":"r","expire_time":7200,"uid":"u"},'
            '"success":true,"t":1700000000000}'
        ),
    ),
    "walmart": (200, '{"access_token":"a","token_type":"Bearer","expires_in":900}'),
    "wechat": (
        200,
        (
            '{"access_token":"a","expires_in":7200,"refresh_token":"r","openid":"o",'
            '"scope":"snsapi_userinfo"}'
        ),
    ),
    "withings": (
        200,
        (
            '{"status":0,"body":{"userid":363,"access_token":"a075","refresh_token":"f631",'
            '"expires_in":10800,"scope":"user.info,user.metrics","csrf_token":"c","token_type":"Bearer"}}'
        ),
    ),
    "xiaomi": (
        200,
        (
            '&&&START&&&{"access_token":"a","expires_in":360000,"refresh_token":"r","scope":"1",'
            '"token_type":"mac","mac_key":"k","mac_algorithm":"HmacSha1","openId":"o"}'
        ),
    ),
    "zendesk": (
        200,
        '{"access_token":"a","refresh_token":"r","expires_in":1800,"token_type":"bearer"}',
    ),
    "zoho": (
        200,
        (
            '{"access_token":"a","expires_in":3600,"api_domain":"https://www.zohoapis.com",'
            '"token_type":"Bearer"}'
        ),
    ),
}

#: The provider, the status and the body of a failure. A name may come more than once.
FAILURES: list[tuple[str, int, str]] = [
    ("coros", 200, '{"result":"5002","message":"Unauthorized client ID"}'),
    (
        "douyin",
        200,
        (
            '{"data":{"description":"Parameter error","error_code":2100005},'
            '"extra":{"logid":"l","now":1594015876138}}'
        ),
    ),
    ("douyin", 200, '{"data":{"description":"expired","error_code":10010},"extra":{}}'),
    (
        "exact-online",
        400,
        '{"error":"access_denied","error_description":"Rate limit exceeded: access_token not expired"}',
    ),
    ("lazada", 200, '{"code":"IllegalRefreshToken","message":"expired","request_id":"r"}'),
    ("lazada", 200, '{"code":"InvalidParameter","message":"no","request_id":"r"}'),
    ("longport", 200, '{"code":403201,"message":"signature invalid"}'),
    (
        "matrix",
        401,
        '{"errcode":"M_UNKNOWN_TOKEN","error":"Soft logged out","soft_logout":true}',
    ),
    (
        "shopee",
        200,
        '{"error":"error_auth","message":"Invalid refresh_token.","request_id":"d95d"}',
    ),
    ("shopee", 200, '{"error":"error_sign","message":"Wrong sign.","request_id":"d95e"}'),
    ("slack", 200, '{"ok":false,"error":"invalid_refresh_token"}'),
    ("slack", 200, '{"ok":false,"error":"fatal_error"}'),
    ("square", 401, '{"message":"Invalid refresh token","type":"service.not_authorized"}'),
    ("tiktok-shop", 200, '{"code":105002,"message":"expired"}'),
    (
        "tuya",
        200,
        '{"code":1010,"msg":"token invalid","success":false,"t":1700000000000}',
    ),
    ("wechat", 200, '{"errcode":40030,"errmsg":"invalid refresh_token"}'),
    (
        "withings",
        200,
        (
            '{"status":401,"body":{},'
            '"error":"XRequestID: Not provided invalid_token: The access token provided is invalid"}'
        ),
    ),
    ("withings", 200, '{"status":503,"body":{}}'),
    ("xiaomi", 200, '&&&START&&&{"error":96009,"error_description":"gone"}'),
    ("zoho", 200, '{"error":"invalid_code"}'),
]
