"""Dialect files with one thing wrong in what only callers do, and what the error says."""

from __future__ import annotations

from typing import Any

SIGNED = """\
name = "vendor"
base_url = "https://{region}.example.com"
serve = false
[call.refresh_token]
path = "/renew"
[call.refresh_token.request]
refresh_token = { in = "json" }
client_secret = { in = "nowhere" }
extras.t = { in = "query", generate = "epoch" }
extras.sign = { in = "query", generate = "signature", signature = { algorithm = "hmac-sha256", key = "{client_secret}", over = "{refresh_token}{extras.t}" } }
extras.jwt = { in = "query", generate = "assertion", assertion = { algorithm = "HS256", key = "{client_secret}" } }
[answer.fields]
access_token = {}
expires_in = { name = "ttl" }
"""  # noqa: E501 - one line of the file each
SIGN = "call.refresh_token.request.extras.sign.signature"
JWT = "call.refresh_token.request.extras.jwt.assertion"
REQUEST = "call.refresh_token.request"
REFRESH = 'refresh_token = { in = "json" }'
SECRET = 'client_secret = { in = "nowhere" }'
ALGORITHM = 'algorithm = "hmac-sha256", key = "{client_secret}"'
OVER = 'over = "{refresh_token}{extras.t}"'
EXPIRES = 'expires_in = { name = "ttl" }'


SERVED = """\
name = "x"
[call.refresh_token]
path = "/x"
request.refresh_token = { in = "json" }
[answer.fields]
access_token = { name = ["tokens", 0] }
"""


def spoilt(old: str, new: str) -> str:
    assert SIGNED.count(old) == 1, old
    return SIGNED.replace(old, new)


