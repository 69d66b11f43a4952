"""What worker processes do. Each job gets its folder, and gives back what JSON can say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from remint.errors import RemintError, RenewalDelayed
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.effects import Do, Effect, Send
from remint.keeper.events import Event
from remint.keeper.exchange import Exchange
from remint.keeper.flow import RenewalFlow
from remint.keeper.keeper import Keeper
from remint.keeper.scheduler import Scheduler
from remint.keeper.store.sqlite import SQLiteStore
from remint.keeper.timing import Timing

_POLL_SECONDS = 0.001

#: Loading the system's roots takes ten times as long as everything else that a worker does.
NO_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def rehearse() -> None:
    """Loads all that a job will need, by doing one: nobody listens at that address."""
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(Keeper, {"store": folder, "timing": {"patience_seconds": 0}}) as keeper,
        contextlib.suppress(RenewalDelayed),
    ):
        keeper.connect(
            "nobody", "oauth2", base_url="http://127.0.0.1:9", client_id="a", refresh_token="b"
        )
    asyncio.run(asyncio.sleep(0))


def reach(folder: Path, mark: str) -> None:
    """Says how far it has come."""
    (folder / mark).touch()


def await_mark(folder: Path, mark: str) -> None:
    """Waits for leave to go on."""
    while not (folder / mark).exists():
        time.sleep(_POLL_SECONDS)


def opened(kind: type[Keeper | AsyncKeeper], given: dict[str, Any]) -> Any:
    """A keeper of that kind, on the store and with the timing that a job was given."""
    timing = msgspec.convert(given.get("timing", {}), Timing)
    events: list[Event] = given.setdefault("events", [])
    store = SQLiteStore(Path(given["store"]), patience_seconds=given.get("patience", 5))
    dialects = [Path(given["store"]) / "dialects"]
    return kind(store, timing=timing, on_event=events.append, verify=NO_ROOTS, dialects=dialects)


def tokens(folder: Path, *, names: list[str], **given: Any) -> dict[str, Any]:
    """Asks for one token after the other; what is raised counts as well."""
    with opened(Keeper, given) as keeper:
        found = [told(partial(keeper.token, name)) for name in names]
        return {"tokens": found, "events": [event.kind for event in given["events"]]}


def told(ask: Callable[[], Any]) -> str:
    """A token, or the name of the error that came instead."""
    try:
        return str(ask())
    except RemintError as error:
        return type(error).__name__


def storm(
    folder: Path, *, name: str, threads: int, tasks: int, mode: str, **given: Any
) -> dict[str, Any]:
    """So many tasks in each of so many threads want one token at once.

    ``mode`` is ``async`` (one keeper, an event loop in each thread) or ``sync`` (one keeper, threads alone).
    """
    found: list[str] = []
    keeper = opened(AsyncKeeper if mode == "async" else Keeper, given)

    async def swarm() -> None:
        gathered = await asyncio.gather(*(keeper.token(name) for _ in range(tasks)))
        found.extend(map(str, gathered))

    def asked() -> None:
        found.extend(str(keeper.token(name)) for _ in range(tasks))

    reach(folder, "ready")
    await_mark(folder, "go")
    work: Callable[[], None] = asked
    if mode == "async":
        work = lambda: run(swarm())  # noqa: E731
    crew = [threading.Thread(target=work) for _ in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    if mode == "async":
        run(keeper.close())
    else:
        keeper.close()
    return {"count": len(found), "tokens": sorted(set(found))}


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs an event loop of its own to the end."""
    with asyncio.Runner() as runner:
        runner.run(main)


def blocked_loop(folder: Path, *, name: str, seconds: float, **given: Any) -> str:
    """User code holds up the event loop while the call is under way."""

    async def main() -> str:
        async with opened(AsyncKeeper, given) as keeper:
            asking = asyncio.create_task(keeper.token(name))
            while not (folder / "called").exists():
                await asyncio.sleep(_POLL_SECONDS)
            time.sleep(seconds)
            return str(await asking)

    return asyncio.run(main())


def stepwise(folder: Path, *, name: str, at: str, **given: Any) -> str:
    """Renews, and at a step such as ``before swap`` says so and waits there until it may go on.

    With ``heedless`` it sends though its lease is over: as if the request had been in the kernel's hands.
    """

    def pause() -> None:
        reach(folder, "there")
        await_mark(folder, "go")

    return renewed(name, at, pause, given)


def dying(folder: Path, *, name: str, at: str, **given: Any) -> str:
    """Renews, and is killed at a step such as ``before swap``."""
    return renewed(name, at, lambda: os.kill(os.getpid(), signal.SIGKILL), given)


