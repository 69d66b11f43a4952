"""A request as a line for a shell is the request, whatever is in it."""

from __future__ import annotations

import base64
import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.dialect import WireRequest
from remint.issuer.manual.curl import curl_line

TEXT = st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cc")), max_size=40)
HEADERS = st.lists(st.tuples(st.sampled_from(["X-Key", "accept"]), TEXT), max_size=3)


def words_in_bash(line):
    """The arguments that a shell gives to ``curl``."""
    script = "curl() { printf '%s\\0' \"$@\"; }; " + line
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@settings(max_examples=40)
@given(HEADERS, TEXT)
def test_a_shell_takes_the_line_apart_again(headers, body):
    """Quotes, dollars, backslashes and brackets arrive as they are, on one line."""
    line = curl_line(WireRequest("POST", "http://127.0.0.1/a?b=c&d", headers, body.encode()))
    assert "\n" not in line
    expected = ["-sS", "-X", "POST", "http://127.0.0.1/a?b=c&d"]
    expected += [word for name, value in headers for word in ("-H", f"{name}: {value}")]
    assert words_in_bash(line) == expected + (["--data-raw", body] if body else [])


@pytest.mark.parametrize(
    "user, shown",
    [(b"id:secret", ["-u", "id:secret"]), (b"id:se:cret", ["-u", "id:se:cret"])],
)
def test_basic_is_left_to_curl(user, shown):
    """Which encodes it again to the same bytes."""
    value = "Basic " + base64.b64encode(user).decode()
    line = curl_line(WireRequest("GET", "http://x/", [("Authorization", value)], b""))
    assert shlex.split(line) == ["curl", "-sS", "http://x/", *shown]


@pytest.mark.parametrize("value", ["Bearer x", "Basic ???", "Basic aWQ=", "Basic w6Q6"])
def test_any_other_authorization_is_a_header(value):
    """As is a Basic that curl would not write so."""
    line = curl_line(WireRequest("GET", "http://x/", [("Authorization", value)], b""))
    assert shlex.split(line)[-2:] == ["-H", f"Authorization: {value}"]
