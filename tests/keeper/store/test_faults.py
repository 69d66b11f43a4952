"""A fault at every step of everything: the old state or the new one, and new where success was reported."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from remint.errors import RemintError
from tests.keeper.store.operations import OPERATIONS, goes_on, look, old_and_new
from tests.keeper.store.places import SQLitePlace
from tests.keeper.store.steps import Steps


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_fault_leaves_the_old_or_the_new(memory, name, after):
    """SQLite says no, or the system does; a fresh process finds one of two states, and all goes on."""
    operation = OPERATIONS[name]
    old, new = old_and_new(SQLitePlace(memory / "ideal"), operation)
    at = 0
    while True:
        place = SQLitePlace(memory / str(at))
        steps = Steps(at, after=after)
        with steps.watched():
            store = place.open()
            given = operation.prepare(store)
            with steps.armed():
                try:
                    operation.act(store, given)
                    is_done = True
                except RemintError:
                    is_done = False
            found = look(place)
            assert found == new or (found == old and not is_done), steps.names[at:]
            if steps.happened:
                goes_on(place, store)
        place.close()
        if not steps.happened:
            break
        at += 1
    assert is_done
    assert at >= 2


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_leaves_the_old_or_the_new(memory, name):
    """``kill -9`` before and after every step, in a process that does nothing else; see ``killed``."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "tests.keeper.store.killed", str(memory), name]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 4
