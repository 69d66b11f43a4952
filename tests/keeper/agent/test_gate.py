"""Who is let in: whoever has the key or could open the socket, and never a web page."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys

import pytest

from remint.keeper.agent.protocol import is_welcome
from tests.keeper.provider import access_token

PATHS = ["/v1/connections", "/v1/connections/acme", "/v1/connections/acme/token", "/metrics", "/x"]


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer é",
    ],
)
def test_without_the_key_nothing_is_told(agent, shown):
    """Every path is 401 alike, those that are not there too."""
    headers = {} if shown is None else {"Authorization": shown.format(key=agent.key)}
    answers = [agent.ask("GET", path, headers=headers, with_key=False) for path in PATHS]
    answers.append(agent.ask("POST", "/v1/connections/acme/renew", headers=headers, with_key=False))
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert agent.ask("GET", "/healthz", with_key=False).status == 200
    assert agent.ask("GET", "/readyz", with_key=False).status == 200


def test_the_scheme_is_not_case_sensitive(agent):
    """RFC 9110 §11.1."""
    headers = {"Authorization": f"bEARER {agent.key}"}
    assert agent.ask("GET", "/v1/connections", headers=headers).status == 200


def test_the_key_s_file(stage):
    """It is made once, for this user only, and stays."""
    agent = stage.start()
    file = stage.store / "agent.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(agent.key) == 43
    agent.stop()
    assert stage.start().key == agent.key
    assert agent.key not in agent.said()


def test_the_environment_s_key_wins(stage):
    """With it no file is made, and one that is there is not looked at."""
    key = "an-environment-s-key-0123456789-abcdef"
    agent = stage.start(environ={"REMINT_AGENT_KEY": key})
    assert not (stage.store / "agent.key").exists()
    assert agent.ask("GET", "/v1/connections").status == 401
    shown = {"Authorization": f"Bearer {key}"}
    assert agent.ask("GET", "/v1/connections", headers=shown).status == 200
    assert key not in agent.said()


def test_keys_that_do_not_do(stage):
    """One that is short, and a file that others can read, keep the agent from starting."""
    said = stage.fails("--listen", "127.0.0.1:0", environ={"REMINT_AGENT_KEY": "too-short"})
    assert "REMINT_AGENT_KEY" in said
    assert "too-short" not in said
    file = stage.folder / "open.key"
    file.write_text("k" * 43)
    file.chmod(0o644)
    said = stage.fails("--listen", "127.0.0.1:0", "--key-file", str(file))
    assert "chmod 600" in said
    assert "the agent's key" in said
    assert "k" * 43 not in said


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost@evil", ""]
)
def test_other_names_of_this_machine_are_refused(agent, host):
    """A page that made its own name point here (DNS rebinding) gets nothing, health pages neither."""
    for path in ("/v1/connections", "/healthz", "/readyz", "/metrics"):
        answer = agent.ask("GET", path, headers={"Host": host})
        assert (answer.status, answer.json()["error"]) == (403, "forbidden"), path


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:8757", "127.8.9.10", "[::1]:80"]
)
def test_loopback_names_pass(agent, host):
    """With any port, since one may be forwarded."""
    assert agent.ask("GET", "/v1/connections", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://127.0.0.1:8757"}, {"Origin": "null"}, {"Sec-Fetch-Site": "none"}]
)
def test_web_pages_are_refused(agent, headers):
    """What only browsers send is refused."""
    assert agent.ask("GET", "/v1/connections", headers=headers).status == 403
    assert agent.ask("GET", "/healthz", headers=headers).status == 403


def test_a_socket_needs_no_key(stage, provider):
    """Its mode, and its folder's, say who may open it; any Host will do."""
    stage.connect(provider, "acme")
    path = stage.folder / "run" / "agent.sock"
    agent = stage.start("--socket", str(path))
    assert agent.address == f"unix:{path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    answer = agent.ask("GET", "/v1/connections/acme/token", headers={"Host": "agent"})
    assert answer.json()["access_token"] == access_token("acme", 1)
    assert agent.ask("GET", "/v1/connections", headers={"Origin": "null"}).status == 403
    assert not (stage.store / "agent.key").exists()


_KNOCK = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
caller = socket.socket(socket.AF_UNIX)
caller.connect(sys.argv[1])
caller.recv(1)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not tell peers")
@pytest.mark.parametrize("uid", [0, 65534])
def test_the_peer_at_a_socket_is_looked_at(tmp_path_factory, uid):
    """Who got to the socket in spite of its mode is let in only if it is this user, or root."""
    with socket.socket(socket.AF_UNIX) as listener:
        # An abstract name: no file has a mode that would keep anybody out.
        name = f"\0remint-test-{os.getpid()}-{uid}"
        listener.bind(name)
        listener.listen()
        shown = name.replace("\0", "@", 1)
        knock = _KNOCK.replace("sys.argv[1]", "sys.argv[1].replace('@', chr(0), 1)")
        child = subprocess.Popen([sys.executable, "-c", knock, shown, str(uid)])
        try:
            peer, _ = listener.accept()
            assert is_welcome(peer) == (uid == 0)
            peer.close()
        finally:
            assert child.wait(20) == 0


def test_over_tcp_every_peer_is_asked_for_the_key():
    """There is nobody to look at."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        peer, _ = listener.accept()
        assert is_welcome(peer)
        peer.close()
    assert is_welcome(None)
