"""How long a commit waits: for the disk and a standby, whatever the server does by default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from remint.errors import StoreUnavailable
from remint.keeper.store.postgres import PostgresStore
from tests.keeper.store.given import LEASE_MS, answer, held, kept, leased, now, renewed, setback
from tests.keeper.store.places import NOW_MS
from tests.keeper.store.postgresplace import PostgresPlace
from tests.postgrescluster import Cluster


@pytest.fixture
def postgres(tmp_path, cluster: Cluster) -> Iterator[PostgresPlace]:
    """An empty database on a server that confirms what it has not written; its settings are put back."""
    configure(cluster, wal_writer_delay="10s")
    made = PostgresPlace(tmp_path, cluster)
    made.options = "?options=-c%20synchronous_commit%3Doff"
    yield made
    made.close()
    cluster.execute("postgres", "ALTER SYSTEM RESET ALL")
    cluster.execute("postgres", "SELECT pg_reload_conf()")


def configure(cluster: Cluster, **settings: str) -> None:
    """Changes settings while the server runs."""
    for name, value in settings.items():
        cluster.execute("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
    cluster.execute("postgres", "SELECT pg_reload_conf()")


def crash(cluster: Cluster) -> None:
    """What it had not written is gone."""
    cluster.stop()
    cluster.start()


def test_what_was_said_to_be_done_outlives_a_crash(postgres):
    """Each of the steps that a promise rests on, though the server is set to confirm too early."""
    store = postgres.open()
    made = kept(store)
    crash(postgres.cluster)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    crash(postgres.cluster)
    assert now(store).intent is not None
    reply = answer(lease.fence, made.sent)
    store.append(lease, reply)
    crash(postgres.cluster)
    # Another machine's, which has no copy.
    there = postgres.open("there")
    assert there.unread(made) == [reply]
    assert there.swap(made, reply, renewed(1)) is not None
    crash(postgres.cluster)
    swapped = now(there)
    assert swapped.version == 2
    assert there.settle(swapped, setback("dead"), lease.fence + 1)
    crash(postgres.cluster)
    assert now(there).state == "dead"
    assert there.create(held(id="new"), replace=True)
    crash(postgres.cluster)
    assert now(there).id == "new"
    assert there.forget("acme")
    crash(postgres.cluster)
    assert there.load("acme") is None


@pytest.fixture
def waiting(postgres: PostgresPlace) -> Iterator[PostgresStore]:
    """A store on a server whose standby is away, and which would not wait for it by itself."""
    postgres.options = "?options=-c%20synchronous_commit%3Dlocal"
    store = postgres.open(patience_seconds=0.5)
    for name in ("acme", "other"):
        kept(store, name)
    configure(postgres.cluster, synchronous_standby_names="nobody")
    _until_read(postgres.cluster)
    yield store
    postgres.cluster.execute("postgres", "ALTER SYSTEM RESET synchronous_standby_names")
    postgres.cluster.execute("postgres", "SELECT pg_reload_conf()")


def _until_read(cluster: Cluster) -> None:
    while cluster.execute("plain", "SHOW synchronous_standby_names") != [("nobody",)]:
        pass


STEPS: dict[str, Callable[[PostgresStore, Any], object]] = {
    "create": lambda store, _: store.create(held("new")),
    "replace": lambda store, _: store.create(held(id="new"), replace=True),
    "intend": lambda store, lease: store.intend(lease, NOW_MS),
    "swap": lambda store, lease: store.swap(
        lease.held, answer(lease.fence, lease.held.sent), renewed(1)
    ),
    "settle": lambda store, lease: store.settle(lease.held, setback("dead"), lease.fence),
    "forget": lambda store, _: store.forget("acme"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_standby_is_waited_for(waiting, step):
    """For what it could not make up for; a lease is taken, extended and given back without it."""
    lease = leased(waiting)
    assert waiting.extend([lease], LEASE_MS) == [lease]
    with pytest.raises(StoreUnavailable, match="too long"):
        STEPS[step](waiting, lease)
    waiting.release(lease)
    waiting.postpone("acme", 5)
    assert now(waiting, "other").version == 1


def test_an_answer_is_safe_without_a_standby(waiting, postgres):
    """Its caller is not told that it failed: a copy is on the disk of this machine."""
    lease = leased(waiting)
    reply = answer(lease.fence, lease.held.sent)
    waiting.append(lease, reply)
    assert postgres.open("there").unread(lease.held) == [reply]