# id: (text, line, key, words of the message, words of the expectation)
CALLED: dict[str, tuple[Any, ...]] = {
    "base URL without a scheme": (
        spoilt("https://{region}", "{region}"),
        *(2, "base_url", "is no base of addresses", "an absolute URL"),
    ),
    "base URL with a query": (
        spoilt('example.com"', 'example.com?x=1"'),
        *(2, "base_url", "is no base of addresses", "an absolute URL"),
    ),
    "base URL with a password": (
        spoilt("https://", "https://u:p@"),
        *(2, "base_url", "is no base of addresses", "an absolute URL"),
    ),
    "evidence unknown": (
        spoilt("serve = false", 'serve = false\nevidence = "hearsay"'),
        *(4, "evidence", "'hearsay' is not known", "one of documentation, sdk, client"),
    ),
    "signature without its table": (
        spoilt(SECRET, SECRET + '\nextras.s = { in = "header", generate = "signature" }'),
        *(9, f"{REQUEST}.extras.s", "the key 'signature' is missing", "signature = a table"),
    ),
    "signature that is not generated": (
        spoilt('generate = "signature", ', ""),
        *(10, SIGN, "is not what is generated", 'generate = "signature" as well'),
    ),
    "algorithm misspelled": (
        spoilt("hmac-sha256", "hmac-sha265"),
        *(10, f"{SIGN}.algorithm", "did you mean 'hmac-sha256'?", "one of hmac-sha256"),
    ),
    "no algorithm": (
        spoilt('algorithm = "hmac-sha256", ', ""),
        *(10, SIGN, "the key 'algorithm' is missing", "algorithm = one of"),
    ),
    "no key": (
        spoilt(ALGORITHM, 'algorithm = "hmac-sha1"'),
        *(10, SIGN, "the key 'key' is missing", "key = a template"),
    ),
    "key of a bare digest": (
        spoilt('"hmac-sha256"', '"sha256"'),
        *(10, f"{SIGN}.key", "'sha256' takes none", "an hmac algorithm"),
    ),
    "nothing is signed": (
        spoilt(f", {OVER}", ""),
        *(10, SIGN, "the key 'over' is missing", "over = a template"),
    ),
    "signature over a stranger": (
        spoilt(OVER, 'over = "{refresh_tokn}"'),
        *(10, f"{SIGN}.over", "did you mean 'refresh_token'?", "one of refresh_token"),
    ),
    "signature over itself": (
        spoilt(OVER, 'over = "{extras.sign}"'),
        *(10, f"{SIGN}.over", "'extras.sign' is no field of this request", "client_secret"),
    ),
    "key from a stranger": (
        spoilt('"{client_secret}", over', '"{extras.key}", over'),
        *(10, f"{SIGN}.key", "'extras.key' is no field", "client_secret"),
    ),
    "encoding unknown": (
        spoilt(OVER, OVER + ', encoding = "octal"'),
        *(10, f"{SIGN}.encoding", "'octal' is not known", "one of hex, HEX, base64"),
    ),
    "parameters of no carrier": (
        spoilt(OVER, OVER + ', sorted = { in = "path" }'),
        *(10, f"{SIGN}.sorted.in", "'path' is not known", "one of query, form"),
    ),
    "a part that comes too late": (
        spoilt(
            OVER,
            'over = "{parts.a}", parts = { a = { algorithm = "md5", over = "{parts.b}" }, '
            'b = { algorithm = "md5", over = "x" } }',
        ),
        *(10, f"{SIGN}.parts.a.over", "'parts.b' is no field", "one of refresh_token"),
    ),
    "a part of a part": (
        spoilt(
            OVER,
            OVER + ', parts = { a = { algorithm = "md5", over = "x", parts = { b = {} } } }',
        ),
        *(10, f"{SIGN}.parts.a.parts", "a part has none", "parts one after the other"),
    ),
    "a part with no name": (
        spoilt(OVER, OVER + ', parts = { "a b" = { algorithm = "md5", over = "x" } }'),
        *(10, f"{SIGN}.parts.a b", "cannot name a part", "letters, digits"),
    ),
    "signature over the body that holds it": (
        spoilt(
            'sign = { in = "query", generate = "signature", signature = { '
            + ALGORITHM
            + ", "
            + OVER,
            'sign = { in = "json", generate = "signature", signature = { '
            + ALGORITHM
            + ', over = "{body}"',
        ),
        *(10, SIGN, "signs a body that has a signature in it", "another carrier"),
    ),
    "assertion without a key": (
        spoilt(', key = "{client_secret}" } }', " } }"),
        *(11, JWT, "the key 'key' is missing", "key = a template"),
    ),
    "assertion by an unknown algorithm": (
        spoilt('"HS256"', '"none"'),
        *(11, f"{JWT}.algorithm", "'none' is not known", "one of ES256, RS256"),
    ),
    "assertion of a stranger": (
        spoilt('"{client_secret}" } }', '"{client_secret}", claims = { iss = "{client_id}" } } }'),
        *(11, f"{JWT}.claims.iss", "'client_id' is no field", "client_secret"),
    ),
    "claim that is written by itself": (
        spoilt('"{client_secret}" } }', '"{client_secret}", claims = { exp = 1 } } }'),
        *(11, f"{JWT}.claims.exp", "is written by itself", "other claims"),
    ),
    "claim that is a date": (
        spoilt('"{client_secret}" } }', '"{client_secret}", claims = { at = 2026-11-21 } } }'),
        *(11, f"{JWT}.claims.at", "cannot be a claim", "a table of templates"),
    ),
    "what goes nowhere goes elsewhere": (
        spoilt(SECRET, 'client_secret = { in = ["nowhere", "json"] }'),
        *(
            8,
            f"{REQUEST}.client_secret.in",
            "what goes nowhere goes nowhere else",
            '"nowhere" alone',
        ),
    ),
    "a constant that goes nowhere": (
        spoilt(SECRET, SECRET + '\nextras.c = { in = "nowhere", value = "x" }'),
        *(9, f"{REQUEST}.extras.c.in", "what goes nowhere is given", "a carrier"),
    ),
    "a time ahead of nothing": (
        spoilt(REFRESH, 'refresh_token = { in = "json", ahead_seconds = 5 }'),
        *(7, f"{REQUEST}.refresh_token.ahead_seconds", "nothing here tells a time", "epoch"),
    ),
    "a copy of a stranger": (
        spoilt(SECRET, SECRET + '\nextras.c = { in = "json", generate = "copy", of = "scope" }'),
        *(9, f"{REQUEST}.extras.c.of", "'scope' is no field of this request", "refresh_token"),
    ),
    "a copy of nothing": (
        spoilt(SECRET, SECRET + '\nextras.c = { in = "json", generate = "copy" }'),
        *(9, f"{REQUEST}.extras.c", "the key 'of' is missing", "of = the meaning"),
    ),
    "a name for a carrier that is not there": (
        spoilt(REFRESH, 'refresh_token = { in = "json", name = { query = "r" } }'),
        *(7, f"{REQUEST}.refresh_token.name.query", "is no carrier of this field", "one of json"),
    ),
    "a name for a carrier that is a number": (
        spoilt(REFRESH, 'refresh_token = { in = "json", name = { json = 5 } }'),
        *(7, f"{REQUEST}.refresh_token.name.json", "neither a string nor an array", "a string"),
    ),
    "a header with a path for a name": (
        spoilt(
            REFRESH, 'refresh_token = { in = ["json", "header"], name = { header = ["a", "b"] } }'
        ),
        *(7, f"{REQUEST}.refresh_token.name", "only JSON nests", "one string"),
    ),
    "body unknown": (
        spoilt("[answer.fields]", '[answer]\nbody = "xml"\n[answer.fields]'),
        *(13, "answer.body", "'xml' is not known", "one of json, form, text"),
    ),
    "more than a token in a text": (
        spoilt("[answer.fields]", '[answer]\nbody = "text"\n[answer.fields]'),
        *(16, "answer.fields.expires_in", "has no place beside a bare token", "access_token"),
    ),
    "an array in a form": (
        spoilt("[answer.fields]", '[answer]\nbody = "form"\n[answer.fields]').replace(
            EXPIRES, 'scope = { format = "list" }'
        ),
        *(16, "answer.fields.scope.format", "'list' is no text", "one of string"),
    ),
    "a path in a form": (
        spoilt("[answer.fields]", '[answer]\nbody = "form"\n[answer.fields]').replace(
            '"ttl"', '["a", "b"]'
        ),
        *(16, "answer.fields.expires_in", "lies deep in a body", 'body = "json"'),
    ),
    "an extension with a token": (
        spoilt("[answer.fields]", "[answer]\nextends = true\n[answer.fields]"),
        *(13, "answer.extends", "there is an access_token", "no access_token"),
    ),
    "an extension that nothing tells": (
        spoilt("access_token = {}\n", "").replace(
            "[answer.fields]", "[answer]\nextends = true\n[answer.fields]"
        ),
        *(14, "answer.fields", "nothing tells a success", "a constant with a name"),
    ),
    "a moment that is no moment": (
        spoilt(EXPIRES, 'expires_in = { since = { name = "t", format = "seconds" } }'),
        *(14, "answer.fields.expires_in.since.format", "'seconds' is not known", "one of iso8601"),
    ),
    "a moment without a place": (
        spoilt(EXPIRES, "expires_in = { since = {} }"),
        *(14, "answer.fields.expires_in.since", "the key 'name' is missing", "name = a string"),
    ),
    "a date that is counted": (
        spoilt(EXPIRES, 'access_expires_at = { since = { name = "t" } }'),
        *(14, "answer.fields.access_expires_at.since", "is not counted from", "one of expires_in"),
    ),
    "a token's own expiry with a name": (
        spoilt(EXPIRES, 'access_expires_at = { name = "exp", format = "jwt" }'),
        *(14, "answer.fields.access_expires_at.format", "the token itself says it", "no name"),
    ),
    "an array and an object at once": (
        spoilt('"ttl"', '[0, "ttl"]'),
        *(14, "answer.fields.expires_in", "stands where access_token is nested", "of its own"),
    ),
    "an index below zero": (
        spoilt('"ttl"', '["ttl", -1]'),
        *(14, "answer.fields.expires_in.name", "leads nowhere", "names and indices"),
    ),
    "an array where an object is": (
        spoilt("access_token = {}", 'access_token = { name = ["ttl", "x"] }').replace(
            '"ttl" }', '["ttl", 0] }'
        ),
        *(14, "answer.fields.expires_in", "stands where access_token is nested", "a place"),
    ),
    "a moment where an object is": (
        spoilt("access_token = {}", 'access_token = { name = ["t", "x"] }').replace(
            EXPIRES, 'expires_in = { since = { name = "t" } }'
        ),
        *(14, "answer.fields.expires_in.since", "stands where access_token is nested", "a moment"),
    ),
    "a signature that is served": (
        spoilt("serve = false\n", "\n").replace('"nowhere"', '"json"'),
        *(10, f"{REQUEST}.extras.sign", "has to be verified, and no endpoint", "serve = false"),
    ),
    "an array that is served": (
        SERVED,
        *(6, "answer.fields.access_token", "lies in an array", "serve = false"),
    ),
    "an extension that is served": (
        SERVED.replace(
            '[answer.fields]\naccess_token = { name = ["tokens", 0] }',
            "[answer]\nextends = true\n[answer.fields]\nextras.ok = { name = 'ok', value = true }",
        ),
        *(6, "answer.extends", "answers without a token", "serve = false"),
    ),
    "a moment that is served": (
        SERVED.replace('{ name = ["tokens", 0] }', '{}\nexpires_in = { since = { name = "t" } }'),
        *(7, "answer.fields.expires_in", "counts from a moment of its own", "serve = false"),
    ),
    "a secret that is not sent, served": (
        SERVED.replace('{ name = ["tokens", 0] }', "{}").replace('"json"', '"nowhere"'),
        *(
            4,
            "call.refresh_token.request.refresh_token",
            "known without being sent",
            "serve = false",
        ),
    ),
}
