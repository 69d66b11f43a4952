"""The flow of the auth objects, stepped by hand, and the rules beside it."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from remint.dialect import builtin
from remint.errors import ConfigurationError
from remint.keeper.access import Access
from remint.keeper.accesstoken import AccessToken
from remint.keeper.auth.answers import MOST_BODY_BYTES, must_read, says_expired
from remint.keeper.auth.origins import Origins, origin_of
from remint.keeper.auth.querymask import QueryMask
from remint.keeper.auth.turns import Ask, Show, Verdict, turns

OAUTH2, ESHOPBOX = builtin("oauth2").use, builtin("eshopbox").use


def access(token: str) -> Access:
    return Access(AccessToken(token), [], [], OAUTH2)


def played(*results: Access | Verdict) -> list[Ask | Show]:
    """The turns, each answered in order."""
    flow = turns()
    steps = [next(flow)]
    for result in results:
        try:
            steps.append(flow.send(result))
        except StopIteration:
            break
    return steps


A, B = access("a"), access("b")


@pytest.mark.parametrize(
    "results, steps",
    [
        ([A, Verdict.DONE], [Ask(""), Show(A)]),
        ([A, Verdict.EXPIRED, B, Verdict.DONE], [Ask(""), Show(A), Ask("a"), Show(B)]),
        ([A, Verdict.EXPIRED, B, Verdict.EXPIRED], [Ask(""), Show(A), Ask("a"), Show(B)]),
        ([A, Verdict.EXPIRED, A], [Ask(""), Show(A), Ask("a")]),
        ([A, Verdict.UNSEEN, Verdict.DONE], [Ask(""), Show(A), Show(A)]),
        ([A, Verdict.UNSEEN, Verdict.UNSEEN], [Ask(""), Show(A), Show(A)]),
        (
            [A, Verdict.UNSEEN, Verdict.EXPIRED, B, Verdict.EXPIRED],
            [Ask(""), Show(A), Show(A), Ask("a"), Show(B)],
        ),
    ],
)
def test_turns(results, steps):
    """A token is replaced once at most, and shown anew once at most."""
    assert played(*results) == steps


@pytest.mark.parametrize(
    "one, other",
    [
        ("https://api.example.com/a?b", "HTTPS://API.example.com:443"),
        ("wss://api.example.com/live", "https://api.example.com"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_one_origin(one, other):
    """Spelling, path and the port that goes without saying make no other origin."""
    assert origin_of(one) == origin_of(other) != ""
    assert Origins([other]).admit(one)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "https://api.example.com:8443",
        "https://example.com",
        "https://api.example.com.evil.example",
        "https://api.example.com@evil.example/",
        "//api.example.com",
        "https://[",
        "",
    ],
)
def test_another_origin(url):
    """Scheme, host and port each tell origins apart."""
    assert not Origins(["https://api.example.com"]).admit(url)


@pytest.mark.parametrize(
    "text", ["api.example.com", "https://api.example.com/v1", "https://u@x.example", "https://x?a"]
)
def test_what_is_no_origin_is_refused(text):
    """A path would look as if it counted."""
    with pytest.raises(ConfigurationError, match=r"origins: .* is no origin"):
        Origins(text)


@pytest.mark.parametrize(
    "status, kind, length, reads",
    [
        (200, "application/json; charset=utf-8", "70", True),
        (200, "application/problem+json", None, True),
        (200, None, None, True),
        (200, "text/html", "70", True),
        (200, "application/json", str(MOST_BODY_BYTES + 1), False),
        (200, "text/event-stream", None, False),
        (200, "application/octet-stream", "70", False),
        (204, None, None, False),
        (101, None, None, False),
    ],
)
def test_when_a_body_is_read(status, kind, length, reads):
    """Only under a dialect that looks into bodies, and only what can say something at that length."""
    assert must_read(ESHOPBOX, status, kind, length) is reads
    assert not must_read(OAUTH2, status, kind, length)


def test_a_long_body_says_nothing():
    """It is not even parsed."""
    body = b'{"response": {"code": 412}}'
    assert says_expired(ESHOPBOX, 200, body)
    assert not says_expired(ESHOPBOX, 200, body + b" " * MOST_BODY_BYTES)
    assert says_expired(OAUTH2, 401, b"")


def test_the_query_is_masked(caplog):
    """In the words and in the arguments of a record, and in no other parameter."""
    mask, log = QueryMask(), logging.getLogger("some.client")
    mask.cover(["some.client"], ["key"])
    mask.cover(["some.client"], ["key", "token"])
    log.warning("GET %s %d", "/a?b=1&token=secret&c=2#key=3", 200)
    log.warning("GET /a?key=secret")
    log.warning("no %(token)s", {"token": 1})
    assert [record.getMessage() for record in caplog.records] == [
        "GET /a?b=1&token=********&c=2#key=3 200",
        "GET /a?key=********",
        "no 1",
    ]


@pytest.mark.parametrize("library", ["httpx2", "httpx", "requests", "aiohttp"])
def test_a_missing_library_is_named(library):
    """With what would do; what else goes wrong at the import is left as it is."""
    code = f"""
import sys
# remint needs httpx2 itself, which is loaded by then.
import remint.keeper.auth.keepers
sys.modules["{library}"] = None
for name in [name for name in sys.modules if name.startswith("{library}.")]:
    sys.modules[name] = None
import remint.keeper.auth.{library}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last == (
        f"ModuleNotFoundError: remint.keeper.auth.{library} is for use with {library}, which is not"
        f" installed (pip install {library})"
    )
