"""Kills a child of its own before and after every step of one operation, and looks at what it left.

Prints how many were killed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from remint.keeper.connection import Held
from tests.keeper.store.operations import OPERATIONS, Operation, goes_on, look, old_and_new
from tests.keeper.store.places import SQLitePlace
from tests.keeper.store.steps import Steps


def child(place: SQLitePlace, operation: Operation, steps: Steps) -> None:
    """Acts until it is killed, if it is."""
    with steps.watched():
        store = place.open()
        given = operation.prepare(store)
        with steps.armed():
            operation.act(store, given)
    os._exit(0)


def is_killed(
    place: SQLitePlace, operation: Operation, steps: Steps, states: tuple[object, object]
) -> bool:
    """Whether the child met its end at that step; what it left is one of the two states, and goes on."""
    pid = os.fork()
    if pid == 0:
        try:
            child(place, operation, steps)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        os._exit(70)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    found, (old, new) = unowned(look(place)), states
    assert status in (0, -signal.SIGKILL), status
    assert found == new or (found == old and status), (steps.at, steps.after)
    goes_on(place, place.open())
    place.close()
    return status != 0


def unowned(found: object) -> object:
    """As it looks when whoever held the lease is dead: what seemed to be under way is in doubt, and due."""
    listing, answers, _, rows = cast(tuple[list[Held], object, object, object], found)
    states = [
        replace(each, state="in_doubt") if each.state == "renewing" else each for each in listing
    ]
    return states, answers, rows


def main(folder: Path, name: str) -> int:
    """The number of the killed."""
    operation, count = OPERATIONS[name], 0
    old, new = old_and_new(SQLitePlace(folder / "ideal"), operation)
    states = (unowned(old), unowned(new))
    for after in (False, True):
        at = 0
        while is_killed(
            SQLitePlace(folder / f"{at}-{after}"),
            operation,
            Steps(at, after=after, kills=True),
            states,
        ):
            at += 1
        count += at
    return count


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2]))
