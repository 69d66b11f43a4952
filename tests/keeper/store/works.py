"""What a process of its own does with a store: says a line when it has done something, reads one to go on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Final

from remint.keeper.connection import Lease
from remint.keeper.store.opening import open_store
from remint.keeper.store.protocols import ConnectionStore
from tests.keeper.store.given import answer, answered, held, leased, renewed
from tests.keeper.store.places import NOW_MS

LONG_MS: Final = 3_600_000


def say(*words: object) -> None:
    """One line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def told() -> bool:
    """Waits for a line; false where none comes any more."""
    return bool(sys.stdin.readline())


def hold(store: ConnectionStore) -> None:
    """Takes the lease and sits on it."""
    say("holds", leased(store, owner="worker", lease_ms=LONG_MS).fence)
    told()


def hold_and_intend(store: ConnectionStore) -> None:
    """As if a call were under way. When it is told, the answer comes, and another one after it."""
    lease = leased(store, owner="worker", lease_ms=LONG_MS)
    assert store.intend(lease, NOW_MS)
    say("intends", lease.fence)
    while told():
        reply = answer(lease.fence, lease.held.sent, b"late")
        store.append(lease, reply)
        swapped = store.swap(lease.held, reply, renewed(77))
        say("lost" if swapped is None else "won")


def race(store: ConnectionStore) -> None:
    """Asks for the lease whenever it is told, and gives it back the next time."""
    say("ready")
    while told():
        taken = store.acquire("acme", str(os.getpid()), LONG_MS)
        say(f"fence {taken.fence}" if isinstance(taken, Lease) else "busy")
        told()
        if isinstance(taken, Lease):
            store.release(taken)
        say("ready")


def charge(store: ConnectionStore) -> None:
    """Charges one limit fifty times."""
    say("ready")
    told()
    say(sum(store.charge("acme", 60, 3600, NOW_MS) == 0 for _ in range(50)))


def renew(store: ConnectionStore) -> None:
    """Renews for as long as it lives, and says what is certain."""
    number = held_generation(store)
    while True:
        lease = leased(store, owner="worker", lease_ms=LONG_MS)
        reply = answered(store, lease)
        say("answered", number + 1)
        assert store.swap(lease.held, reply, renewed(number + 1)) is not None
        number += 1
        say("swapped", number)
        store.release(lease)


def held_generation(store: ConnectionStore) -> int:
    """The number of the refresh token that is stored."""
    found = store.load("acme")
    assert found is not None and found.tokens.refresh_token is not None
    return int(found.tokens.refresh_token.removeprefix("refresh-"))


def fork(store: ConnectionStore) -> None:
    """A child has no part in the parent's lease, and both go on."""
    lease = leased(store, owner="parent", lease_ms=LONG_MS)
    child = os.fork()
    if child == 0:
        try:
            assert store.load("acme") is not None
            assert store.extend([lease], LONG_MS) == []
            assert not store.intend(lease, NOW_MS)
            assert not isinstance(store.acquire("acme", "child", LONG_MS), Lease)
            store.release(lease)
            assert store.create(held("child"))
            mine = leased(store, "child", owner="child", lease_ms=LONG_MS)
            answered(store, mine)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.extend([lease], LONG_MS) == [lease]
    assert store.swap(lease.held, answered(store, lease), renewed(1)) is not None
    # The child is gone, and its lease with it.
    again = leased(store, "child")
    assert len(store.unread(again.held)) == 1
    say("fine")


def leave_a_child(store: ConnectionStore) -> None:
    """Takes the lease, and leaves a child that never touches the store and outlives it."""
    leased(store, owner="parent", lease_ms=LONG_MS)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(0)
        os.close(1)
        os.write(writer, b"!")
        time.sleep(60)
        os._exit(0)
    # Until the child runs, nobody can have let go in it of what it was born with.
    os.read(reader, 1)
    say("holds", child)
    told()


WORKS: Final[dict[str, Callable[[ConnectionStore], None]]] = {
    work.__name__: work
    for work in (hold, hold_and_intend, race, charge, renew, fork, leave_a_child)
}

if __name__ == "__main__":
    WORKS[sys.argv[2]](open_store(sys.argv[1]))
