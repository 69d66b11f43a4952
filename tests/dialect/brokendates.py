"""Dialect files with one thing wrong in a date, a header, a constant or a filter; and what the error says."""

from __future__ import annotations

REQUEST = "call.refresh_token.request"
FIELDS = "answer.fields"
TEXT = """name = "x"
serve = false
[call.refresh_token]
path = "/t"
[call.refresh_token.request]
refresh_token = {{ in = "json" }}
{request}
[answer.fields]
access_token = {{}}
{answer}
{rest}
"""


def asked(field: str) -> str:
    return TEXT.format(request=field, answer="", rest="")


def answered(field: str) -> str:
    return TEXT.format(request="", answer=field, rest="")


def more(text: str) -> str:
    return TEXT.format(request="", answer="", rest=text)


ENDS = "access_expires_at"
#: Text, line, key, what is wrong, what was expected.
BROKEN = {
    "a part of no date": (
        answered(f'{ENDS} = {{ name = "e", format = "%Y-%m-%d %Q" }}'),
        *(10, f"{FIELDS}.{ENDS}.format", "'%Q' is no part of a date", "%Y %m %d"),
    ),
    "a date without a day": (
        answered(f'{ENDS} = {{ name = "e", format = "%H:%M" }}'),
        *(10, f"{FIELDS}.{ENDS}.format", "tells no day", "once each"),
    ),
    "a part twice": (
        answered(f'{ENDS} = {{ name = "e", format = "%Y%m%d%H%H" }}'),
        *(10, f"{FIELDS}.{ENDS}.format", "cannot be read back", "once"),
    ),
    "two zones": (
        answered(f'{ENDS} = {{ name = "e", format = "%Y%m%d%z", zone = "+01:00" }}'),
        *(10, f"{FIELDS}.{ENDS}.zone", "tells its own", "%z"),
    ),
    "a zone by name": (
        answered(f'{ENDS} = {{ name = "e", format = "%Y%m%d", zone = "Asia/Seoul" }}'),
        *(10, f"{FIELDS}.{ENDS}.zone", "no offset from UTC", "+09:00"),
    ),
    "a zone for seconds": (
        answered('expires_in = { zone = "+01:00" }'),
        *(10, f"{FIELDS}.expires_in.zone", "nothing here is told in a zone", "a moment"),
    ),
    "a zone for an epoch": (
        answered(f'{ENDS} = {{ name = "e", format = "epoch", zone = "+01:00" }}'),
        *(10, f"{FIELDS}.{ENDS}.zone", "nothing here is told in a zone", "a pattern"),
    ),
    "no time of the day": (
        answered(f'{ENDS} = {{ daily = "25:00" }}'),
        *(10, f"{FIELDS}.{ENDS}.daily", "no time of the day", "06:00"),
    ),
    "a daily span": (
        answered('expires_in = { daily = "06:00" }'),
        *(10, f"{FIELDS}.expires_in.daily", "is no moment", "access_expires_at"),
    ),
    "daily, and in the answer": (
        answered(f'{ENDS} = {{ name = "e", daily = "06:00" }}'),
        *(10, f"{FIELDS}.{ENDS}.daily", "the clock says it", "zone alone"),
    ),
    "the default of what is there": (
        answered("expires_in = { default = 60 }"),
        *(10, f"{FIELDS}.expires_in.default", "never missing", "required = false"),
    ),
    "a default that is none": (
        answered("expires_in = { default = [60], required = false }"),
        *(10, f"{FIELDS}.expires_in.default", "no string", "whole number"),
    ),
    "no header's name": (
        answered('id_token = { in = "header", name = "a b" }'),
        *(10, f"{FIELDS}.id_token.name", "cannot name a header", "an HTTP field name"),
    ),
    "deep in a header": (
        answered('id_token = { in = "header", name = ["a", "b"] }'),
        *(10, f"{FIELDS}.id_token.name", "cannot name a header", "an HTTP field name"),
    ),
    "deep in a cookie": (
        answered('id_token = { in = "cookie", name = ["a", "b", "c"] }'),
        *(10, f"{FIELDS}.id_token.name", "leads nowhere", "Max-Age"),
    ),
    "one header twice": (
        answered('id_token = { in = "header", name = "A" }\nextras.a = { in = "header" }'),
        *(11, f"{FIELDS}.extras.a", "stands already", "a place of its own"),
    ),
    "a constant in a header": (
        answered('extras.a = { in = "header", name = "A", value = "x" }'),
        *(10, f"{FIELDS}.extras.a.value", "no place in a header", "body"),
    ),
    "a prefix in the body": (
        answered('id_token = { prefix = "Bearer " }'),
        *(10, f"{FIELDS}.id_token.prefix", "only a header has one", "header"),
    ),
    "an array in a header": (
        asked('extras.a = { in = "header", value = ["x"] }'),
        *(7, f"{REQUEST}.extras.a.value", "cannot travel so", "an array also in a query"),
    ),
    "a table in a query": (
        asked('extras.a = { in = "query", value = { x = 1 } }'),
        *(7, f"{REQUEST}.extras.a.value", "cannot travel so", "a string"),
    ),
    "a date of TOML": (
        asked('extras.a = { in = "json", value = 2026-11-21 }'),
        *(7, f"{REQUEST}.extras.a.value", "nothing that JSON has", "a constant"),
    ),
    "the length of a time": (
        asked('extras.a = { in = "json", generate = "epoch", length = 8 }'),
        *(7, f"{REQUEST}.extras.a.length", "only a nonce has one", "nonce"),
    ),
    "an unknown filter": (
        asked(
            'extras.a = { in = "json", generate = "signature", '
            'signature = { algorithm = "text", over = "{refresh_token|procent}" } }'
        ),
        *(7, f"{REQUEST}.extras.a.signature.over", "did you mean 'percent'", "base64"),
    ),
    "a digest that is plain": (
        asked(
            'extras.a = { in = "json", generate = "signature", '
            'signature = { algorithm = "md5", over = "x", encoding = "plain" } }'
        ),
        *(7, f"{REQUEST}.extras.a.signature.encoding", "a digest is no text", "another"),
    ),
    "a header that an assertion writes": (
        asked(
            'extras.a = { in = "json", generate = "assertion", assertion = '
            '{ algorithm = "HS256", key = "k", headers = { alg = "none" } } }'
        ),
        *(7, f"{REQUEST}.extras.a.assertion.headers.alg", "written by itself", "other headers"),
    ),
    "a failure in two places": (
        more('[[failure]]\ncode = "invalid_grant"\npath = "e"\nheader = "X-Error"\npresent = true'),
        *(14, "failure[0].header", "one place", "a path or a header"),
    ),
    "a failure in no header": (
        more('[[failure]]\ncode = "invalid_grant"\nheader = "a b"\npresent = true'),
        *(13, "failure[0].header", "cannot name a header", "an HTTP field name"),
    ),
    "a path that nothing tests": (
        more('[[failure]]\ncode = "invalid_grant"\nstatus = 400\npath = "e"'),
        *(14, "failure[0].path", "nothing is tested there", "contains"),
    ),
    "a template over a stranger": (
        more(
            '[use.request]\naccess_token = { in = "header", value = "{client_id}:{access_token}" }'
        ),
        *(12, "use.request.access_token.value", "is no field of this table", "access_token"),
    ),
}