def answered_and_killed(folder: Path, *, name: str, **given: Any) -> None:
    """Is killed the very moment it has its token."""
    keeper = opened(Keeper, given)
    (folder / "token").write_text(keeper.token(name))
    os.kill(os.getpid(), signal.SIGKILL)


def persistent(folder: Path, *, name: str, seconds: float, **given: Any) -> str:
    """Waits until a lease must be over, and renews."""
    time.sleep(seconds)
    return str(tokens(folder, names=[name], **given)["tokens"][0])


def audited(folder: Path, *, name: str, **given: Any) -> list[str]:
    """What the interpreter's audit hears of a thousand warm tokens."""
    heard: list[str] = []
    listening = [False]
    with opened(Keeper, given) as keeper:
        keeper.token(name)
        sys.addaudithook(lambda event, _: heard.append(event) if listening[0] else None)
        listening[0] = True
        for _ in range(1000):
            keeper.token(name)
        listening[0] = False
    return heard


def scheduled(folder: Path, *, names: list[str], **given: Any) -> int:
    """Runs a scheduler until all are fresh; the number of renewals that it made."""

    async def main() -> int:
        async with opened(AsyncKeeper, given) as keeper:
            scheduler = Scheduler(keeper, poll_seconds=0.02)
            running = asyncio.create_task(scheduler.run())
            store = keeper.around.store
            while not all(held.renewals for held in store.listing("", len(names))):
                await asyncio.sleep(0.01)
            await scheduler.stop()
            await running
            return scheduler.renewals

    return asyncio.run(main())


def preforked(folder: Path, *, early: str, late: str, workers: int, **given: Any) -> list[str]:
    """Uses a keeper, forks, and uses it in each child at once."""
    keeper = opened(Keeper, given)
    found = [str(keeper.token(early))]
    reader, writer = os.pipe()
    children = []
    for _ in range(workers):
        if pid := os.fork():
            children.append(pid)
            continue
        os.write(writer, f"{told(partial(keeper.token, late))}\n".encode())
        os._exit(0)
    for pid in children:
        os.waitpid(pid, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        found += pipe.read().splitlines()
    keeper.close()
    return found


def hasty(folder: Path, *, name: str, **given: Any) -> str:
    """Ends its event loop while a renewal is under way, and closes nothing."""

    async def main() -> None:
        asking = asyncio.create_task(opened(AsyncKeeper, given).token(name))
        while not (folder / "called").exists():
            await asyncio.sleep(_POLL_SECONDS)
        asking.cancel()

    def leave() -> None:
        reach(folder, "leaving")

    threading.Timer(0.1, leave).start()
    asyncio.run(main())
    # What the interpreter does when it ends, and ``os._exit`` does not.
    threading._shutdown()  # type: ignore[attr-defined]
    return "left"


def renewed(name: str, at: str, then: Callable[[], Any], given: dict[str, Any]) -> str:
    """The token, or the error's name, of a renewal in which something is done at a step."""
    with opened(Keeper, given) as keeper:
        exchange = Exchange(keeper.around.clock, keeper.around.timing, NO_ROOTS)
        heedless = given.get("heedless", False)
        return told(lambda: _driven(keeper.flow(name), exchange, at, then, heedless))


def _driven(
    flow: RenewalFlow, exchange: Exchange, at: str, then: Callable[[], Any], heedless: bool
) -> str:
    """What ``drive`` does, with something done at one step."""
    steps = flow.steps()
    passed = [False]

    def at_step(moment: str) -> None:
        if moment == at and not passed[0]:
            passed[0] = True
            then()

    try:
        effect = next(steps)
        while True:
            name = _name(effect)
            at_step(f"before {name}")
            try:
                result = _done(effect, exchange, at_step, heedless)
            except Exception as error:
                effect = steps.throw(error)
            else:
                at_step(f"after {name}")
                effect = steps.send(result)
    except StopIteration as done:
        return str(done.value.tokens.access_token)
    finally:
        flow.abandon()


def _name(effect: Effect) -> str:
    return effect.step if isinstance(effect, Do) else type(effect).__name__.lower()


def _done(
    effect: Effect, exchange: Exchange, at_step: Callable[[str], None], heedless: bool
) -> Any:
    if isinstance(effect, Do):
        return effect.work()
    if isinstance(effect, Send):

        def may_send() -> bool:
            # The connection stands, and not a byte has been sent.
            at_step("at the wire")
            return heedless or effect.may_send()

        return exchange.send(effect._replace(may_send=may_send))
    time.sleep(effect.ms / 1000)
    return None
