"""Renewals that whoever began them will never end: everybody else goes on, and what came is saved."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from remint.errors import RenewalDelayed
from remint.keeper.events import Event
from remint.keeper.store.memory import MemoryStore
from remint.keeper.timing import Timing
from tests.keeper.counter import NAME, Desk
from tests.keeper.provider import Call, Provider, Reply, access_token, provider, refresh_token

CALM = Timing()


@pytest.fixture
def made() -> Iterator[Provider]:
    with provider(rotation="strict") as made:
        yield made


class Gate:
    """A step of the provider's that answers once it is let."""

    def __init__(self) -> None:
        self.entered, self.let = threading.Event(), threading.Event()

    def __call__(self, provider: Provider, call: Call) -> Reply:
        self.entered.set()
        assert self.let.wait(30)
        return provider.renew(call)


def in_a_thread(work: Callable[[], Any]) -> Any:
    """What it gives; that it never ends is a failure, and no test that hangs."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(20)
    assert found, "it waits for ever"
    return found[0]


def test_a_loop_that_is_closed_with_a_renewal_in_it(made: Provider):
    desk = Desk("async", made)
    desk.open(CALM)
    desk.hold(expires_in=100)
    gate = Gate()
    made.do(gate)
    loop = asyncio.new_event_loop()
    # As a program of old does it: nothing ends the tasks that are left.
    assert loop.run_until_complete(desk.keeper.token(NAME)) == "at-old"
    while not gate.entered.is_set():
        loop.run_until_complete(asyncio.sleep(0.005))
    loop.close()
    gate.let.set()
    desk.until(lambda: desk.held.renewals == 1)
    assert desk.held.tokens.refresh_token == refresh_token(NAME, 1)
    desk.until(lambda: not desk.keeper.around.leases._held)

    async def again() -> str:
        found = str(await desk.keeper.renew(NAME))
        await desk.keeper.close()
        return found

    assert in_a_thread(lambda: asyncio.run(again())) == access_token(NAME, 2)


def test_a_loop_that_is_closed_before_the_call(made: Provider):
    class SlowStore(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.entered, self.let = threading.Event(), threading.Event()

        def acquire(self, *arguments: Any) -> Any:
            self.entered.set()
            assert self.let.wait(30)
            return super().acquire(*arguments)

    store = SlowStore()
    desk = Desk("async", made, store)
    desk.open(CALM)
    desk.hold()
    loop = asyncio.new_event_loop()
    task = loop.create_task(desk.keeper.token(NAME))
    while not store.entered.is_set():
        loop.run_until_complete(asyncio.sleep(0.005))
    loop.close()
    store.let.set()
    desk.until(lambda: not desk.keeper.around.leases._held)

    async def again() -> str:
        found = str(await desk.keeper.token(NAME))
        await desk.keeper.close()
        return found

    assert in_a_thread(lambda: asyncio.run(again())) == access_token(NAME, 1)
    assert len(made.calls) == 1
    task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_listener_that_asks_for_the_token_it_is_told_of(made: Provider):
    desk = Desk("sync", made)
    asked: list[str] = []

    def listen(event: Event) -> None:
        asked.append(str(desk.keeper.token(event.name)))

    desk.open(CALM, on_event=listen)
    desk.hold()
    assert in_a_thread(lambda: desk.keeper.token(NAME)) == access_token(NAME, 1)
    assert asked == [access_token(NAME, 1)]
    assert desk.held.renewals == 1
    desk.keeper.close()


def test_a_listener_that_asks_when_there_is_none(made: Provider):
    desk = Desk("sync", made)
    told: list[Exception] = []

    def listen(event: Event) -> None:
        try:
            desk.keeper.token(event.name)
        except Exception as error:
            told.append(error)

    desk.open(Timing(patience_seconds=0.001), on_event=listen)
    desk.hold()
    made.do(lambda *_: (503, {}, b""))
    with pytest.raises(RenewalDelayed):
        desk.keeper.token(NAME)
    desk.keeper.close()
    assert [type(error) for error in told] == [RenewalDelayed]


def test_no_thread_for_what_goes_on_behind_the_back(made: Provider):
    desk = Desk("sync", made)
    desk.open(CALM)
    desk.hold(expires_in=100)
    desk.keeper._background = pool = ThreadPoolExecutor(1)
    pool.shutdown()
    # As in a function of atexit, where a pool takes nothing any more: the token at hand still does.
    assert desk.keeper.token(NAME) == "at-old"
    assert in_a_thread(lambda: desk.keeper.renew(NAME)) == access_token(NAME, 1)
    desk.keeper.close()


def test_no_thread_for_leases(made: Provider, monkeypatch: pytest.MonkeyPatch):
    desk = Desk("sync", made)
    desk.open(CALM)
    desk.hold()

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr("remint.keeper.leases.threading.Thread.start", start)
        assert desk.keeper.around.leases.take("nobody") is None
        lease: Any = desk.keeper.around.leases.take(NAME)
    desk.keeper.around.leases.give_back(lease)
    # Once there are threads again, leases are renewed again.
    lease = desk.keeper.around.leases.take(NAME)
    assert desk.keeper.around.leases._thread is not None
    desk.keeper.around.leases.give_back(lease)
    desk.keeper.close()
