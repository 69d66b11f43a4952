"""Two thin drivers for one flow: a thread's, and an event loop's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from concurrent.futures import Executor, Future
from typing import Any, Protocol, TypeVar

from remint.keeper.effects import Do, Effect, Send
from remint.keeper.exchange import AsyncExchange, Exchange

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Steps(Protocol[T_co]):
    """A flow that can be run, and left half-way."""

    def steps(self) -> Generator[Effect, Any, T_co]:
        """Yields effects and returns what was wanted."""

    def abandon(self) -> None:
        """Gives back what the flow holds. Called in any case, when it has ended."""


def drive(flow: Steps[T], exchange: Exchange) -> T:
    """Runs a flow in this thread."""
    steps = flow.steps()
    try:
        effect = next(steps)
        while True:
            try:
                result = _done(effect, exchange)
            except Exception as error:  # noqa: BLE001
                effect = steps.throw(error)
            else:
                effect = steps.send(result)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        steps.close()
        flow.abandon()


def _done(effect: Effect, exchange: Exchange) -> Any:
    if isinstance(effect, Do):
        return effect.work()
    if isinstance(effect, Send):
        return exchange.send(effect)
    time.sleep(effect.ms / 1000)
    return None


async def drive_async(flow: Steps[T], exchange: AsyncExchange, executor: Executor) -> T:
    """Runs a flow in this event loop; what blocks runs in ``executor``."""
    steps = flow.steps()
    working: Future[Any] | None = None
    result: Any
    try:
        effect = next(steps)
        while True:
            try:
                if isinstance(effect, Do):
                    working = executor.submit(effect.work)
                    result = await asyncio.wrap_future(working)
                elif isinstance(effect, Send):
                    result = await exchange.send(effect)
                else:
                    await asyncio.sleep(effect.ms / 1000)
                    result = None
            except Exception as error:  # noqa: BLE001
                effect = steps.throw(error)
            else:
                effect = steps.send(result)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        steps.close()
        if working is None or working.done():
            flow.abandon()
        else:
            # Cancelled in the middle: what runs may be taking the very lease that is to be given back.
            working.add_done_callback(lambda _: flow.abandon())
