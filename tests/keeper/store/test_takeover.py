"""A standby that was late takes over: what it lacks comes back, and until then nothing is renewed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from remint.errors import StoreUnavailable
from remint.keeper.connection import Answer, Busy, Lease
from remint.keeper.store.postgres import PostgresStore, lookout, timeline
from tests.keeper.store.given import (
    LEASE_MS,
    answer,
    answered,
    kept,
    leased,
    now,
    renewed,
    tokens,
)
from tests.keeper.store.places import NOW_MS
from tests.keeper.store.postgresplace import PostgresPlace
from tests.postgrescluster import Cluster

SETTLING_MS = 10_000
FENCES = 1 << 40


@pytest.fixture
def postgres(tmp_path, cluster: Cluster) -> Iterator[PostgresPlace]:
    """An empty database."""
    made = PostgresPlace(tmp_path, cluster)
    yield made
    made.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks out does so all the time."""
    monkeypatch.setattr(lookout, "_EVERY_SECONDS", 0.02)


class Standby:
    """What a standby had received; ``takes_over`` puts that in the place of what there is."""

    def __init__(self, place: PostgresPlace) -> None:
        self._place = place
        for table in ("connection", "answer"):
            self._execute(f"DROP TABLE IF EXISTS settime.{table}")
            self._execute(f"CREATE TABLE settime.{table} AS TABLE remint_keeper.{table}")

    def takes_over(self, timeline: int = 2) -> None:
        """As another server, with a timeline of its own."""
        self._execute(
            "BEGIN;"
            "DELETE FROM remint_keeper.answer; DELETE FROM remint_keeper.connection;"
            "INSERT INTO remint_keeper.connection TABLE settime.connection;"
            "INSERT INTO remint_keeper.answer TABLE settime.answer;"
            "COMMIT"
        )
        self.answers(timeline)

    def answers(self, timeline: int) -> None:
        """Whoever asks meets the server of that timeline."""
        self._execute(
            "CREATE OR REPLACE FUNCTION remint_keeper.timeline() RETURNS bigint LANGUAGE sql"
            f" AS 'SELECT {timeline}::bigint'"
        )

    def _execute(self, statement: str) -> None:
        self._place.cluster.execute("settime", statement)


def renew(store: PostgresStore, generation: int, name: str = "acme") -> Answer:
    """A renewal from the first step to the last."""
    lease = leased(store, name)
    reply = answered(store, lease)
    assert store.swap(lease.held, reply, renewed(generation)) is not None
    store.release(lease)
    return reply


def soon(done: Callable[[], bool]) -> None:
    """Waits for something that another thread does."""
    for _ in range(1000):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("it never happened")


def settling(store: PostgresStore, name: str = "acme") -> int:
    """How long no lease is given; 0 where one is."""
    taken = store.acquire(name, "me", LEASE_MS)
    if isinstance(taken, Lease):
        store.release(taken)
        return 0
    assert isinstance(taken, Busy)
    return taken.settles_ms


def test_no_lease_is_given_until_everybody_is_there(postgres):
    """From the moment on when the first process notices; and its fences are above all that came before."""
    here, there = postgres.open("here"), postgres.open("there")
    kept(here)
    standby = Standby(postgres)
    assert settling(here) == 0
    standby.takes_over()
    assert settling(here) == SETTLING_MS
    assert settling(here) == SETTLING_MS
    postgres.clock.step(4_000)
    assert settling(there) == SETTLING_MS - 4_000
    postgres.clock.step(5_999)
    assert settling(postgres.open("third")) == 1
    postgres.clock.step(1)
    lease = leased(there)
    assert lease.fence == FENCES
    there.release(lease)
    assert leased(here).fence == FENCES + 1


def test_a_clock_that_is_set_back_meanwhile(postgres):
    """Nobody waits for an hour that comes again."""
    store = postgres.open()
    kept(store)
    Standby(postgres).takes_over()
    assert settling(store) == SETTLING_MS
    postgres.clock.step(-3_600_000)
    assert settling(store) == 0


def test_a_primary_that_only_restarts(postgres):
    """It lacks nothing, and nobody waits."""
    store = postgres.open()
    kept(store)
    postgres.cluster.stop()
    postgres.cluster.start()
    assert settling(store) == 0
    assert settling(postgres.open("there")) == 0


@pytest.mark.usefixtures("hurried")
def test_what_the_standby_lacks_is_brought(postgres):
    """By whoever renewed last, on whichever machine: the chain is whole again before anybody goes on."""
    here, there = postgres.open("here"), postgres.open("there")
    made = kept(here)
    standby = Standby(postgres)
    replies = [renew(here, 1), renew(there, 2), renew(here, 3)]
    newest = now(here)
    standby.takes_over()
    assert now(here) == made
    soon(lambda: there.unread(made) == replies)
    postgres.clock.step(SETTLING_MS)
    lease = leased(there)
    for generation, reply in enumerate(there.unread(lease.held), 1):
        assert there.swap(now(there), reply, renewed(generation)) is not None
    there.release(lease)
    assert replace(now(here), trouble=None) == newest
    # Nobody offers it again.
    time.sleep(0.2)
    assert here.unread(now(here)) == []
    assert renew(here, 4).fence == FENCES + 1


def test_what_was_received_is_not_brought_again(postgres):
    """Of many answers only those that are missing; what was consumed stays so."""
    store = postgres.open()
    for name in ("a", "b"):
        kept(store, name)
        renew(store, 1, name)
    standby = Standby(postgres)
    reply = renew(store, 2, "b")
    standby.takes_over()
    store._look()
    assert store.unread(now(store, "a")) == []
    assert store.unread(now(store, "b")) == [reply]


