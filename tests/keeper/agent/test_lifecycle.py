"""How an agent begins and ends: one at a place, told when it is ready, and cutting nobody off."""

from __future__ import annotations

import http.client
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remint.keeper.agent.server import MOST_CONNECTIONS
from tests.keeper.agent.agents import Hold, backdate, until
from tests.keeper.provider import access_token


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_was_asked(stage, provider, number):
    """Requests that wait for a renewal are answered, the renewal stored, and the status is 0."""
    stage.connect(provider, "acme")
    agent = stage.start()
    backdate(stage, "acme")
    hold = Hold(provider)
    body = b'{"rejected": "%s"}' % access_token("acme", 1).encode()
    lines = _asked(agent, 8, "POST", "renew", body)
    hold.reached()
    agent.process.send_signal(number)
    _stopping(agent)
    hold.let_go()
    for line in lines:
        with line, line.makefile("rb") as answer:
            assert access_token("acme", 2).encode() in answer.read()
    assert agent.ended() == 0
    assert '"event":"stopped"' in agent.said()
    again = stage.start()
    assert again.token("acme").json()["access_token"] == access_token("acme", 2)


def test_a_stop_finishes_renewals_that_nobody_waits_for(stage, provider):
    """The scheduler's too: no answer of a provider is thrown away."""
    provider.lifetime_seconds = 4
    stage.connect(provider, "acme")
    provider.lifetime_seconds = 3600
    hold = Hold(provider)
    agent = stage.start()
    hold.reached()
    agent.process.send_signal(signal.SIGTERM)
    _stopping(agent)
    hold.let_go()
    assert agent.ended() == 0
    again = stage.start()
    assert again.token("acme").json()["access_token"] == access_token("acme", 2)
    assert provider.renewals == 2


def test_who_waits_at_the_door_is_answered(stage, provider):
    """Connections that the kernel has let in before the stop get their answer."""
    stage.connect(provider, "acme")
    agent = stage.start()
    agent.token("acme")
    agent.process.send_signal(signal.SIGSTOP)
    lines = _asked(agent, 32, "GET", "token")
    agent.process.send_signal(signal.SIGTERM)
    agent.process.send_signal(signal.SIGCONT)
    for line in lines:
        with line:
            assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert agent.ended() == 0


def test_a_second_signal_does_not_wait(stage, provider):
    """The renewal under way is left, as after kill -9, and the next start goes on with it."""
    stage.connect(provider, "acme")
    agent = stage.start()
    backdate(stage, "acme")
    hold = Hold(provider)
    body = b'{"rejected": "%s"}' % access_token("acme", 1).encode()
    lines = _asked(agent, 1, "POST", "renew", body)
    hold.reached()
    agent.process.send_signal(signal.SIGTERM)
    _stopping(agent)
    agent.process.send_signal(signal.SIGTERM)
    assert agent.ended() == -signal.SIGTERM
    hold.let_go()
    for line in lines:
        line.close()
    again = stage.start("--listen", f"127.0.0.1:{agent.port}")
    assert again.token("acme").status == 200


@pytest.mark.parametrize("place", ["port", "socket"])
def test_kill_and_restart(stage, provider, place):
    """After kill -9 in the middle of a renewal an agent at the same place goes on, with a good token."""
    stage.connect(provider, "acme")
    arguments = ["--socket", str(stage.folder / "run" / "a.sock")] if place == "socket" else []
    agent = stage.start(*arguments)
    backdate(stage, "acme")
    provider.rotation = "grace"
    hold = Hold(provider)
    body = {"rejected": access_token("acme", 1)}
    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(agent.renew, "acme", body)
        hold.reached()
        agent.stop(signal.SIGKILL)
        assert isinstance(cut.exception(), (OSError, http.client.HTTPException))
        hold.let_go()
    again = stage.start(*(arguments or ["--listen", f"127.0.0.1:{agent.port}"]))
    assert again.address == agent.address
    assert again.renew("acme", body).json()["access_token"] == access_token("acme", 2)


def test_one_agent_at_a_place(stage):
    """A second one says that the place is taken, and the first goes on."""
    path = stage.folder / "run" / "a.sock"
    first = stage.start("--socket", str(path))
    assert "is in use" in stage.fails("--socket", str(path))
    assert first.ask("GET", "/healthz").status == 200
    at_port = stage.start()
    assert "is in use" in stage.fails("--listen", f"127.0.0.1:{at_port.port}")
    assert at_port.ask("GET", "/healthz").status == 200


def test_the_ready_file(stage):
    """It is there, whole, while callers are let in, and gone afterwards."""
    agent = stage.start()
    ready = stage.folder / "ready0"
    assert ready.read_text() == f"http://127.0.0.1:{agent.port}\n"
    agent.stop()
    assert not ready.exists()


def test_systemd_is_told(stage):
    """READY=1 once callers are let in, STOPPING=1 at the end."""
    path = stage.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(20)
        agent = stage.start(environ={"NOTIFY_SOCKET": str(path)})
        assert systemd.recv(100) == b"READY=1"
        agent.stop()
        assert systemd.recv(100) == b"STOPPING=1"


def test_a_socket_s_file_goes_with_its_agent(stage):
    """A stop leaves no socket behind."""
    path = stage.folder / "run" / "a.sock"
    assert stage.start("--socket", str(path)).stop() == 0
    assert not path.exists()


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs /proc")
def test_files_for_as_many_callers_as_it_takes(stage):
    """The soft limit that a shell sets is raised, as far as the hard one lets it."""
    agent = stage.start()
    limits = Path(f"/proc/{agent.process.pid}/limits").read_text()
    (soft, hard), *_ = re.findall(r"Max open files +(\w+) +(\w+)", limits)
    assert soft == "unlimited" or int(soft) >= min(MOST_CONNECTIONS, int(hard))


def test_an_idle_connection_does_not_hold_up_a_stop(stage):
    """Who is connected and asks nothing is hung up on."""
    agent = stage.start()
    with socket.create_connection(("127.0.0.1", agent.port), 20) as idle:
        assert agent.ask("GET", "/healthz").status == 200
        assert agent.stop() == 0
        assert idle.recv(10) == b""


def _asked(agent, count, method, leaf, body=b""):
    """Connections on which a request has been sent."""
    head = (
        f"{method} /v1/connections/acme/{leaf} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {agent.key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    lines = [socket.create_connection(("127.0.0.1", agent.port), 20) for _ in range(count)]
    for line in lines:
        line.sendall(head.encode() + body)
    return lines


def _stopping(agent):
    """Returns once the door is shut."""

    def is_shut():
        try:
            socket.create_connection(("127.0.0.1", agent.port), 20).close()
        except ConnectionRefusedError:
            return True
        return False

    until(is_shut)
