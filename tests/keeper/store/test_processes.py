"""Several processes on one store: killed, stopped, forked and racing."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remint.keeper.connection import Busy, Lease
from remint.keeper.store.sqlite import SQLiteStore
from tests.keeper.store.given import answered, kept, leased, now, renewed, tokens
from tests.keeper.store.workers import AheadClock, Worker
from tests.keeper.store.works import LONG_MS, held_generation


class Shared:
    """A store that other processes open too."""

    def __init__(self, directory: Path) -> None:
        self.clock = AheadClock()
        self.where = str(directory)
        self.directory = directory
        self.store = SQLiteStore(directory, environ={}, clock=self.clock)

    def worker(self, work: str) -> Worker:
        """One of them."""
        return Worker(self.where, work)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    """With one connection in it."""
    made = Shared(tmp_path / "keeper")
    kept(made.store)
    yield made
    made.store.close()


def test_a_killed_process_holds_nothing(shared):
    """Its lease is free at once, however long it would have lasted."""
    with shared.worker("hold") as worker:
        assert worker.said() == "holds 1"
        assert isinstance(shared.store.acquire("acme", "me", 5), Busy)
        assert shared.store.due(2**60, 9) == []
        worker.kill()
        assert shared.store.due(2**60, 9) == ["acme"]
        assert leased(shared.store).fence == 2


def test_a_stopped_process_holds_its_lease_until_it_runs_out(shared):
    """It may go on at any time; after the end of the lease it finds that it has none."""
    with shared.worker("hold_and_intend") as worker:
        assert worker.said() == "intends 1"
        worker.send(signal.SIGSTOP)
        assert isinstance(shared.store.acquire("acme", "me", 5), Busy)
        assert now(shared.store).state == "renewing"
        shared.clock.ahead_ms = LONG_MS
        assert now(shared.store).state == "in_doubt"
        lease = leased(shared.store)
        assert lease.fence == 2
        worker.send(signal.SIGCONT)


@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
def test_what_a_stopped_process_was_answered_is_not_lost(shared, is_before):
    """It was stopped past its lease and woken: before another renewed its answer is the good one, and
    afterwards it changes nothing.
    """
    with shared.worker("hold_and_intend") as worker:
        assert worker.said() == "intends 1"
        worker.send(signal.SIGSTOP)
        shared.clock.ahead_ms = LONG_MS
        lease = leased(shared.store)
        if not is_before:
            reply = answered(shared.store, lease)
            assert shared.store.swap(lease.held, reply, renewed(1)) is not None
        worker.send(signal.SIGCONT)
        worker.tell()
        assert worker.said() == ("won" if is_before else "lost")
        assert now(shared.store).tokens == tokens(77 if is_before else 1)
        if is_before:
            assert not shared.store.intend(lease, 0)


def test_of_eight_processes_one_gets_the_lease(shared):
    """Every time; and the fences grow."""
    fences = []
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(shared.worker("race")) for _ in range(8)]
        for _ in range(10):
            assert {worker.said() for worker in workers} == {"ready"}
            for worker in workers:
                worker.tell()
            said = sorted(worker.said() for worker in workers)
            assert said[:7] == ["busy"] * 7
            fences.append(int(said[7].removeprefix("fence ")))
            for worker in workers:
                worker.tell()
    assert fences == sorted(set(fences))


def test_a_limit_is_exact_over_processes(shared):
    """Four of them ask as fast as they can for more than there is."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(shared.worker("charge")) for _ in range(4)]
        for worker in workers:
            assert worker.said() == "ready"
        for worker in workers:
            worker.tell()
        assert sum(int(worker.said()) for worker in workers) == 60


def test_a_forked_child_is_another(shared):
    """It has neither the parent's lease nor its connection, and both go on; see ``works.fork``."""
    with shared.worker("fork") as worker:
        assert worker.said() == "fine"
        assert worker.process.wait() == 0


def test_a_child_that_lives_on_keeps_no_lease_of_its_parent(shared):
    """What it was born with is not its own: the parent is gone when it is gone."""
    with shared.worker("leave_a_child") as worker:
        child = int(worker.said().removeprefix("holds "))
        assert isinstance(shared.store.acquire("acme", "me", 5), Busy)
        worker.kill()
        try:
            os.kill(child, 0)
            assert isinstance(shared.store.acquire("acme", "me", 5), Lease)
        finally:
            os.kill(child, signal.SIGKILL)


def test_what_the_killed_left_behind_is_cleared_away(shared):
    """Nothing grows with the number of processes that came and went."""
    for _ in range(3):
        with shared.worker("hold_and_intend") as worker:
            assert worker.said().startswith("intends")
            worker.kill()
    lease = leased(shared.store)
    assert shared.store.intend(lease, 0)
    again = SQLiteStore(shared.directory, environ={})
    assert len(list((shared.directory / "owners").iterdir())) == 2
    assert len(list((shared.directory / "spool").iterdir())) == 1
    again.close()
    assert len(list((shared.directory / "owners").iterdir())) == 1


def test_a_killed_process_leaves_the_old_tokens_or_the_new(shared):
    """At twenty moments that it did not choose: what it said is there, and no more than the one renewal that
    was under way besides.
    """
    rng = random.Random(20)
    for _ in range(20):
        with shared.worker("renew") as worker:
            said = [worker.said() for _ in range(rng.randrange(1, 8))]
            time.sleep(rng.random() / 300)
            worker.kill()
            assert worker.process.stdout is not None
            said += worker.process.stdout.read().split("\n")
        certain = [int(line.split()[1]) for line in said if line.startswith("swapped")]
        answers = [int(line.split()[1]) for line in said if line.startswith("answered")]
        generation = held_generation(shared.store)
        reached = max(certain, default=answers[0] - 1)
        assert reached <= generation <= reached + 1
        held = now(shared.store)
        assert held.renewals == generation
        unread = shared.store.unread(held)
        if answers[-1] > generation:
            # Its answer came and was not swapped in: it is there to be read, whole.
            assert len(unread) == 1
        for reply in unread:
            # Or it came, and the process was killed before it could say so.
            assert reply.sent == held.sent
            assert shared.store.swap(held, reply, renewed(generation + 1)) is not None
        assert shared.store.unread(held) == []
        shared.store.release(leased(shared.store))
