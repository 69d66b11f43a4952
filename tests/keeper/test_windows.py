"""Renewed behind the callers' backs, at the end of a token, by the stopwatch, and within a limit."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from remint.errors import ConfigurationError, RenewalDelayed, StoreUnavailable
from remint.keeper.connection import Held, Setup, Tokens
from remint.keeper.keeper import Keeper
from remint.keeper.store.memory import MemoryStore
from remint.keeper.timing import Timing
from tests.keeper.clock import HandClock
from tests.keeper.counter import NAME, ONCE, Desk
from tests.keeper.promises.jobs import NO_ROOTS
from tests.keeper.provider import (
    Provider,
    access_token,
    provider,
    refresh_token,
    reply,
)


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


def test_a_store_that_is_away_at_the_end_of_a_token(kind: str, monkeypatch: pytest.MonkeyPatch):
    """Its last seconds are handed out too: first to whoever has waited for another, then at once."""
    clock = HandClock()
    with provider() as made, contextlib.ExitStack() as stack:
        desk = Desk(kind, made, store=MemoryStore(clock))
        if kind == "async":
            desk.runner = stack.enter_context(asyncio.Runner())
        desk.open(Timing(advisory_seconds=0), clock=clock)
        desk.hold()
        first = desk.token()
        held = desk.held
        assert held.tokens.expires_at_ms is not None
        asked: list[str] = []

        def away(name: str) -> Held:
            asked.append(name)
            raise StoreUnavailable("the store is away")

        clock.elapse((held.tokens.expires_at_ms - clock.now_ms()) / 1000 - 25)
        with monkeypatch.context() as patch:
            patch.setattr(desk.store, "load", away)
            assert desk.token() == first
            assert asked == [NAME]
            clock.elapse(24)
            assert desk.token() == first
            clock.elapse(2)
            with pytest.raises(StoreUnavailable):
                desk.token()
        desk.until(lambda: desk.token() == access_token(NAME, 2))
        desk.run("close")


def test_a_renewal_behind_the_back_that_fails(desk: Desk):
    """Nobody is told but the listener: the token at hand still works."""
    desk.hold(expires_in=200)
    desk.provider.do(reply(503, b"", Retry_After="60"))
    desk.open(Timing())
    assert desk.token() == "at-old"
    desk.until(lambda: "delayed" in desk.told())
    assert desk.token() == "at-old"
    assert len(desk.provider.calls) == 1


def test_a_clock_that_is_set_back(kind: str):
    """A token at its end by the stopwatch is over, though the wall clock has ten minutes left for it."""
    clock = HandClock()
    with provider() as made, contextlib.ExitStack() as stack:
        desk = Desk(kind, made, store=MemoryStore(clock))
        if kind == "async":
            desk.runner = stack.enter_context(asyncio.Runner())
        desk.open(Timing(), clock=clock)
        desk.hold()
        first = desk.token()
        assert first == access_token(NAME, 1)
        clock.elapse(3599)
        clock.jump(-600)
        assert desk.token() == access_token(NAME, 2)
        desk.run("close")


def test_made_anew_for_another_account(kind: str):
    """From then on it is that one's token, however often the one before was renewed."""
    with provider() as made, contextlib.ExitStack() as stack:
        desk = Desk(kind, made)
        if kind == "async":
            desk.runner = stack.enter_context(asyncio.Runner())
        desk.open(Timing())
        desk.hold()
        for number in (1, 2, 3):
            assert str(desk.run("renew", NAME)) == access_token(NAME, number)
        desk.run(
            "connect",
            NAME,
            "oauth2",
            base_url=made.base_url,
            client_id="app",
            refresh_token=refresh_token("joe"),
            replace=True,
        )
        assert desk.token() == access_token("joe", 1)
        desk.run("close")


def test_a_thread_that_is_stopped():
    """It alone is: whoever waits for the renewal that it had begun carries on."""
    with provider(rotation="grace") as made:
        desk = Desk("sync", made)
        desk.open(Timing(first_pause_seconds=0.02))
        desk.hold()
        entered, leave = threading.Event(), threading.Event()
        send = desk.keeper._exchange.send

        def stopped(_: Any) -> Any:
            desk.keeper._exchange.send = send
            entered.set()
            leave.wait(10)
            raise SystemExit

        desk.keeper._exchange.send = stopped
        ends: list[BaseException] = []

        def begun() -> None:
            try:
                desk.token()
            except BaseException as error:
                ends.append(error)

        found: list[str] = []
        first = threading.Thread(target=begun)
        first.start()
        assert entered.wait(10)
        second = threading.Thread(target=lambda: found.append(desk.token()))
        second.start()
        time.sleep(0.05)
        leave.set()
        first.join()
        second.join()
        assert [type(end) for end in ends] == [SystemExit]
        assert found == [access_token(NAME, 1)]
        desk.run("close")


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
