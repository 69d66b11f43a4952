"""What HTTP brings is bounded: heads, bodies, patience and connections."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest

from remint.issuer.settings import Settings
from tests.issuer.conftest import Line, get, post
from tests.servers import serving

MAX_HEAD = 2048
MAX_BODY = 1024
PATIENCE_SECONDS = 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with little room and little patience."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("limits") / "data",
        max_header_bytes=MAX_HEAD,
        max_body_bytes=MAX_BODY,
        receive_timeout_seconds=PATIENCE_SECONDS,
        keep_alive_seconds=2,
        max_connections=40,
    )
    with serving(settings) as running:
        yield running


@pytest.fixture
def line(server):
    """A connection to it."""
    opened = Line(server.port)
    yield opened
    opened.close()


def turned_away(server) -> dict[str, float]:
    """The counts of what never became a call, by reason."""
    prefix = 'remint_turned_away_total{reason="'
    page = get(server.port, "/metrics").body.decode()
    rows = [row.removeprefix(prefix) for row in page.splitlines() if row.startswith(prefix)]
    return {row.split('"')[0]: float(row.split()[-1]) for row in rows}


def test_a_large_head_is_refused(server, line):
    """Headers beyond the bound are 431, and the connection ends."""
    before = turned_away(server).get("head", 0)
    answer = line.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * MAX_HEAD + b"\r\n\r\n")
    assert answer.status == 431
    assert answer.headers["connection"] == "close"
    assert line.ended()
    assert turned_away(server)["head"] == before + 1


def test_many_small_headers_are_refused(line):
    """It is the sum that counts."""
    fields = b"".join(b"X-%d: y\r\n" % number for number in range(300))
    assert line.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n").status == 431


def test_a_head_within_the_bound_passes(line):
    """One byte below the bound is fine, and so is the next request on the connection."""
    fixed = len(b"/healthz") + len(b"hosta") + len(b"x-a") + 8
    value = b"a" * (MAX_HEAD - fixed)
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: " + value + b"\r\n\r\n"
    assert line.ask(request).status == 200
    assert line.ask(request).status == 200
    assert line.ask(request.replace(value, value + b"a")).status == 431


def test_a_long_target_is_refused(line):
    """A request target beyond the bound is 414."""
    assert line.ask(b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nHost: a\r\n\r\n").status == 414


@pytest.mark.parametrize("piece", [b"a" * 400, b"X-B: " + b"b" * 100 + b"\r\n"])
def test_a_head_without_an_end_is_refused(line, piece):
    """What has not ended at the bound is refused, long before it would."""
    line.send(b"GET /healthz HTTP/1.1\r\nX-A: 1\r\n" + (b"X-B: " if b":" not in piece else b""))
    with pytest.raises(ConnectionError):  # noqa: PT012
        for _ in range(1000):
            line.send(piece)
            time.sleep(0.002)
    assert line.answer().status == 431


def test_a_slow_head_is_ended(line):
    """Somebody who sends a byte now and then is answered 408 after the patience, not served for ever."""
    started = time.monotonic()
    line.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
    line.socket.settimeout(0.2)
    while True:
        try:
            answer = line.answer()
            break
        except TimeoutError:
            line.send(b"X")
    assert answer.status == 408
    assert PATIENCE_SECONDS <= time.monotonic() - started < PATIENCE_SECONDS + 3


def test_a_silent_connection_is_closed(line):
    """A connection that never asks anything ends after the patience, without a word."""
    started = time.monotonic()
    assert line.ended()
    assert PATIENCE_SECONDS <= time.monotonic() - started < PATIENCE_SECONDS + 3


def test_an_idle_connection_is_closed(line):
    """After an answer a connection is kept for ``keep_alive_seconds``."""
    assert line.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
    started = time.monotonic()
    assert line.ended()
    assert 2 <= time.monotonic() - started < 5


def test_a_slow_head_after_an_answer_is_ended(line):
    """The patience runs anew from the first byte of each request."""
    assert line.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
    time.sleep(PATIENCE_SECONDS * 0.5)
    line.send(b"GET /heal")
    started = time.monotonic()
    assert line.answer().status == 408
    assert time.monotonic() - started >= PATIENCE_SECONDS * 0.9


def test_a_slow_body_is_408(line):
    """A body that trickles in is answered 408 in the dialect's words, and the connection ends."""
    line.send(post("/oauth/token", b"x" * 100)[:-50])
    answer = line.answer()
    assert answer.status == 408
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["connection"] == "close"
    assert line.ended()


