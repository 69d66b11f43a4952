"""Requests with one thing wrong, and what each is refused with."""

from __future__ import annotations

import base64
from dataclasses import replace

from tests.dialect.exchange import FORM, JSON, Arrival

TOKEN = b"rmrt_c2VjcmV0LXZhbHVl"
BASIC = b"Basic " + base64.b64encode(b"app:pass")

VALID = {
    "oauth2": Arrival(
        "/oauth/token",
        b"",
        (FORM, (b"authorization", BASIC)),
        b"grant_type=refresh_token&refresh_token=" + TOKEN,
    ),
    "eshopbox": Arrival(
        "/api/v1/generateToken",
        b"",
        (JSON,),
        b'{"grant_type":"refresh_token","client_id":"i","client_secret":"s","refresh_token":"%s"}'
        % TOKEN,
    ),
    "partner": Arrival(
        "/v1/auth/token",
        b"",
        (JSON, (b"partnerid", b"17"), (b"granttype", b"refresh_token")),
        b'{"refreshToken":"%s"}' % TOKEN,
    ),
    "genlogs": Arrival("/auth/token/refresh", b"refresh_token=" + TOKEN, ((b"x-api-key", b"key"),)),
    "harbourline": Arrival(
        "/api/session/renew",
        b"",
        (JSON, (b"x-harbour-app", b"a"), (b"x-harbour-key", b"k")),
        b'{"action":"renew","session":{"renewalKey":"%s"}}' % TOKEN,
    ),
}


def form(body):
    return replace(VALID["oauth2"], body=body)


def eshopbox(body):
    return replace(VALID["eshopbox"], body=body)


def partner(body):
    return replace(VALID["partner"], body=body)


def genlogs(query):
    return replace(VALID["genlogs"], query=query)


def genlogs_body(body):
    return replace(VALID["genlogs"], query=b"", body=body).header(*JSON)


def harbourline(body):
    return replace(VALID["harbourline"], body=body)


