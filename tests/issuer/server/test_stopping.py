"""A stop cuts nobody off: what was accepted is answered, and then the door is shut."""

from __future__ import annotations

import signal
import socket
import threading
import time

import pytest

from tests.issuer.conftest import Client, Line

CHAINS = 64


class Chain(threading.Thread):
    """Renews one grant on one connection until the server says that it closes it."""

    def __init__(self, port: int, client: Client, token: str) -> None:
        super().__init__()
        self.line = Line(port)
        self.client = client
        self.token = token
        self.answered = 0
        self.cut: Exception | None = None
        self.said_goodbye = False

    def run(self) -> None:
        try:
            while not self.said_goodbye:
                answer = self.line.ask(self.client.request(self.token))
                assert answer.status == 200, answer
                self.token = answer.json()["refresh_token"]
                self.answered += 1
                self.said_goodbye = answer.headers.get("connection") == "close"
        except (EOFError, OSError, AssertionError) as error:
            self.cut = error
        finally:
            self.line.close()


@pytest.mark.parametrize("options", [{}, {"workers": 2}], ids=["alone", "two workers"])
def test_sigterm_under_load_answers_everything(serve, client, options):
    """64 clients renew as fast as they can; each gets its last answer, with ``Connection: close``."""
    server = serve(**options)
    chains = [Chain(server.port, client, token) for token in client.tokens]
    for chain in chains:
        chain.start()
    deadline = time.monotonic() + 20
    while any(chain.answered < 3 for chain in chains) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.stop() == 0
    for chain in chains:
        chain.join(10)
    assert [chain.cut for chain in chains if chain.cut] == []
    assert all(chain.said_goodbye for chain in chains)
    renewed = sum(line["outcome"] == "advanced" for line in server.access_log())
    assert renewed == sum(chain.answered for chain in chains)
    # And it is durable: the newest token of each renews at the next start.
    again = serve()
    for chain in chains:
        line = Line(again.port)
        assert line.ask(client.request(chain.token)).status == 200
        line.close()


def test_connections_waiting_at_the_door_are_answered(serve, client):
    """Who was let in by the kernel before the door was shut is answered."""
    server = serve()
    server.process.send_signal(signal.SIGSTOP)
    lines = [Line(server.port) for _ in range(CHAINS)]
    for line, token in zip(lines, client.tokens, strict=True):
        line.send(client.request(token))
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGCONT)
    answers = [line.answer() for line in lines]
    assert {answer.status for answer in answers} == {200}
    assert server.stop() == 0
    for line in lines:
        line.close()


def test_the_door_shuts_first(serve):
    """While a slow request is waited for, nobody new is let in."""
    server = serve(receive_timeout_seconds=3)
    line = Line(server.port)
    line.send(b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 1)
    line.send(b"defghij")
    answer = line.answer()
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert line.ended()
    line.close()
    assert server.stop() == 0


def test_a_stop_does_not_wait_for_ever(serve):
    """A request that does not end is given up after ``stop_grace_seconds``."""
    server = serve(stop_grace_seconds=1, receive_timeout_seconds=60)
    line = Line(server.port)
    line.send(b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    time.sleep(0.3)
    started = time.monotonic()
    assert server.stop() == 0
    assert 1 <= time.monotonic() - started < 6
    assert [each["event"] for each in server.log()][-2:] == ["stop_overdue", "stopped"]
    line.close()


def test_a_second_signal_does_not_wait(serve):
    """Who asks twice is in a hurry."""
    server = serve(stop_grace_seconds=60, receive_timeout_seconds=60)
    line = Line(server.port)
    line.send(b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    time.sleep(0.3)
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert server.process.poll() is None
    started = time.monotonic()
    assert server.stop(signal.SIGINT) == 0
    assert time.monotonic() - started < 5
    line.close()
