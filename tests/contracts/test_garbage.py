"""What is no HTTP, or no HTTP that can be trusted: turned away before any dialect sees it."""

from __future__ import annotations

import pytest

from tests.contracts.badinput.goodrequests import GOOD
from tests.contracts.badinput.treasury import Treasury, fresh
from tests.contracts.wire import Answer, Wire
from tests.contracts.workspace import Workspace

_HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: issuer.test\r\nConnection: close\r\n"
_FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"

# Where HTTP itself says that a request is broken: RFC 9112 §2.2, §3, §5, §6.3, §7.1.
GARBAGE: dict[str, bytes] = {
    "noise": bytes(range(256)),
    "text": b"hello?\r\n\r\n",
    "a TLS handshake": bytes.fromhex("16030100c2010000be0303") + b"\x00" * 180,
    "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "no version": b"POST /oauth/token\r\n\r\n",
    "version 9": _HEAD.replace(b"1.1", b"9.9") + b"\r\n",
    "a version that is a word": _HEAD.replace(b"1.1", b"one") + b"\r\n",
    "an unknown protocol": _HEAD.replace(b"HTTP/", b"ICAP/") + b"\r\n",
    "a method with a blank": b"PO ST /oauth/token HTTP/1.1\r\n\r\n",
    "a method in small letters": _HEAD.replace(b"POST", b"post") + b"\r\n",
    "a method nobody knows": _HEAD.replace(b"POST", b"RENEW") + b"\r\n",
    "a blank in the target": _HEAD.replace(b"/oauth/", b"/oauth /") + b"\r\n",
    "NUL in the target": _HEAD.replace(b"/oauth/", b"/oauth\x00/") + b"\r\n",
    "raw bytes in the target": _HEAD.replace(b"/token", b"/token?x=\xff\xfe") + b"\r\n",
    "a header without a colon": _HEAD + b"partnerId\r\n\r\n",
    "a header without a name": _HEAD + b": 7\r\n\r\n",
    "a blank before the colon": _HEAD + b"partnerId : 7\r\n\r\n",
    "NUL in a header's value": _HEAD + b"partnerId: 7\x008\r\n\r\n",
    "NUL in a header's name": _HEAD + b"partner\x00Id: 7\r\n\r\n",
    "a control in a header's name": _HEAD + b"partner\x01Id: 7\r\n\r\n",
    "a bare CR in a header": _HEAD + b"partnerId: 7\rgrantType: x\r\n\r\n",
    "DEL in a header's value": _HEAD + b"partnerId: 7\x7f\r\n\r\n",
    "a length that is no number": _HEAD + b"Content-Length: ten\r\n\r\n",
    "a negative length": _HEAD + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": _HEAD + b"Content-Length: +1\r\n\r\nx",
    "a length beyond 64 bits": _HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
    "two lengths": _HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a list of lengths": _HEAD + b"Content-Length: 1, 2\r\n\r\nxx",
    "a length and chunks": _HEAD
    + _FORM
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, then compressed": _HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a chunk whose size is a word": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of negative size": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a chunk size beyond 64 bits": _HEAD
    + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
    "a chunk longer than it says": _HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
}


@pytest.fixture(scope="module")
def held(workspace: Workspace) -> Treasury:
    """A client that is well throughout."""
    return fresh("oauth2", workspace)


@pytest.fixture(autouse=True)
def _well_afterwards(wire: Wire, held: Treasury):
    yield
    assert wire.send(GOOD["oauth2"]["renewal"](held).message()).status == 200


def _turned_away(answer: Answer, status: int) -> None:
    assert answer.status == status, answer
    assert answer.headers["connection"] == "close"
    assert len(answer.body) < 100 and b"Traceback" not in answer.body


@pytest.mark.parametrize("what", GARBAGE)
def test_what_is_no_http_gets_400(what: str, wire: Wire):
    """RFC 9112 §3.2: a server responds to an invalid request with 400, and closes the connection."""
    _turned_away(wire.exchange([GARBAGE[what]]), 400)


@pytest.mark.parametrize("count", [1, 500])
def test_headers_beyond_bounds_get_431(count: int, wire: Wire):
    """RFC 6585 §5: one huge header, or a great many."""
    size = 40_000 // count
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"x" * size) for n in range(count))
    _turned_away(wire.exchange([_HEAD + lines + b"\r\n"]), 431)


def test_a_target_beyond_bounds_gets_414(wire: Wire):
    """RFC 9110 §15.5.15: the request's target is too long."""
    target = b"/auth/token/refresh?refresh_token=" + b"x" * 60_000
    _turned_away(wire.exchange([_HEAD.replace(b"/oauth/token", target) + b"\r\n"]), 414)


def test_headers_that_never_end_get_408(wire: Wire):
    """RFC 9110 §15.5.9: a head that does not come to its end in time."""
    _turned_away(wire.exchange([_HEAD]), 408)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/oauth",
        "/oauth/token/",
        "//oauth/token",
        "/oauth//token",
        "/oauth/./token",
        "/oauth/token/../token",
        "/oauth/token;version=1",
        "/oauth/token.json",
        "/OAuth/Token",
        "/oauth/token%00",
        "/oauth/token%20",
        "/oauth%2ftoken%2f",
        "/%6fauth/token%0d%0aX-Injected:%20yes",
        "/api/v2/generateToken",
        "/v1/auth/tokens",
        "/%ff%fe",
        "/" + "x" * 8000,
    ],
)
def test_an_address_that_is_none_gets_404_or_the_like(path: str, wire: Wire, held: Treasury):
    """What is not an address of a dialect renews nothing: 404, or 405 where only pages are."""
    message = GOOD["oauth2"]["renewal"](held).message()
    message.target = path
    answer = wire.send(message)
    assert answer.status in (404, 405), answer
    assert "x-injected" not in answer.headers


def test_a_smuggled_request_is_not_served(wire: Wire, held: Treasury):
    """RFC 9112 §11.2: with a length and chunks at once, what follows must not count as a request."""
    good = GOOD["oauth2"]["renewal"](held).message().encoded()
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    head = _HEAD.replace(b"Connection: close\r\n", b"")
    before = _renewals(wire)
    _turned_away(wire.exchange([head + _FORM + both + good]), 400)
    assert _renewals(wire) == before


def _renewals(wire: Wire) -> list[str]:
    lines = wire.get("/metrics").body.decode().splitlines()
    return [line for line in lines if "oauth2" in line and line.startswith("remint_renewals_total")]
