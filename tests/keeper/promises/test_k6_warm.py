"""K6: a warm token costs no I/O and no lock. By tracing, not by the clock."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.keeper import Keeper
from tests.keeper.promises.conftest import Scene


class Barbed:
    """Stands in for a lock, a store, a pool: whoever touches it fails."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"touched: {name}")

    def __enter__(self) -> None:
        raise AssertionError("touched")

    def __exit__(self, *_: object) -> None:
        raise AssertionError("touched")


def barb(keeper: Any) -> None:
    """Puts barbs in the place of everything that could block or do I/O."""
    around = keeper.around
    for owner, names in (
        (keeper._warmth, ("_lock", "_flights")),
        (around.leases, ("_changed", "_store")),
        (keeper, ("_exchange", "_executor", "_wire", "_background")),
    ):
        for name in names:
            if hasattr(owner, name):
                setattr(owner, name, Barbed())
    keeper.around = Barbed()


def called(work: Callable[[], Any]) -> list[str]:
    """The functions that ``work`` calls, those of C included, from inside out."""
    names: list[str] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            names.append(frame.f_code.co_name)
        elif event == "c_call":
            names.append(argument.__qualname__)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return names[1:-1]  # without ``work`` itself and the end of tracing


STOPWATCHES: tuple[list[str], ...] = ([], ["clock_gettime"], ["monotonic"])


@pytest.mark.parametrize("method", ["token", "access"])
def test_K6_threads(scene: Scene, method: str):
    """One look into a dictionary and one at the stopwatch; every lock and the store could be gone."""
    scene.connect("jane")
    keeper = scene.keeper()
    warm = keeper.token("jane")
    before = keeper.around, keeper._warmth._lock, keeper._warmth._flights, keeper._exchange
    leases = before[0].leases
    changed, store = leases._changed, leases._store
    barb(keeper)
    try:
        ask = getattr(keeper, method)
        names = called(lambda: ask("jane"))
        assert getattr(ask("jane"), "token", warm) == warm
    finally:
        keeper.around, keeper._warmth._lock, keeper._warmth._flights, keeper._exchange = before
        leases._changed, leases._store = changed, store
        keeper._background = None
    assert names[:2] == [method, "dict.get"]
    assert names[2:] in STOPWATCHES


def test_K6_event_loops(scene: Scene):
    """It does not even give way to the event loop."""
    scene.connect("jane")

    async def main() -> list[str]:
        keeper = AsyncKeeper(scene.store)
        warm = await keeper.token("jane")
        asked = keeper.token("jane")
        found: list[Any] = []

        def step() -> None:
            try:
                asked.send(None)
            except StopIteration as done:
                found.append(done.value)

        names = called(step)
        await keeper.close()
        assert found == [warm]
        return names

    names = asyncio.run(main())
    assert [name for name in names if name not in ("coroutine.send", "list.append")][:2] == [
        "token",
        "dict.get",
    ]
    assert not {"acquire", "submit", "create_task"} & {name.rpartition(".")[2] for name in names}


def test_K6_nothing_is_audited(scene: Scene):
    """No file, no socket, no database, no thread: the interpreter's own audit hears nothing."""
    scene.connect("jane")
    assert scene.run("audited", name="jane") == []


def test_K6_held_locks_do_not_matter(scene: Scene):
    """A thread that sits on every lock of the keeper holds nobody up."""
    scene.connect("jane")
    keeper = scene.keeper()
    keeper.token("jane")
    found: list[str] = []
    with keeper._warmth._lock, keeper.around.leases._changed:
        thread = threading.Thread(target=lambda: found.append(keeper.token("jane")))
        thread.start()
        thread.join(30)
        assert len(found) == 1


def test_K6_the_stopwatch_never_jumps(scene: Scene):
    """A clock on the wall that is set does not make a warm token older or younger."""
    offset = [0]

    class Wall:
        def now_ms(self) -> int:
            return time.time_ns() // 1_000_000 + offset[0]

        def monotonic_ms(self) -> int:
            return time.monotonic_ns() // 1_000_000

    scene.connect("jane")
    keeper: Keeper = scene.keeper(clock=Wall())
    token = keeper.token("jane")
    for jump in (-(10**9), 10**9):
        offset[0] = jump
        assert keeper.token("jane") == token
    assert len(scene.provider.calls) == 1