def test_a_large_body_is_413(line):
    """A body that says that it is too large is refused unread."""
    line.send(post("/oauth/token", b"x" * (MAX_BODY + 1))[:-MAX_BODY])
    assert line.answer().status == 413


def test_a_large_chunked_body_is_413(line):
    """A body that does not say so is refused once it is."""
    chunk = b"100\r\n" + b"x" * 256 + b"\r\n"
    head = b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    assert line.ask(head + b"\r\n" + chunk * 6).status == 413


@pytest.mark.parametrize(
    "flood", [b"X-T: " + b"t" * 200 + b"\r\n", b"t" * 200], ids=["trailers", "one trailer"]
)
def test_trailers_are_bounded(line, flood):
    """What follows the last chunk costs memory too."""
    head = b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    line.send(head + b"1\r\nx\r\n0\r\n" + (b"" if b":" in flood else b"X-T: "))
    with pytest.raises(ConnectionError):  # noqa: PT012
        for _ in range(3000):
            line.send(flood)
            time.sleep(0.0005)
    assert line.answer().status in (413, 408)


def test_what_is_no_http_is_400(server, line):
    """Garbage is answered 400, and counted."""
    before = turned_away(server).get("malformed", 0)
    assert line.ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").status == 400
    assert line.ended()
    assert turned_away(server)["malformed"] == before + 1


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        (
            b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
    ],
)
def test_odd_requests_get_an_answer(server, head):
    """Whatever is odd about a request, it is answered with a 4xx, never a 500."""
    line = Line(server.port)
    assert 400 <= line.ask(head).status < 500
    line.close()


def test_garbage_after_a_request_does_not_harm_its_answer(line):
    """A request that came whole is answered, whatever follows it; then the connection ends."""
    line.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n\x00\x01garbage\r\n\r\n")
    answer = line.answer()
    assert (answer.status, answer.body) == (200, b"ok\n")
    assert line.ended()


def test_a_large_head_behind_a_request_is_not_taken_for_its_body(line):
    """The refused request's bytes never reach the one before it."""
    first = post("/oauth/token", b"a=b")
    second = b"GET / HTTP/1.1\r\nX-A: " + b"a" * MAX_HEAD + b"\r\n\r\n"
    line.send(first + second)
    assert line.answer().status == 400
    assert line.ended()


def test_pipelined_requests_are_answered_in_order(line):
    """Several at once on one connection get their answers one after another."""
    line.send(
        b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in (b"/healthz", b"/nope"))
        * 3
    )
    assert [line.answer().status for _ in range(6)] == [200, 404] * 3


def test_a_flood_of_pipelined_requests_is_stopped(server, line):
    """Those up to the bound are answered, the rest is not even kept in mind."""
    before = turned_away(server).get("pipeline", 0)
    line.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
    answered = 0
    with pytest.raises((EOFError, ConnectionError)):  # noqa: PT012
        while True:
            assert line.answer().status == 200
            answered += 1
    assert answered == 17
    assert turned_away(server)["pipeline"] == before + 1


def test_an_offer_to_upgrade_is_ignored(line):
    """A request that could be something else is answered as what it is (RFC 9110 §7.8)."""
    line.send(
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    assert line.answer().status == 200


def test_who_does_not_take_the_answers_is_cut_off(server):
    """Answers that nobody reads do not wait for ever."""
    before = turned_away(server).get("slow_reader", 0)
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", server.port))
    with suppress(ConnectionError):
        for _ in range(25):
            reader.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 8)
            time.sleep(0.2)
    deadline = time.monotonic() + 20
    while turned_away(server).get("slow_reader", 0) == before:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    reader.close()


def test_too_many_connections_are_told_to_come_back(server):
    """Beyond the bound a connection is answered 503 with Retry-After; those before it are served."""
    held = [Line(server.port) for _ in range(40)]
    try:
        for each in held:
            assert each.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
        surplus = Line(server.port)
        refused = surplus.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert refused.status == 503
        assert refused.headers["retry-after"] == "1"
        assert surplus.ended()
        surplus.close()
        assert held[0].ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
        crowd = [Line(server.port) for _ in range(30)]
        time.sleep(0.2)
        assert crowd[-1].ended()
        for each in crowd:
            each.close()
    finally:
        for each in held:
            each.close()
    time.sleep(0.2)
    assert turned_away(server)["connections"] >= 2


def test_a_server_still_answers_after_all_that(server):
    """Nothing of the above leaves a mark: no fault was logged, and it is ready."""
    assert get(server.port, "/readyz").status == 200
    assert not [line for line in server.log() if line["level"] == "error"]
