"""Two thin drivers for one flow: a thread's, and an event loop's."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from remint.errors import RemintError
from remint.keeper.effects import Do, Effect, Send, Sleep
from remint.keeper.exchange import Exchange

if TYPE_CHECKING:
    # Late: a third of an import, and threads alone do without.
    import asyncio

_log = logging.getLogger("remint.keeper")

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


async def drive_async(flow: Steps[T], exchange: Exchange, store: Executor, wire: Executor) -> T:
    """Runs a flow in this event loop; what blocks runs in ``store``, and a call in ``wire``.

    A call is not the event loop's to break off: where it ends, or this task is cancelled, the thread that has
    the call carries the flow on until its answer is saved.
    """
    import asyncio

    steps = flow.steps()
    working: Future[Any] | None = None
    has_sent = is_left = False

    def leave() -> None:
        nonlocal is_left
        if is_left:
            return
        is_left = True
        if working is not None and has_sent:
            _left(store, working, partial(_carry_on, flow, steps, exchange, working.result))
            return
        steps.close()
        if working is None:
            flow.abandon()
        else:
            # What runs may be taking the very lease that is to be given back.
            working.add_done_callback(lambda _: flow.abandon())

    try:
        effect = next(steps)
        while True:
            try:
                if isinstance(effect, Sleep):
                    working = _nothing() if effect.is_urgent else None
                    await asyncio.sleep(effect.ms / 1000)
                    result = None
                else:
                    has_sent = has_sent or isinstance(effect, Send)
                    pool = wire if isinstance(effect, Send) else store
                    working = pool.submit(_done, effect, exchange)
                    result = await _awaited(working, leave)
            except Exception as error:  # noqa: BLE001
                working = None
                effect = steps.throw(error)
            else:
                working = None
                effect = steps.send(result)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        leave()


def _nothing() -> Future[Any]:
    """Work that is done."""
    done: Future[Any] = Future()
    done.set_result(None)
    return done


def _left(pool: Executor, working: Future[Any], carry_on: Callable[[], None]) -> None:
    """Has ``carry_on`` called when ``working`` is done, and not by this event loop's thread."""
    if working.done():
        with contextlib.suppress(RuntimeError):  # a pool that was shut down
            pool.submit(carry_on)
            return
    working.add_done_callback(lambda _: carry_on())


async def _awaited(working: Future[T], leave: Callable[[], None]) -> T:
    """What comes of it. Who waits may be cancelled, and its loop be closed; the work goes on.

    A loop that is closed with tasks in it wakes none of them, ever: ``leave`` is called for this one.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def wake(_: Future[T]) -> None:
        try:
            loop.call_soon_threadsafe(_set, done)
        except RuntimeError:
            leave()

    working.add_done_callback(wake)
    await done
    return working.result()


def _set(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _carry_on(
    flow: Steps[Any],
    steps: Generator[Effect, Any, Any],
    exchange: Exchange,
    work: Callable[[], Any],
) -> None:
    """The rest of a flow whose event loop has left it, up to where it would wait for something."""
    try:
        while True:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001
                effect = steps.throw(error)
            else:
                effect = steps.send(result)
            work = partial(_done, effect, exchange)
            if isinstance(effect, Send) or (isinstance(effect, Sleep) and not effect.is_urgent):
                break
    except StopIteration:
        pass
    except RemintError as error:
        _log.warning("a renewal that its event loop had left: %s", error)
    except Exception:  # noqa: BLE001
        _log.exception("a renewal that its event loop had left")
    finally:
        steps.close()
        flow.abandon()
