"""No token, secret or key is in a log, an error, a process list or a file in clear."""

from __future__ import annotations

from pathlib import Path

from tests.keeper.agent.agents import SECRET, backdate
from tests.keeper.provider import access_token, drop_after, refresh_token, refusal, reply


def test_nothing_leaks(stage, provider):
    """Through renewals, refusals, faults, lost answers and misuse: nothing is written that could be used."""
    echo = b'{"error": "invalid_request", "error_description": "no: %s"}'
    stage.connect(provider, "acme", "dead", "lost")
    agent = stage.start("--allow-renew")
    backdate(stage, "lost")
    agent.token("acme")
    agent.renew("acme")
    provider.do(
        reply(400, echo % refresh_token("acme", 2).encode(), Content_Type="application/json")
    )
    agent.renew("acme")
    provider.do(lambda _provider, _call: refusal("invalid_grant"))
    agent.renew("dead")
    provider.do(drop_after)
    agent.renew("lost", {"rejected": access_token("lost", 1)})
    agent.ask("GET", f"/v1/connections?after={access_token('acme', 1)}")
    agent.ask("GET", f"/v1/connections/{refresh_token('acme', 1)}/token")
    agent.ask("GET", "/v1/connections", headers={"Authorization": f"Bearer {SECRET}"})
    agent.ask("GET", "/metrics")
    environ = Path(f"/proc/{agent.process.pid}/cmdline")
    shown = environ.read_bytes().decode() if environ.exists() else ""
    assert agent.stop() == 0
    written = agent.said() + shown
    assert '"event":"request"' in written
    marks = [SECRET, agent.key]
    for name in ("acme", "dead", "lost"):
        marks += [
            make(name, number) for make in (access_token, refresh_token) for number in range(4)
        ]
    assert [mark for mark in marks if mark in written] == []


def test_the_access_log(stage, provider):
    """A line for each request: the path as documented, and the connection if there is one of that name."""
    stage.connect(provider, "user/7")
    agent = stage.start()
    agent.token("user/7")
    agent.token("nobody")
    agent.ask("GET", "/v1/connections?after=x")
    agent.ask("GET", "/secret-path")
    agent.ask("GET", "/healthz", with_key=False)
    assert agent.stop() == 0
    lines = agent.access_log()
    assert [(each["path"], each["connection"], each["status"]) for each in lines] == [
        ("/v1/connections/NAME/token", "user/7", 200),
        ("/v1/connections/NAME/token", "", 404),
        ("/v1/connections", "", 200),
        ("", "", 404),
        ("/healthz", "", 200),
    ]
    assert {each["event"] for each in lines} == {"request"}
    assert all(set(each) == set(lines[0]) for each in lines)