GRANT = b"grant_type=refresh_token&"
RT = b"refresh_token=" + TOKEN
DEEP = b"[" * 20_000 + b"]" * 20_000
# id: (dialect, request, code, where, name, kind)
TABLE = {
    # oauth2: the form body
    "no body": ("oauth2", form(b""), "invalid_request", "body", "grant_type", "missing"),
    "no grant_type": ("oauth2", form(RT), "invalid_request", "body", "grant_type", "missing"),
    "empty grant_type": (
        *("oauth2", form(b"grant_type=&" + RT)),
        *("invalid_request", "body", "grant_type", "missing"),
    ),
    "other grant_type": (
        *("oauth2", form(b"grant_type=authorization_code&" + RT)),
        *("unsupported_grant_type", "body", "grant_type", "value"),
    ),
    "doubled grant_type": (
        *("oauth2", form(GRANT + GRANT + RT)),
        *("invalid_request", "body", "grant_type", "duplicate"),
    ),
    "no refresh_token": (
        *("oauth2", form(GRANT)),
        *("invalid_request", "body", "refresh_token", "missing"),
    ),
    "empty refresh_token": (
        *("oauth2", form(GRANT + b"refresh_token=")),
        *("invalid_request", "body", "refresh_token", "missing"),
    ),
    "doubled refresh_token": (
        *("oauth2", form(GRANT + RT + b"&" + RT)),
        *("invalid_request", "body", "refresh_token", "duplicate"),
    ),
    "doubled with an empty one": (
        *("oauth2", form(GRANT + RT + b"&refresh_token=")),
        *("invalid_request", "body", "refresh_token", "duplicate"),
    ),
    "doubled behind an escape": (
        *("oauth2", form(GRANT + RT + b"&refresh%5Ftoken=x")),
        *("invalid_request", "body", "refresh_token", "duplicate"),
    ),
    "broken escape": ("oauth2", form(GRANT + RT + b"%4"), "invalid_request", "body", "", "syntax"),
    "broken escape in a stranger": (
        *("oauth2", form(GRANT + RT + b"&x=%zz")),
        *("invalid_request", "body", "", "syntax"),
    ),
    "escaped broken UTF-8": (
        *("oauth2", form(GRANT + RT + b"%ff")),
        *("invalid_request", "body", "", "syntax"),
    ),
    "raw broken UTF-8": (
        *("oauth2", form(GRANT + RT + b"\xff")),
        *("invalid_request", "body", "", "syntax"),
    ),
    "NUL": (
        *("oauth2", form(GRANT + RT + b"%00")),
        *("invalid_request", "body", "refresh_token", "syntax"),
    ),
    "raw NUL": (
        *("oauth2", form(GRANT + RT + b"\x00")),
        *("invalid_request", "body", "refresh_token", "syntax"),
    ),
    "line feed": (
        *("oauth2", form(GRANT + RT + b"%0A")),
        *("invalid_request", "body", "refresh_token", "syntax"),
    ),
    "C1 control": (
        *("oauth2", form(GRANT + RT + b"%C2%85")),
        *("invalid_request", "body", "refresh_token", "syntax"),
    ),
    "over-long": (
        *("oauth2", form(GRANT + RT + b"a" * 4097)),
        *("invalid_request", "body", "refresh_token", "length"),
    ),
    "over-long scope": (
        *("oauth2", form(GRANT + RT + b"&scope=" + b"a" * 4097)),
        *("invalid_request", "body", "scope", "length"),
    ),
    "doubled scope": (
        *("oauth2", form(GRANT + RT + b"&scope=a&scope=a")),
        *("invalid_request", "body", "scope", "duplicate"),
    ),
    "JSON instead of a form": (
        *("oauth2", form(b"{}").header(*JSON)),
        *("invalid_request", "header", "", "media"),
    ),
    "another charset": (
        *("oauth2", VALID["oauth2"].header(FORM[0], FORM[1] + b"; charset=latin-1")),
        *("invalid_request", "header", "", "media"),
    ),
    "content type doubled": (
        *("oauth2", VALID["oauth2"].header(FORM[0], FORM[1], FORM[1])),
        *("invalid_request", "header", "Content-Type", "duplicate"),
    ),
    "token in the query": (
        *("oauth2", replace(form(GRANT), query=RT)),
        *("invalid_request", "body", "refresh_token", "missing"),
    ),
    # oauth2: the client
    "no client": (
        *("oauth2", VALID["oauth2"].header(b"authorization")),
        *("invalid_client", "header", "Authorization", "missing"),
    ),
    "another scheme": (
        *("oauth2", VALID["oauth2"].header(b"authorization", b"Bearer x")),
        *("invalid_client", "header", "Authorization", "value"),
    ),
    "Basic without credentials": (
        *("oauth2", VALID["oauth2"].header(b"authorization", b"Basic")),
        *("invalid_client", "header", "Authorization", "syntax"),
    ),
    "Basic that is no base64": (
        *("oauth2", VALID["oauth2"].header(b"authorization", b"Basic a*b=")),
        *("invalid_client", "header", "Authorization", "syntax"),
    ),
    "Basic without a colon": (
        *("oauth2", VALID["oauth2"].header(b"authorization", b"Basic YXBw")),
        *("invalid_client", "header", "Authorization", "syntax"),
    ),
    "Basic with broken UTF-8": (
        *("oauth2", VALID["oauth2"].header(b"authorization", b"Basic /zpw")),
        *("invalid_client", "header", "Authorization", "syntax"),
    ),
    "Basic with a broken escape": (
        *(
            "oauth2",
            VALID["oauth2"].header(b"authorization", b"Basic " + base64.b64encode(b"a%:p")),
        ),
        *("invalid_client", "header", "Authorization", "syntax"),
    ),
    "Basic without a password": (
        *("oauth2", VALID["oauth2"].header(b"authorization", b"Basic " + base64.b64encode(b"a:"))),
        *("invalid_client", "header", "Authorization", "missing"),
    ),
    "Basic with a control character": (
        *(
            "oauth2",
            VALID["oauth2"].header(b"authorization", b"Basic " + base64.b64encode(b"a:\n")),
        ),
        *("invalid_request", "header", "Authorization", "syntax"),
    ),
    "Authorization doubled": (
        *("oauth2", VALID["oauth2"].header(b"authorization", BASIC, BASIC)),
        *("invalid_request", "header", "Authorization", "duplicate"),
    ),
    "Basic and a secret in the body": (
        *("oauth2", form(GRANT + RT + b"&client_id=app&client_secret=pass")),
        *("invalid_request", "body", "client_secret", "duplicate"),
    ),
    "Basic and another client in the body": (
        *("oauth2", form(GRANT + RT + b"&client_id=other")),
        *("invalid_request", "body", "client_id", "duplicate"),
    ),
    # eshopbox: JSON
    "empty body": ("eshopbox", eshopbox(b""), "invalid_request", "body", "grant_type", "missing"),
    "no JSON": ("eshopbox", eshopbox(b"x=1"), "invalid_request", "body", "", "syntax"),
    "cut off": ("eshopbox", eshopbox(b'{"a":'), "invalid_request", "body", "", "syntax"),
    "trailing": ("eshopbox", eshopbox(b"{}{}"), "invalid_request", "body", "", "syntax"),
    "byte order mark": (
        *("eshopbox", eshopbox(b"\xef\xbb\xbf{}")),
        *("invalid_request", "body", "", "syntax"),
    ),
    "NaN": ("eshopbox", eshopbox(b'{"a":NaN}'), "invalid_request", "body", "", "syntax"),
    "an array": ("eshopbox", eshopbox(b"[]"), "invalid_request", "body", "", "type"),
    "a string": ("eshopbox", eshopbox(b'"x"'), "invalid_request", "body", "", "type"),
    "null": ("eshopbox", eshopbox(b"null"), "invalid_request", "body", "", "type"),
    "deep": (
        *("eshopbox", eshopbox(b'{"x":' + DEEP + b"}")),
        *("invalid_request", "body", "", "syntax"),
    ),
    "deep in a field": (
        *("eshopbox", eshopbox(b'{"grant_type":' + DEEP + b"}")),
        *("invalid_request", "body", "", "syntax"),
    ),
    "grant type is a number": (
        *("eshopbox", eshopbox(b'{"grant_type":1}')),
        *("invalid_request", "body", "grant_type", "type"),
    ),
    "grant type is huge": (
        *("eshopbox", eshopbox(b'{"grant_type":' + b"9" * 5000 + b"}")),
        *("invalid_request", "body", "grant_type", "type"),
    ),
    "grant type is endless": (
        *("eshopbox", eshopbox(b'{"grant_type":1e999}')),
        *("invalid_request", "body", "grant_type", "type"),
    ),
    "a form instead of JSON": (
        *("eshopbox", VALID["eshopbox"].header(*FORM)),
        *("invalid_request", "header", "", "media"),
    ),
    "text/json": (
        *("eshopbox", VALID["eshopbox"].header(b"content-type", b"text/json")),
        *("invalid_request", "header", "", "media"),
    ),
    "UTF-16": (
        *("eshopbox", VALID["eshopbox"].header(b"content-type", JSON[1] + b";charset=utf-16")),
        *("invalid_request", "header", "", "media"),
    ),
    # partner: headers
    "no partnerId": (
        *("partner", VALID["partner"].header(b"partnerid")),
        *("invalid_request", "header", "partnerId", "missing"),
    ),
    "no grantType": (
        *("partner", VALID["partner"].header(b"granttype")),
        *("invalid_request", "header", "grantType", "missing"),
    ),
    "other grantType": (
        *("partner", VALID["partner"].header(b"granttype", b"Refresh_Token")),
        *("unsupported_grant_type", "header", "grantType", "value"),
    ),
    "grantType doubled": (
        *("partner", VALID["partner"].header(b"granttype", b"refresh_token", b"refresh_token")),
        *("invalid_request", "header", "grantType", "duplicate"),
    ),
    "grantType in Latin-1": (
        *("partner", VALID["partner"].header(b"granttype", b"r\xe9fresh")),
        *("invalid_request", "header", "grantType", "syntax"),
    ),
    "partnerId doubled": (
        *("partner", VALID["partner"].header(b"partnerid", b"17", b"17")),
        *("invalid_request", "header", "partnerId", "duplicate"),
    ),
    "refreshToken is a number": (
        *("partner", partner(b'{"refreshToken":5}')),
        *("invalid_request", "body", "refreshToken", "type"),
    ),
    "refreshToken in the wrong case": (
        *("partner", partner(b'{"refreshtoken":"x"}')),
        *("invalid_request", "body", "refreshToken", "missing"),
    ),
    # genlogs: query or JSON
    "no API key": (
        *("genlogs", VALID["genlogs"].header(b"x-api-key")),
        *("invalid_request", "header", "x-api-key", "missing"),
    ),
    "empty API key": (
        *("genlogs", VALID["genlogs"].header(b"x-api-key", b"")),
        *("invalid_client", "header", "x-api-key", "length"),
    ),
    "API key doubled": (
        *("genlogs", VALID["genlogs"].header(b"x-api-key", b"k", b"k")),
        *("invalid_request", "header", "x-api-key", "duplicate"),
    ),
    "API key over-long": (
        *("genlogs", VALID["genlogs"].header(b"x-api-key", b"k" * 4097)),
        *("invalid_client", "header", "x-api-key", "length"),
    ),
    "no token": (
        *("genlogs", genlogs(b"")),
        *("invalid_request", "query", "refresh_token", "missing"),
    ),
    "token without a value": (
        *("genlogs", genlogs(b"refresh_token")),
        *("invalid_grant", "query", "refresh_token", "length"),
    ),
    "token doubled": (
        *("genlogs", genlogs(RT + b"&" + RT)),
        *("invalid_request", "query", "refresh_token", "duplicate"),
    ),
    "token in query and body": (
        *("genlogs", replace(genlogs_body(b'{"refresh_token":"x"}'), query=RT)),
        *("invalid_grant", "body", "refresh_token", "duplicate"),
    ),
    "query with a broken escape": (
        *("genlogs", genlogs(RT + b"%")),
        *("invalid_request", "query", "", "syntax"),
    ),
    "query with broken UTF-8": (
        *("genlogs", genlogs(RT + b"%C3%28")),
        *("invalid_request", "query", "", "syntax"),
    ),
    "query with a control character": (
        *("genlogs", genlogs(RT + b"%7F")),
        *("invalid_grant", "query", "refresh_token", "syntax"),
    ),
    "token in the body is an array": (
        *("genlogs", genlogs_body(b'{"refresh_token":["x"]}')),
        *("invalid_request", "body", "refresh_token", "type"),
    ),
    "token in a form": (
        *("genlogs", genlogs_body(RT).header(*FORM)),
        *("invalid_request", "header", "", "media"),
    ),
    # the example: constants and nested JSON
    "another constant": (
        *("harbourline", harbourline(b'{"action":"stop","session":{"renewalKey":"x"}}')),
        *("invalid_request", "body", "action", "value"),
    ),
    "no session": (
        *("harbourline", harbourline(b'{"action":"renew"}')),
        *("invalid_request", "body", "renewalKey", "missing"),
    ),
    "session is a string": (
        *("harbourline", harbourline(b'{"action":"renew","session":"x"}')),
        *("invalid_request", "body", "session", "type"),
    ),
    "session is null": (
        *("harbourline", harbourline(b'{"action":"renew","session":null}')),
        *("invalid_request", "body", "session", "type"),
    ),
    "doubled inside the session": (
        *(
            "harbourline",
            harbourline(b'{"action":"renew","session":{"renewalKey":"x","renewalKey":"x"}}'),
        ),
        *("invalid_request", "body", "renewalKey", "duplicate"),
    ),
    "no app": (
        *("harbourline", VALID["harbourline"].header(b"x-harbour-app")),
        *("invalid_client", "header", "X-Harbour-App", "missing"),
    ),
}
