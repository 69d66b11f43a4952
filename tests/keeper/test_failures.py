"""What each failure leads to, over real sockets, for threads and for event loops.

How many calls are made, in which state the connection is, and when the next call may be made.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from remint.errors import ConfigurationError, ConnectionDead, RenewalDelayed
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.connection import Held, Setup, Tokens
from remint.keeper.events import Event
from remint.keeper.keeper import Keeper
from remint.keeper.store.memory import MemoryStore
from remint.keeper.timing import Timing
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.promises.wire import wire
from tests.keeper.provider import (
    Provider,
    access_token,
    drop_after,
    drop_before,
    make_server,
    provider,
    refresh_token,
    refusal,
    reply,
)

NAME = "jane"
ONCE = Timing(patience_seconds=0.001, answer_seconds=0.2, connect_seconds=0.5)


@dataclass
class Desk:
    """One connection of one provider, and a keeper of either kind."""

    kind: str
    provider: Provider
    store: MemoryStore = field(default_factory=MemoryStore)
    events: list[Event] = field(default_factory=list)
    runner: Any = None
    keeper: Any = None
    verify: ssl.SSLContext = NO_ROOTS

    def open(self, timing: Timing = ONCE, **options: Any) -> None:
        kind = Keeper if self.kind == "sync" else AsyncKeeper
        options = {"verify": self.verify, "on_event": self.events.append, **options}
        self.keeper = kind(self.store, timing=timing, **options)

    def hold(self, *, expires_in: float = -1, **setup: Any) -> None:
        """Puts the connection there, with a token that is over."""
        now_ms = time.time_ns() // 1_000_000
        given = {
            "base_url": self.provider.base_url,
            "credentials": {"client_id": "app", "client_secret": "hush"},
            "rotation": "grace",
            "grace_seconds": 60,
        }
        tokens = Tokens(
            "at-old",
            issued_at_ms=now_ms - 3_600_000,
            expires_at_ms=now_ms + int(expires_in * 1000),
            refresh_token=refresh_token(NAME),
        )
        held = Held(
            id="3d" * 16,
            name=NAME,
            setup=Setup("oauth2", **{**given, **setup}),
            tokens=tokens,
            renew_at_ms=now_ms - 1,
        )
        self.store.create(held, replace=True)

    def run(self, method: str, *arguments: Any) -> Any:
        """Calls a method of the keeper."""
        if self.kind == "sync":
            return getattr(self.keeper, method)(*arguments)

        async def called() -> Any:
            return await getattr(self.keeper, method)(*arguments)

        return self.runner.run(called())

    def token(self) -> str:
        return str(self.run("token", NAME))

    def delayed(self) -> Held:
        """The token is not to be had now; what the store says of it."""
        with pytest.raises(RenewalDelayed) as caught:
            self.token()
        held = self.held
        # What the caller is told and what the store holds are the same moment.
        at_ms = time.time() * 1000 + caught.value.retry_after_seconds * 1000
        assert abs(held.not_before_ms - at_ms) < 5000
        assert held.renew_at_ms == held.not_before_ms
        assert held.tokens.refresh_token == refresh_token(NAME)
        return held

    def until(self, is_so: Callable[[], bool]) -> None:
        """Waits for what goes on behind the back."""
        for _ in range(2000):
            if is_so():
                return
            if self.runner is not None:
                self.runner.run(asyncio.sleep(0.005))
            time.sleep(0.005)
        raise AssertionError("it never came")

    @property
    def held(self) -> Held:
        held = self.store.load(NAME)
        assert held is not None
        return held

    def wait_s(self) -> float:
        """How long until the next call may be made."""
        return self.held.not_before_ms / 1000 - time.time()

    def told(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(kind: str) -> Iterator[Desk]:
    with provider(rotation="grace") as made, contextlib.ExitStack() as stack:
        desk = Desk(kind, made)
        if kind == "async":
            desk.runner = stack.enter_context(asyncio.Runner())
        desk.open()
        desk.hold()
        yield desk
        if desk.keeper is not None:
            desk.run("close")


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


def test_advisory(desk: Desk):
    """The token at hand is returned at once, and renewed behind the caller's back."""
    desk.hold(expires_in=200)
    entered, leave = threading.Event(), threading.Event()

    def slow(made: Provider, call: Any) -> Any:
        entered.set()
        leave.wait(10)
        return made.renew(call)

    desk.provider.do(slow)
    desk.open(Timing())
    assert desk.token() == "at-old"
    desk.until(entered.is_set)
    # Nobody waits for the provider, though it takes its time.
    assert desk.token() == "at-old"
    leave.set()
    desk.until(lambda: desk.token() == access_token(NAME, 1))
    assert len(desk.provider.calls) == 1


def test_mandatory(desk: Desk):
    """In its last seconds a token is not handed out any more: callers wait for the next one."""
    desk.hold(expires_in=25)
    desk.open(Timing())
    assert desk.token() == access_token(NAME, 1)


def test_a_renewal_behind_the_back_that_fails(desk: Desk):
    """Nobody is told but the listener: the token at hand still works."""
    desk.hold(expires_in=200)
    desk.provider.do(reply(503, b"", Retry_After="60"))
    desk.open(Timing())
    assert desk.token() == "at-old"
    desk.until(lambda: "delayed" in desk.told())
    assert desk.token() == "at-old"
    assert len(desk.provider.calls) == 1


def test_a_dialect_that_is_not_there(desk: Desk):
    """A file that was taken away is a fault of ours: said as such, and nothing is lost."""
    desk.store.create(
        Held("4e" * 16, NAME, Setup("gone"), Tokens("x", expires_at_ms=1)), replace=True
    )
    with pytest.raises(ConfigurationError):
        desk.token()
    assert desk.held.state == "fresh"


def test_a_limit_of_calls(tmp_path: Path):
    """What is over the provider's limit is not called, and says when it may be."""
    folder = tmp_path / "dialects"
    folder.mkdir()
    (folder / "limited.toml").write_text(LIMITED)
    with (
        provider() as made,
        Keeper("memory:", dialects=[folder], timing=ONCE, verify=NO_ROOTS) as keeper,
    ):
        names = [f"n{number}" for number in range(5)]
        for name in names:
            keeper.connect(
                name,
                "limited",
                base_url=made.base_url,
                refresh_token=refresh_token(name),
                access_token="old",
                expires_at_ms=1,
            )
        got = 0
        for name in names:
            with contextlib.suppress(RenewalDelayed):
                keeper.token(name)
                got += 1
        assert got == len(made.calls) == 3


LIMITED = """
name = "limited"
serve = false

[renewal]
rotation = "strict"
limit = { calls = 3, per_seconds = 3600 }

[call.refresh_token]
method = "POST"
path = "/token"

[call.refresh_token.request]
grant_type = { in = "form" }
refresh_token = { in = "form" }

[answer.fields]
access_token = {}
refresh_token = { required = false }
expires_in = {}
token_type = {}
"""
