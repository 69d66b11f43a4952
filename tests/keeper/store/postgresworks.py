"""What a process of its own does with a store in PostgreSQL: says a line when it has done something."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from remint.keeper.connection import Busy
from remint.keeper.keeper import Keeper
from remint.keeper.store.postgres import PostgresStore
from remint.keeper.timing import Timing
from tests.keeper.store.given import answer, answered, held, leased, renewed
from tests.keeper.store.places import NOW_MS
from tests.keeper.store.postgresplace import KEY, PostgresPlace
from tests.keeper.store.workers import Worker
from tests.keeper.store.works import LONG_MS, race, renew, say, told

THREADS: Final = 4
TASKS: Final = 50


def answer_and_wait(store: PostgresStore) -> None:
    """Makes a call; when it is told, the answer comes, and then nothing more happens."""
    lease = leased(store, owner="worker", lease_ms=LONG_MS)
    assert store.intend(lease, NOW_MS)
    say("intends", lease.fence)
    told()
    store.append(lease, answer(lease.fence, lease.held.sent, b"kept"))
    say("answered")
    told()


def storm(store: PostgresStore) -> None:
    """Many tasks in several threads want one token at once."""
    found: list[str] = []
    keeper = Keeper(store, timing=Timing(patience_seconds=60))

    def asked() -> None:
        found.extend(str(keeper.token("jane")) for _ in range(TASKS))

    say("ready")
    told()
    crew = [threading.Thread(target=asked) for _ in range(THREADS)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    say(len(found), *sorted(set(found)))


def fork(store: PostgresStore) -> None:
    """A child has no part in the parent's lease and connections, and both go on."""
    lease = leased(store, owner="parent", lease_ms=LONG_MS)
    child = os.fork()
    if child == 0:
        try:
            assert store.load("acme") is not None
            assert store.extend([lease], LONG_MS) == []
            assert not store.intend(lease, NOW_MS)
            store.release(lease)
            assert isinstance(store.acquire("acme", "child", LONG_MS), Busy)
            assert store.create(held("child"))
            answered(store, leased(store, "child", lease_ms=LONG_MS))
            store.close()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.extend([lease], LONG_MS) == [lease]
    assert store.swap(lease.held, answered(store, lease), renewed(1)) is not None
    assert len(store.unread(leased(store, "child").held)) == 1
    say("fine")


def worker(place: PostgresPlace, work: str, machine: str = "here") -> Worker:
    """A process of its own, on that machine."""
    where = f"{place.url()} {place.directory / machine}"
    return Worker(where, work, "tests.keeper.store.postgresworks")


WORKS: Final[dict[str, Callable[[Any], None]]] = {
    work.__name__: work for work in (answer_and_wait, storm, fork, race, renew)
}

if __name__ == "__main__":
    where, asked_for = sys.argv[1:]
    address, _, directory = where.partition(" ")
    WORKS[asked_for](PostgresStore(address, key=KEY, environ={}, outbox=Path(directory)))
