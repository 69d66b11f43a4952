"""A store that is away or wrong, callers that dawdle: each is told so, and nobody else notices."""

from __future__ import annotations

import asyncio
import io
import socket

import pytest

from remint.errors import ConfigurationError, StoreError, StoreUnavailable, VaultError
from remint.keeper.agent import asking, protocol
from remint.keeper.agent.accesslog import AccessLog
from remint.keeper.agent.application import Agent
from remint.keeper.agent.gate import Gate
from remint.keeper.agent.health import Health
from remint.keeper.agent.metrics import Metrics
from remint.keeper.agent.server import Server, configured
from remint.keeper.agent.treasury import Treasury
from remint.keeper.store.memory import MemoryStore
from tests.keeper.provider import access_token, refresh_token

AWAY = StoreUnavailable("the store is away", retry_after_seconds=7)


class Faulty(MemoryStore):
    """A store that raises ``fault``, once there is one."""

    fault: Exception | None = None

    def __getattribute__(self, name):
        fault = object.__getattribute__(self, "fault")
        if fault is not None and name in ("load", "acquire", "listing", "count", "next_due_ms"):
            raise fault
        return super().__getattribute__(name)


@pytest.fixture
async def place(provider):
    """An agent in this process, on a port, over a store that can be made to fail."""
    store = Faulty()
    treasury = Treasury(store)
    for name in ("warm", "cold"):
        await treasury.connect(
            name, "oauth2", base_url=provider.base_url, refresh_token=refresh_token(name),
            client_id="client",
        )  # fmt: skip
    treasury._warmth.drop("cold")
    metrics = Metrics()
    health = Health(treasury, metrics, lambda: True, lambda: 0.0)
    agent = Agent(treasury, Gate(None), metrics, health, AccessLog(io.BytesIO()))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ready = asyncio.Event()
        server = Server(configured(agent, 1), ready.set, _nothing)
        serving = asyncio.create_task(server._serve([listener]))
        await ready.wait()
        yield store, listener.getsockname()[1]
        server.should_exit = True
        await serving
    store.fault = None
    await treasury.close()


async def _nothing():
    """There is no scheduler to stop."""


async def ask(port, path, method="GET", body=b"", *, patient=False):
    """The status line, the headers and the body, as they come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = 10 if patient else len(body)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    size = int(head.partition("content-length: ")[2].split("\r\n")[0])
    told = await reader.readexactly(size)
    writer.close()
    return int(head.split()[1]), head, told.decode()


async def test_a_store_that_is_away(place):
    """Warm tokens go on; the rest is 503 with a moment to come back, and the agent says it is not ready."""
    store, port = place
    assert (await ask(port, "/readyz"))[0] == 200
    store.fault = AWAY
    status, _, told = await ask(port, "/v1/connections/warm/token")
    assert status == 200
    assert access_token("warm", 1) in told
    for path in ("/v1/connections/cold/token", "/v1/connections/warm", "/v1/connections"):
        status, head, told = await ask(port, path)
        assert status == 503
        assert "retry-after: 7" in head
        assert "store_unavailable" in told
    status, _, told = await ask(port, "/metrics")
    assert status == 200
    assert "remint_agent_store_up 0" in told
    assert "remint_agent_store_errors_total 4" in told
    store.fault = None
    assert (await ask(port, "/v1/connections/cold/token"))[0] == 200


async def test_readiness_follows_the_store(place):
    """Within a second."""
    store, port = place
    store.fault = AWAY
    status, head, told = await ask(port, "/readyz")
    assert (status, told) == (503, "the store does not answer\n")
    assert "retry-after: 1" in head
    assert (await ask(port, "/healthz"))[0] == 200
    store.fault = None
    while (await ask(port, "/readyz"))[0] == 503:
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "fault, code",
    [
        (StoreError("this cannot be"), "store_error"),
        (VaultError("another key sealed it"), "store_error"),
        (ConfigurationError("there is no such dialect", key="dialect"), "misconfigured"),
        (RuntimeError("a-secret-of-somebody-s"), "server_error"),
    ],
)
async def test_what_is_wrong_with_us(place, caplog, fault, code):
    """A fault of ours is 500, with our words or with none, and is logged."""
    store, port = place
    store.fault = fault
    status, _, told = await ask(port, "/v1/connections/cold/token")
    assert status == 500
    assert f'"{code}"' in told
    assert "a-secret" not in told
    assert "a request failed" in caplog.text


async def test_a_body_that_does_not_come(place, monkeypatch):
    """It is waited for, and then it is not."""
    monkeypatch.setattr(asking, "_BODY_SECONDS", 0.05)
    _, port = place
    status, _, told = await ask(port, "/v1/connections/warm/renew", "POST", patient=True)
    assert status == 408
    assert "request_timeout" in told


@pytest.mark.parametrize(
    "sent, status",
    [(b"", b""), (b"GET /v1", b"HTTP/1.1 408"), (b"GET / HTTP/1.1\r\nA: b", b"HTTP/1.1 408")],
)
@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
async def test_a_head_that_does_not_come(place, monkeypatch, before, sent, status):
    """A connection that dawdles is ended, a new one as well as one that has been answered before."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    _, port = place
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if before:
        writer.write(before)
        assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200")
        if not sent:
            # Between requests an idle connection is kept.
            writer.close()
            return
    writer.write(sent)
    assert (await reader.read())[:12] == status
    writer.close()
