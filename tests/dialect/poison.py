"""Answers that must never be taken for a token: plain data, for every dialect that comes with Remint.

``POISON`` is for all of them; ``poison(name)`` adds what is poison to one: its own success cut short, and the
failures of all others. Each is a name, a status, headers and a body.
"""

from __future__ import annotations

from tests.dialect.samples import FAILURES, SUCCESSES

Headers = list[tuple[bytes, bytes]]
Sample = tuple[str, int, Headers, bytes]

_HTML: Headers = [(b"content-type", b"text/html; charset=utf-8")]
_JSON: Headers = [(b"content-type", b"application/json")]
_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head><body>access_token=a</body></html>"
)

POISON: list[Sample] = [
    ("a page", 200, _HTML, _PAGE),
    ("a page that says it is JSON", 200, _JSON, _PAGE),
    ("an empty body", 200, _JSON, b""),
    ("blanks", 200, _JSON, b" \r\n "),
    ("no content", 204, [], b""),
    ("a code", 200, _JSON, b'{"code":400}'),
    ("an error", 200, _JSON, b'{"error":"x"}'),
    ("an array", 200, _JSON, b"[]"),
    ("an object", 200, _JSON, b"{}"),
    ("null", 200, _JSON, b"null"),
    ("a string", 200, _JSON, b'"text"'),
    ("a number", 200, _JSON, b"7"),
    ("not UTF-8", 200, _JSON, b'{"access_token":"\xff"}'),
    ("deep", 200, _JSON, b"[" * 100_000),
    ("an empty token", 200, _JSON, b'{"access_token":"","expires_in":3600,"token_type":"Bearer"}'),
    ("a token of null", 200, _JSON, b'{"access_token":null,"expires_in":3600}'),
    ("a token that is an object", 200, _JSON, b'{"access_token":{},"expires_in":3600}'),
    ("a page of a proxy", 502, _HTML, b"<html>Bad Gateway</html>"),
    ("a page that leads elsewhere", 302, _HTML, b""),
]

#: Successes of the dialects that are served, as their contracts show them.
_SERVED = {
    "oauth2": '{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}',
    "eshopbox": '{"access_token":"a","scope":"read","expires_in":3600,"token_type":"Bearer"}',
    "partner": '{"access_token":"a","refresh_token":"r","expires_in":3600,"token_type":"Bearer"}',
    "genlogs": (
        '{"access_token_data":{"token":"a","expires":"2027-01-15T09:00:00Z"},"refresh_token_data":'
        '{"token":"r","expires":"2027-01-16T08:00:00Z"},"user_id":"x","company_id":7}'
    ),
}


def poison(name: str) -> list[Sample]:
    """What the dialect ``name`` must never take for a token."""
    own = SUCCESSES.get(name, (200, _SERVED.get(name, "")))[1].encode()
    cut = [
        (f"its own success, cut after {length} bytes", 200, _JSON, own[:length])
        for length in sorted({len(own) // 4, len(own) // 2, len(own) - 2, len(own) - 1})
        if 0 < length < len(own)
    ]
    others = [
        (f"a failure of {other}: {body}", status, _JSON, body.encode())
        for other, status, body in FAILURES
        if other != name
    ]
    return [*POISON, *cut, *others]
