"""K2: the raw answer is durable before anybody sees it, lease or no lease, disk or no disk."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import lacking
from tests.keeper.promises.conftest import Scene
from tests.keeper.promises.works import Worker
from tests.keeper.provider import access_token, refresh_token

LEASE_SECONDS = 0.3


def stopped_at(scene: Scene, name: str, moment: str) -> Worker:
    """A process that has the lease, is stopped at that moment, and has outlived its lease."""
    scene.timing["lease_seconds"] = LEASE_SECONDS
    worker = scene.start("stepwise", name=name, at=moment)
    worker.reached("there")
    worker.stop()
    worker.let("go")
    time.sleep(LEASE_SECONDS)
    return worker


@pytest.mark.parametrize("rotation", ["strict", "single", "grace", "keep"])
def test_K2_stopped_before_the_send(make_scene: Callable[..., Scene], rotation: str):
    """The holder is woken when another has renewed: it sends nothing any more, and takes the new token."""
    scene = make_scene(rotation=rotation)
    scene.connect("jane")
    stopped = stopped_at(scene, "jane", "at the wire")
    (token,) = scene.run("tokens", names=["jane"])["tokens"]
    assert token != "at-jane-old"
    stopped.wake()
    assert stopped.result() == token
    assert len(scene.provider.calls) == scene.provider.renewals == 1
    held = scene.held("jane")
    assert (held.tokens.access_token, held.state, held.failures) == (token, "fresh", 0)


@pytest.mark.parametrize("rotation", ["strict", "single", "grace", "keep"])
def test_K2_stopped_with_the_answer_in_hand(make_scene: Callable[..., Scene], rotation: str):
    """The holder is woken when another has tried: the newest token that the provider gave is kept."""
    scene = make_scene(rotation=rotation)
    scene.connect("jane")
    stopped = stopped_at(scene, "jane", "after send")
    other = scene.run("tokens", names=["jane"])
    assert len(scene.provider.calls) == 2
    # What a replay means is the provider's to say: an end for now, the same successor, or another token.
    is_single = rotation in ("strict", "single")
    assert (other["tokens"] == ["ConnectionDead"]) is is_single
    stopped.wake()
    token = stopped.result()
    held = scene.held("jane")
    assert held.state == "fresh"
    assert held.tokens.access_token == token
    if rotation == "keep":
        assert held.tokens.refresh_token == refresh_token("jane")
        assert other["tokens"] == [token]
    else:
        assert token == access_token("jane", 1)
        assert held.tokens.refresh_token == refresh_token("jane", 1)
    if rotation != "strict":
        # Not one good token was lost: the connection goes on.
        assert str(scene.keeper().renew("jane")) != token


def on_a_small_disk(tmp_path: Path, scene: Scene, moment: str) -> list[str]:
    """What ``fulldisk`` prints."""
    unshare = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"]).returncode:
        lacking("mount namespaces")
    folder = tmp_path / "disk"
    folder.mkdir()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    given = [str(folder), scene.provider.base_url, moment]
    command = [*unshare, sys.executable, "-m", "tests.keeper.promises.fulldisk", *given]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    found: list[str] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("moment", ["after intend", "after send", "after journal"])
def test_K2_full_disk(tmp_path: Path, scene: Scene, moment: str):
    """Full from then on: the caller gets the token, and a new process finds it."""
    caller, meanwhile, later = on_a_small_disk(tmp_path, scene, moment)
    (token,) = [access_token(name, 1) for name in scene.provider.newest]
    assert caller == later == token
    assert meanwhile in (token, "StoreUnavailable")
    assert len(scene.provider.calls) == 1


def test_K2_full_disk_before_the_intent(tmp_path: Path, scene: Scene):
    """Without room for the answer nothing is sent; with it, all goes on."""
    caller, meanwhile, later = on_a_small_disk(tmp_path, scene, "before intend")
    assert caller == meanwhile == "StoreUnavailable"
    assert later == access_token("jane-before-intend", 1)
    assert len(scene.provider.calls) == 1


@pytest.mark.parametrize("moment", ["after intend", "after send", "after journal"])
def test_K2_locked_database(scene: Scene, moment: str):
    """Somebody holds the database for longer than a writer waits: the callers get the token all the same."""
    scene.connect("jane")
    worker = scene.start("stepwise", name="jane", at=moment, patience=0.2)
    worker.reached("there")
    with contextlib.closing(sqlite3.connect(scene.store / "connections.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        worker.let("go")
        assert worker.result() == access_token("jane", 1)
    assert scene.run("tokens", names=["jane"])["tokens"] == [access_token("jane", 1)]
    assert len(scene.provider.calls) == 1


def test_K2_nothing_is_handed_out_before_it_is_durable(scene: Scene):
    """A caller that was answered by a process which is killed right then: the store has what it got."""
    names = [f"jane-{number}" for number in range(20)]
    scene.connect(*names)
    for name in names:
        worker = scene.start("answered_and_killed", name=name)
        worker.wait()
        token = (worker.folder / "token").read_text()
        assert token == access_token(name, 1)
        assert scene.held(name).tokens.access_token == token
    assert len(scene.provider.calls) == len(names)
