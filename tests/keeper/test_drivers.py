"""The two drivers: one flow, run by a thread or by an event loop that may leave it at any moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from remint.errors import StoreUnavailable
from remint.keeper.drivers import drive, drive_async
from remint.keeper.effects import Received, Send
from remint.keeper.exchange import Exchange
from remint.keeper.store.memory import MemoryStore
from tests.keeper.provider import access_token
from tests.keeper.stepping import NAME, Desk, received


class GatedExchange(Exchange):
    """Answers what the desk's provider does, once it is let."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.clock, desk.timing)
        self.desk = desk
        self.sent, self.let = threading.Event(), threading.Event()

    def send(self, send: Send) -> Any:
        assert send.may_send()
        self.sent.set()
        assert self.let.wait(30)
        reply = self.desk.provider.renew(self.desk.call(send))
        return Received(*received(reply))


class GatedStore(MemoryStore):
    """Has one of its methods wait, or fail a few times."""

    gated = ""
    fails = 0
    inside: threading.Event
    let: threading.Event

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name != super().__getattribute__("gated"):
            return found

        def slowly(*arguments: Any) -> Any:
            if self.fails:
                self.fails -= 1
                self.inside.set()
                raise StoreUnavailable("full")
            self.inside.set()
            assert self.let.wait(30)
            return found(*arguments)

        return slowly


@pytest.fixture
def pools() -> Iterator[list[ThreadPoolExecutor]]:
    made = [ThreadPoolExecutor(2), ThreadPoolExecutor(2)]
    yield made
    for pool in made:
        pool.shutdown()


def finished(pools: list[ThreadPoolExecutor]) -> None:
    """Waits for what an event loop has left behind."""
    for pool in (pools[1], pools[0]):
        pool.shutdown()


def test_a_thread_runs_it_to_the_end():
    desk = Desk()
    exchange = GatedExchange(desk)
    exchange.let.set()
    assert drive(desk.walk().flow, exchange).version == 2


async def test_an_event_loop_runs_it_to_the_end(pools: list[ThreadPoolExecutor]):
    desk = Desk()
    exchange = GatedExchange(desk)
    exchange.let.set()
    held = await drive_async(desk.walk().flow, exchange, *pools)
    assert held.tokens.access_token == access_token(NAME, 1)


def test_left_during_the_call(pools: list[ThreadPoolExecutor]):
    """The loop is closed; the answer comes later, and is saved."""
    desk = Desk()
    exchange = GatedExchange(desk)

    async def main() -> None:
        asyncio.get_running_loop().create_task(drive_async(desk.walk().flow, exchange, *pools))
        await asyncio.to_thread(exchange.sent.wait)

    asyncio.run(main())
    exchange.let.set()
    finished(pools)
    assert desk.held.tokens.access_token == access_token(NAME, 1)
    assert desk.held.state == "fresh"
    # And nobody has the lease any more.
    assert desk.walk(version=2).end().version == 3


@pytest.mark.parametrize("step", ["append", "swap", "release"])
def test_left_while_the_answer_is_saved(pools: list[ThreadPoolExecutor], step: str):
    """Each step after the call is carried on to the last."""
    desk = store_at(step)
    exchange = GatedExchange(desk)
    exchange.let.set()

    async def main() -> None:
        task = asyncio.create_task(drive_async(desk.walk().flow, exchange, *pools))
        await asyncio.to_thread(desk.store.inside.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    desk.store.let.set()
    finished(pools)
    assert desk.held.tokens.access_token == access_token(NAME, 1)
    assert desk.store.unread(desk.held) == []
    assert desk.walk(version=2).end().version == 3


def test_left_while_a_full_disk_is_waited_for(pools: list[ThreadPoolExecutor]):
    """With an answer in hand that is nowhere else yet."""
    desk = store_at("append")
    desk.store.fails = 2
    desk.store.let.set()
    exchange = GatedExchange(desk)
    exchange.let.set()

    async def main() -> None:
        task = asyncio.create_task(drive_async(desk.walk().flow, exchange, *pools))
        await asyncio.to_thread(desk.store.inside.wait)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    finished(pools)
    assert desk.held.tokens.access_token == access_token(NAME, 1)


@pytest.mark.parametrize("step", ["load", "acquire", "intend"])
def test_left_before_the_call(pools: list[ThreadPoolExecutor], step: str):
    """Then none is made, and the lease is given back."""
    desk = store_at(step)
    exchange = GatedExchange(desk)

    async def main() -> None:
        task = asyncio.create_task(drive_async(desk.walk().flow, exchange, *pools))
        await asyncio.to_thread(desk.store.inside.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    desk.store.let.set()
    finished(pools)
    assert not exchange.sent.is_set()
    desk.store.gated = ""
    assert desk.walk("two").end().version == 2


def store_at(step: str) -> Desk:
    """A desk whose store waits at that method."""
    from tests.keeper.clock import HandClock

    clock = HandClock()
    store = GatedStore(clock)
    desk = Desk(clock=clock, store=store)
    store.inside, store.let = threading.Event(), threading.Event()
    store.gated = step
    return desk
