"""Several processes on two machines, with one database: forked, racing, and all at once."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from remint.errors import StoreUnavailable
from remint.keeper.connection import Busy, Setup, Tokens
from tests.keeper.provider import access_token, provider, refresh_token
from tests.keeper.store.given import kept, leased, now, renewed
from tests.keeper.store.postgresplace import PostgresPlace
from tests.keeper.store.postgresworks import TASKS, THREADS, worker
from tests.keeper.store.works import LONG_MS, held_generation
from tests.postgrescluster import Cluster

PROCESSES = 8


@pytest.fixture
def plain(tmp_path, cluster: Cluster) -> Iterator[PostgresPlace]:
    """An empty database with the server's own clock."""
    made = PostgresPlace(tmp_path, cluster, "plain")
    yield made
    made.close()


def test_a_forked_child_is_another(plain):
    """See ``postgresworks.fork``."""
    kept(plain.open("there"))
    with worker(plain, "fork") as parent:
        assert parent.said() == "fine"
        assert parent.process.wait() == 0


def test_of_eight_processes_one_gets_the_lease(plain):
    """On two machines; and the fences grow."""
    kept(plain.open("there"))
    fences = []
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(worker(plain, "race", ("here", "there")[at % 2]))
            for at in range(PROCESSES)
        ]
        for _ in range(10):
            assert {each.said() for each in workers} == {"ready"}
            for each in workers:
                each.tell()
            said = sorted(each.said() for each in workers)
            assert said[:7] == ["busy"] * 7
            fences.append(int(said[7].removeprefix("fence ")))
            for each in workers:
                each.tell()
    assert fences == sorted(set(fences))


def test_a_storm_makes_one_call(plain):
    """1600 tasks in 32 threads of eight processes on two machines want the token of one connection."""
    with provider(delay_seconds=0.2) as asked, contextlib.ExitStack() as stack:
        kept(
            plain.open("there"),
            "jane",
            setup=Setup("oauth2", asked.base_url, credentials={"client_id": "app"}),
            tokens=Tokens("old", expires_at_ms=1, refresh_token=refresh_token("jane")),
            renew_at_ms=1,
        )
        crowd = [
            stack.enter_context(worker(plain, "storm", ("here", "there")[at % 2]))
            for at in range(PROCESSES)
        ]
        assert {each.said() for each in crowd} == {"ready"}
        for each in crowd:
            each.tell()
        said = {each.said() for each in crowd}
        assert said == {f"{THREADS * TASKS} {access_token('jane', 1)}"}
        assert len(asked.calls) == asked.renewals == 1


def test_a_killed_process_leaves_the_old_tokens_or_the_new(tmp_path, cluster):
    """At ten moments that it did not choose: what it said is there, on every machine that looks."""
    place, rng = PostgresPlace(tmp_path, cluster), random.Random(10)
    here, there = place.open("here"), place.open("there")
    kept(here)
    for _ in range(10):
        with worker(place, "renew") as renewing:
            said = [renewing.said() for _ in range(rng.randrange(1, 8))]
            time.sleep(rng.random() / 100)
            renewing.kill()
            assert renewing.process.stdout is not None
            said += renewing.process.stdout.read().split("\n")
        place.clock.step(LONG_MS)
        certain = [int(line.split()[1]) for line in said if line.startswith("swapped")]
        answers = [int(line.split()[1]) for line in said if line.startswith("answered")]
        held = leased(here).held
        unread = here.unread(held)
        assert there.unread(held) == unread
        generation = held_generation(there)
        reached = max(certain, default=answers[0] - 1)
        assert reached <= generation <= reached + 1
        assert held.renewals == generation
        # An answer that came and was not swapped in is there to be read, whole.
        assert unread or answers[-1] <= generation
        for reply in unread:
            sent = now(there).sent
            swapped = there.swap(held, reply, renewed(generation + 1))
            assert (swapped is not None) == (reply.sent == sent)
        assert here.unread(now(here)) == []
        place.clock.step(LONG_MS)
    place.close()


def test_a_lease_that_nobody_heard_of_is_given_back(tmp_path, cluster, monkeypatch):
    """The server gave it, and whoever had asked was told that it does not answer: others need not wait."""
    place = PostgresPlace(tmp_path, cluster)
    here, there = place.open("here"), place.open("there")
    kept(here)
    run = here._database.run

    def unheard(*work: Any, **given: Any) -> None:
        run(*work, **given)
        raise StoreUnavailable("it took too long")

    with monkeypatch.context() as patch:
        patch.setattr(here._database, "run", unheard)
        with pytest.raises(StoreUnavailable):
            here.acquire("acme", "me", LONG_MS)
    assert isinstance(there.acquire("acme", "you", LONG_MS), Busy)
    here._look()
    lease = leased(there)
    assert lease.fence == 2
    # A lease that is held is nobody else's business.
    here._look()
    assert there.extend([lease], LONG_MS) == [lease]
    place.clock.step(2 * LONG_MS)
    here._look()
    assert here._leasing._unheard == {}
    place.close()
