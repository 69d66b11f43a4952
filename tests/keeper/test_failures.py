"""What each failure leads to, over real sockets, for threads and for event loops.

How many calls are made, in which state the connection is, and when the next call may be made.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from remint.errors import ConnectionDead, RenewalDelayed
from tests.keeper.counter import NAME, Desk
from tests.keeper.promises.wire import wire
from tests.keeper.provider import (
    Provider,
    access_token,
    drop_after,
    drop_before,
    make_server,
    refresh_token,
    refusal,
    reply,
)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("style", ["seconds", "date"])
def test_retry_after(desk: Desk, status: int, style: str):
    """Obeyed to the second; no doubt about the token."""
    value = "90" if style == "seconds" else formatdate(time.time() + 90, usegmt=True)
    desk.provider.do(reply(status, b"", Retry_After=value))
    held = desk.delayed()
    assert (held.state, held.intent, held.failures) == ("fresh", None, 1)
    assert 85 < desk.wait_s() <= 91
    desk.delayed()
    assert len(desk.provider.calls) == 1
    assert desk.told() == ["delayed"]


@pytest.mark.parametrize("status", [429, 503])
def test_turned_away_without_a_time(desk: Desk, status: int):
    """A short pause, that doubles from time to time."""
    desk.hold()
    waits = []
    for number in range(1, 7):
        desk.provider.do(reply(status, b""))
        with pytest.raises(RenewalDelayed):
            desk.run("renew", NAME)
        assert desk.held.failures == number
        waits.append(desk.wait_s())
    assert 0 < waits[0] <= 1
    assert 15 < waits[5] <= 32
    assert len(desk.provider.calls) == 6


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error(desk: Desk, status: int):
    """It may have renewed: in doubt, and a pause."""
    desk.provider.do(reply(status, b"<html>oops</html>"))
    held = desk.delayed()
    assert held.state == "in_doubt"
    assert held.intent is not None
    assert desk.told() == ["in_doubt"]
    assert str(desk.run("renew", NAME)) == access_token(NAME, 1)
    assert desk.told() == ["in_doubt", "recovered"]


def test_a_refusal_that_nobody_explains(desk: Desk):
    """A 404 of a proxy, say: no hurry to ask again, and nobody dies of it."""
    desk.provider.do(reply(404, b"<html>not here</html>"))
    held = desk.delayed()
    assert held.state == "fresh"
    assert desk.wait_s() > 20


def test_temporarily_unavailable(desk: Desk):
    """A provider that says so in a 400."""
    desk.provider.do(lambda *_: refusal("temporarily_unavailable"))
    held = desk.delayed()
    assert held.state == "fresh"


def test_nobody_listens(desk: Desk):
    """A refused connection: nothing was sent, nothing is in doubt."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    desk.hold(base_url=f"http://127.0.0.1:{port}")
    held = desk.delayed()
    assert (held.state, held.intent) == ("fresh", None)
    assert held.trouble is not None
    assert held.trouble.code == "unreachable"
    assert held.trouble.description.startswith("ConnectError")


def test_a_host_that_is_not_there(desk: Desk):
    """No address for the name (RFC 6761 §6.4)."""
    desk.hold(base_url="http://nowhere.invalid")
    held = desk.delayed()
    assert (held.state, held.intent) == ("fresh", None)


def test_a_connection_that_does_not_come_about(desk: Desk):
    """A timeout before sending: the queue of that port is full."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(full.getsockname())
        desk.hold(base_url=f"http://127.0.0.1:{full.getsockname()[1]}")
        held = desk.delayed()
    assert (held.state, held.intent) == ("fresh", None)
    assert held.trouble is not None
    assert "ConnectTimeout" in held.trouble.description


def test_no_tls_there(desk: Desk):
    """A server that speaks none: not a byte of ours but the greeting was sent."""
    with wire() as made:
        made.says.append(lambda connection: None)
        desk.hold(base_url=made.base_url.replace("http:", "https:"))
        held = desk.delayed()
    assert (held.state, held.intent) == ("fresh", None)
    assert not any(refresh_token(NAME).encode() in heard for heard in made.heard)


def test_a_certificate_that_nobody_knows(desk: Desk, tmp_path: Path):
    """Refused before the request: what a stranger would get of it is nothing."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made: list[str | Path] = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    place: list[str | Path] = ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", "req", "-x509", *made, *place], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = make_server(desk.provider)
    with contextlib.closing(context.wrap_socket(server.socket, server_side=True)) as wrapped:
        server.socket = wrapped
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        desk.hold(base_url=f"https://localhost:{server.server_port}")
        held = desk.delayed()
        server.shutdown()
        thread.join()
    assert (held.state, held.intent) == ("fresh", None)
    assert desk.provider.calls == []


def test_no_answer_in_time(desk: Desk):
    """A timeout after sending: it may have happened, and the replay finds out what did."""
    done = threading.Event()

    def slow(made: Provider, call: Any) -> Any:
        answer = made.renew(call)
        done.wait(5)
        return answer

    desk.provider.do(slow)
    held = desk.delayed()
    done.set()
    assert held.state == "in_doubt"
    assert held.trouble is not None
    assert (held.trouble.code, held.trouble.outcome) == ("no_answer", "doubt")
    assert str(desk.run("renew", NAME)) == access_token(NAME, 1)
    assert desk.told() == ["in_doubt", "recovered"]
    assert desk.provider.renewals == 1


@pytest.mark.parametrize("drop", [drop_before, drop_after])
def test_hung_up(desk: Desk, drop: Callable[..., Any]):
    """Whether before or after renewing, from here it looks the same."""
    desk.provider.do(drop)
    assert desk.delayed().state == "in_doubt"
    assert str(desk.run("renew", NAME)) == access_token(NAME, 1)
    assert len(desk.provider.calls) == 2


def test_a_strict_replay_is_reported(desk: Desk):
    """The line is over: dead, and the reason says what the lost answer meant."""
    desk.hold(rotation="strict", grace_seconds=None)
    desk.provider.rotation = "strict"
    desk.provider.do(drop_after)
    assert desk.delayed().state == "in_doubt"
    with pytest.raises(ConnectionDead) as caught:
        desk.run("renew", NAME)
    assert "lost" in caught.value.description
    assert "strict" in caught.value.description
    assert desk.told() == ["in_doubt", "dead"]
