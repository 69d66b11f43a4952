"""Whatever is sent, the answer is a refusal with a reason, never a fault; and the agent goes on."""

from __future__ import annotations

import contextlib
import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MOST_BODY = 64 * 1024
RENEW = "/v1/connections/acme/renew"
FUZZ = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@pytest.mark.parametrize(
    "method, path, status, allow",
    [
        ("POST", "/v1/connections/acme/token", 405, "GET, HEAD"),
        ("GET", RENEW, 405, "POST"),
        ("DELETE", "/v1/connections/acme", 405, "GET, HEAD"),
        ("PUT", "/v1/connections", 405, "GET, HEAD"),
        ("POST", "/metrics", 405, "GET, HEAD"),
        ("POST", "/healthz", 405, "GET, HEAD"),
        ("OPTIONS", "/v1/connections", 405, "GET, HEAD"),
        ("GET", "/", 404, None),
        ("GET", "/v1", 404, None),
        ("GET", "/v1/connections/", 400, None),
        ("GET", "/v1/connections//token", 400, None),
        ("GET", "/v1/connections/acme/nothing", 404, None),
        ("GET", "/v1/connections/acme/token/", 404, None),
        ("GET", "/v1/connections/%ff/token", 400, None),
        ("GET", "/v1/connections?limit=0", 400, None),
        ("GET", "/v1/connections?limit=1001", 400, None),
        ("GET", "/v1/connections?limit=x", 400, None),
        ("GET", "/v1/connections?limit=1&limit=2", 400, None),
        ("GET", "/v1/connections?state=dead", 400, None),
        ("GET", "/v1/connections?after=%ff", 400, None),
    ],
)
def test_paths_and_methods(agent, method, path, status, allow):
    """Each wrong one has its status, and 405 says what would do."""
    answer = agent.ask(method, path)
    assert answer.status == status
    assert answer.headers.get("allow") == allow
    assert set(answer.json()) == {"error", "error_description"}


def test_head_is_get_without_a_body(agent):
    """RFC 9110 §9.3.2."""
    answer = agent.ask("HEAD", "/v1/connections/acme/token")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    "body, media_type, status",
    [
        (b"rejected=x", "application/x-www-form-urlencoded", 415),
        (b'{"rejected": "x"}', "", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"rejected": 1}', "application/json", 400),
        (b'{"rejected": "a", "rejected_token_sha256": "b"}', "application/json", 400),
        (b'{"rejected_token_sha256": "abc"}', "application/json", 400),
        (b'{"unknown": 1}', "application/json", 400),
        (b"[" * 30_000, "application/json", 400),
        (b" " * (MOST_BODY + 1), "application/json", 413),
    ],
)
def test_bodies(agent, body, media_type, status):
    """Each wrong one has its status."""
    headers = {"Content-Type": media_type} if media_type else {}
    answer = agent.ask("POST", RENEW, body, headers=headers)
    assert answer.status == status
    assert set(answer.json()) == {"error", "error_description"}


def test_a_body_in_chunks_is_bounded_too(agent):
    """Its length is not known ahead."""
    chunks = (b"x" * 1024 for _ in range(65))
    answer = agent.ask("POST", RENEW, chunks, headers={"Content-Type": "application/json"})
    assert answer.status == 413


def raw(agent, data: bytes) -> bytes:
    """What is answered to these bytes, when no more come."""
    with socket.create_connection(("127.0.0.1", agent.port), 20) as line:
        answer = b""
        # It may be hung up on before all is sent.
        with contextlib.suppress(OSError):
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while more := line.recv(65536):
                answer += more
        return answer


@pytest.mark.parametrize(
    "data, status",
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        ("GET /é HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"x" * 300_000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"401"),
    ],
)
def test_what_is_no_request(agent, data, status):
    """It is answered as far as it can be, and bounded."""
    assert raw(agent, data).split()[1:2] in ([status], [])
    assert agent.ask("GET", "/healthz").status == 200


SEGMENT = st.one_of(
    st.sampled_from(["", "v1", "connections", "acme", "token", "renew", "%2F", "%00", "%ff", ".."]),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=9
    ),
)
PATH = st.lists(SEGMENT, max_size=6).map(lambda parts: "/" + "/".join(parts))
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "Accept", "Expect", "Cookie", "X-Forwarded-For", "Connection"]
    ),
    st.one_of(VALUE, st.sampled_from(["application/json", "100-continue", "close"])),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=70)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rejected", "rejected_token_sha256", "x"]), inner)
    ),
    max_leaves=6,
)
BODY = st.one_of(
    st.none(), st.binary(max_size=200), JSON.map(lambda each: json.dumps(each).encode())
)


@FUZZ
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    path=PATH,
    query=st.one_of(st.just(""), VALUE.map(lambda each: "?" + each.replace(" ", "+"))),
    headers=HEADERS,
    body=BODY,
)
def test_no_request_is_a_fault(agent, method, path, query, headers, body):
    """Any request of somebody with the key is answered, and none by a 500."""
    answer = agent.ask(method, path + query, body, headers=headers)
    assert answer.status < 500, answer
    if answer.status >= 400 and method != "HEAD" and answer.body.startswith(b"{"):
        assert set(answer.json()) == {"error", "error_description"}


@FUZZ
@given(
    data=st.one_of(
        st.binary(max_size=300), st.binary(max_size=99).map(lambda tail: b"GET /" + tail)
    )
)
def test_no_bytes_are_a_fault(agent, data):
    """Nor are any bytes."""
    assert not raw(agent, data).startswith(b"HTTP/1.1 5")


def test_nothing_was_logged_as_a_fault(agent):
    """After all this the log has no error in it: run behind the tests above."""
    assert '"level":"error"' not in agent.stderr.read_text()
    assert agent.ask("GET", "/v1/connections/acme/token").status == 200
