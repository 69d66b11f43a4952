"""K4: a crash between sending and saving is recovered the way the provider's rotation allows."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from remint.errors import ConnectionDead
from remint.keeper.keeper import Keeper
from tests.keeper.promises.conftest import Scene
from tests.keeper.promises.works import Worker
from tests.keeper.provider import Call, Provider, Reply, access_token, refresh_token

ROTATIONS = ("strict", "single", "grace", "keep")
EACH = 5

#: Where a process is killed, and what is known of its call then: it was not made, it was made and the answer
#: is gone, or the answer is kept.
MOMENTS = {
    "after acquire": "not made",
    "before intend": "not made",
    "after intend": "not made",
    "at the wire": "not made",
    "after send": "gone",
    "before journal": "gone",
    "after journal": "kept",
    "before swap": "kept",
    "after swap": "kept",
    "before release": "kept",
}


def names_of(rotation: str, count: int) -> list[str]:
    """So many connections."""
    return [f"{rotation}-{number}" for number in range(count)]


def recovered(scene: Scene, keeper: Keeper, name: str) -> str:
    """The token that another process gets, or ``dead``. It never asks without need, nor more than once."""
    calls = len(scene.provider.calls)
    try:
        token = str(keeper.token(name))
    except ConnectionDead:
        token = "dead"
    assert token != "dead" or "lost" in keeper.status(name).description
    assert len(scene.provider.calls) - calls <= 1
    return token


@pytest.mark.parametrize("moment", MOMENTS)
def test_K4_killed_at_every_step(make_scene: Callable[..., Scene], moment: str):
    """``kill -9`` between intent and release, again and again; the next process sees to it."""
    known = MOMENTS[moment]
    for rotation in ROTATIONS:
        scene = make_scene(rotation=rotation)
        names = names_of(rotation, EACH)
        scene.connect(*names)
        killed = [scene.start("dying", name=name, at=moment) for name in names]
        assert [worker.wait() for worker in killed] == [-signal.SIGKILL] * EACH
        assert len(scene.provider.calls) == (0 if known == "not made" else EACH)
        keeper = scene.keeper()
        for name in names:
            token = recovered(scene, keeper, name)
            if known == "gone" and rotation in ("strict", "single"):
                assert token == "dead"
                continue
            assert token.startswith(f"at-{name}-")
            assert token != f"at-{name}-old"
            if rotation != "keep":
                assert token == access_token(name, 1)
                assert scene.held(name).tokens.refresh_token == refresh_token(name, 1)
        # With the answer in the journal there is no second call.
        assert len(scene.provider.calls) == EACH * (2 if known == "gone" else 1)


@pytest.mark.parametrize("has_renewed", [True, False])
def test_K4_killed_while_the_provider_works(make_scene: Callable[..., Scene], has_renewed: bool):
    """The request is on its way, and nobody will ever read the answer; or there is none."""
    for rotation in ROTATIONS:
        scene = make_scene(rotation=rotation)
        names = names_of(rotation, EACH)
        scene.connect(*names)
        for name in names:
            started = threading.Event()
            worker: list[Worker] = []

            def step(
                provider: Provider,
                call: Call,
                started: threading.Event = started,
                worker: list[Worker] = worker,
            ) -> Reply | None:
                if has_renewed:
                    provider.renew(call)
                started.wait()
                os.kill(worker[0].pid, signal.SIGKILL)
                worker[0].wait()
                return None

            scene.provider.do(step)
            worker.append(scene.start("tokens", names=[name]))
            started.set()
            while worker[0].status is None:
                threading.Event().wait(0.002)
        keeper = scene.keeper()
        for name in names:
            token = recovered(scene, keeper, name)
            is_lost = has_renewed and rotation in ("strict", "single")
            assert (token == "dead") is is_lost
        assert len(scene.provider.calls) == 2 * EACH