def test_a_process_that_is_gone_by_then(postgres):
    """The next one on its machine brings what it had: at its start."""
    first = postgres.open("here")
    made = kept(first)
    standby = Standby(postgres)
    reply = renew(first, 1)
    first.close()
    standby.takes_over()
    assert postgres.open("there").unread(made) == []
    postgres.open("here").close()
    assert postgres.open("there").unread(made) == [reply]


def test_a_machine_that_was_on_the_old_primary_to_the_last(postgres):
    """Another process there has brought what there was before: what came later is brought as well."""
    early, late = postgres.open("here"), postgres.open("here")
    made = kept(early)
    standby = Standby(postgres)
    first = renew(early, 1)
    lease = leased(late)
    assert late.intend(lease, NOW_MS)
    standby.takes_over()
    early._look()
    standby.answers(1)
    last = answer(lease.fence, lease.held.sent)
    late.append(lease, last)
    standby.takes_over()
    late._look()
    assert early.unread(made) == [first, last]


def test_two_standbys_one_after_the_other(postgres):
    """What the first one lacked is with the machines still when the second takes over."""
    store = postgres.open()
    made = kept(store)
    standby = Standby(postgres)
    reply = renew(store, 1)
    for number in (2, 3):
        standby.takes_over(number)
        store._look()
        assert store.unread(made) == [reply]


def test_a_call_under_way_keeps_its_lease(postgres):
    """Though the new server never heard of it; and the answer is swapped in as if nothing had been."""
    here, there = postgres.open("here"), postgres.open("there")
    made = kept(here)
    standby = Standby(postgres)
    lease = leased(here)
    assert here.intend(lease, NOW_MS)
    standby.takes_over()
    postgres.clock.step(2 * LEASE_MS)
    assert here.extend([lease], LEASE_MS) == [lease]
    there._look()
    postgres.clock.step(SETTLING_MS)
    taken = there.acquire("acme", "you", LEASE_MS)
    assert isinstance(taken, Busy) and not taken.settles_ms
    reply = answer(lease.fence, made.sent)
    here.append(lease, reply)
    assert here.swap(made, reply, renewed(1)) is not None
    here.release(lease)
    assert leased(there).held.tokens == tokens(1)


def test_a_lease_that_comes_back_too_late(postgres):
    """Others have been given leases by then."""
    here, there = postgres.open("here"), postgres.open("there")
    kept(here)
    standby = Standby(postgres)
    lease = leased(here)
    standby.takes_over()
    assert settling(there) == SETTLING_MS
    postgres.clock.step(SETTLING_MS)
    assert here.extend([lease], LEASE_MS) == []
    other = leased(there)
    assert here.extend([lease], LEASE_MS) == []
    assert there.extend([other], LEASE_MS) == [other]


def test_a_late_lease_does_not_take_a_newer_one(postgres):
    """Of two that were given on the old primary the later one counts."""
    here, there = postgres.open("here"), postgres.open("there")
    kept(here)
    standby = Standby(postgres)
    old = leased(here)
    postgres.clock.step(LEASE_MS)
    new = leased(there)
    standby.takes_over()
    assert there.extend([new], LEASE_MS) == [new]
    assert here.extend([old], LEASE_MS) == []
    assert there.extend([new], LEASE_MS) == [new]


def test_a_store_of_an_earlier_form(postgres):
    """It is brought up to date when it is opened, and nobody waits for a server that was always there."""
    made = kept(postgres.open())
    for statement in (
        "ALTER TABLE remint_keeper.store DROP COLUMN timeline, DROP COLUMN settled_at_ms",
        "DROP FUNCTION remint_keeper.timeline()",
        "UPDATE remint_keeper.form SET version = 1",
    ):
        postgres.cluster.execute("settime", statement)
    store = postgres.open()
    assert store.load("acme") == made
    assert leased(store).fence == 1


def test_an_engine_without_timelines(postgres, monkeypatch):
    """One whose copies never differ: it has one for good."""
    unknown = timeline._FUNCTION.replace("pg_walfile_name", "no_such_function")
    assert unknown != timeline._FUNCTION
    monkeypatch.setattr(timeline, "_FUNCTION", unknown)
    store = postgres.open()
    kept(store)
    assert renew(store, 1).fence == 1


def test_a_fault_while_looking_out(postgres, caplog):
    """It is tried again."""
    looks: list[int] = []
    done = threading.Event()

    def look() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise StoreUnavailable("the database is away")
        done.set()

    made = lookout.Lookout(look, postgres.clock)
    with caplog.at_level(logging.INFO, "remint.keeper"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookout, "_EVERY_SECONDS", 0.01)
        made.wake()
        assert done.wait(10)
    made.close()
    assert "the database is away" in caplog.text


@pytest.mark.usefixtures("hurried")
def test_it_looks_out_for_an_hour(postgres):
    """After that nothing is kept that anybody could lack, until the next renewal."""
    looks: list[int] = []
    made = lookout.Lookout(lambda: looks.append(1), postgres.clock)
    made.wake()
    soon(lambda: len(looks) > 1)
    postgres.clock.step(3_600_000)
    soon(lambda: made._thread is None)
    made.wake()
    so_far = len(looks)
    soon(lambda: len(looks) > so_far)
    made.close()
