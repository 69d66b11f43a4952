"""K1: one renewal in flight per connection, across tasks, threads and processes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.keeper.promises.conftest import Scene
from tests.keeper.provider import Call, Provider, Reply, access_token

TASKS = 200
THREADS = 4
PROCESSES = 8


def slow(seconds: float) -> Callable[[Provider, Call], Reply]:
    """A step that renews after a while."""

    def step(provider: Provider, call: Call) -> Reply:
        time.sleep(seconds)
        return provider.renew(call)

    return step


@pytest.mark.parametrize("modes", ["async", "sync", "both"])
def test_K1_tasks_threads_processes(scene: Scene, modes: str):
    """6400 callers of one connection whose token is over: one call, and the same token for all."""
    scene.connect("jane")
    scene.provider.delay_seconds = 0.2
    crowd = [
        scene.start(
            "storm",
            name="jane",
            threads=THREADS,
            tasks=TASKS,
            mode=("async", "sync")[number % 2] if modes == "both" else modes,
        )
        for number in range(PROCESSES)
    ]
    for worker in crowd:
        worker.reached("ready")
    for worker in crowd:
        worker.let("go")
    results = [worker.result() for worker in crowd]
    assert scene.provider.renewals == len(scene.provider.calls) == 1
    assert {token for result in results for token in result["tokens"]} == {access_token("jane", 1)}
    assert sum(result["count"] for result in results) == TASKS * THREADS * PROCESSES


def test_K1_provider_slower_than_the_lease(scene: Scene):
    """The lease is kept for as long as the call runs, and so nobody else begins one."""
    scene.timing |= {"lease_seconds": 1, "patience_seconds": 20}
    scene.connect("jane")
    scene.provider.do(slow(4))
    crowd = [scene.start("tokens", names=["jane"]) for _ in range(4)]
    assert [worker.result()["tokens"] for worker in crowd] == [[access_token("jane", 1)]] * 4
    assert len(scene.provider.calls) == 1


def test_K1_event_loop_held_up(scene: Scene):
    """User code blocks the loop that renews, for longer than the lease: it is kept all the same."""
    scene.timing |= {"lease_seconds": 1, "patience_seconds": 20}
    scene.connect("jane")
    holder = scene.start("blocked_loop", name="jane", seconds=3)

    def step(provider: Provider, call: Call) -> Reply:
        holder.let("called")
        return provider.renew(call)

    scene.provider.do(step)
    holder.reached("called")
    other = scene.start("tokens", names=["jane"])
    assert other.result()["tokens"] == [access_token("jane", 1)]
    assert holder.result() == access_token("jane", 1)
    assert len(scene.provider.calls) == 1
