"""A server that is cut off, restarted, full, read-only or stuck: nothing is lost, and all goes on."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from remint.errors import StoreUnavailable
from remint.keeper.connection import Busy, Lease
from remint.keeper.store.postgres import PostgresStore
from remint.secret import Secret
from tests.keeper.store.given import (
    LEASE_MS,
    answer,
    answered,
    kept,
    leased,
    now,
    renewed,
    setback,
    tokens,
)
from tests.keeper.store.operations import OPERATIONS, goes_on
from tests.keeper.store.places import NOW_MS
from tests.keeper.store.postgrescuts import Cuts
from tests.keeper.store.postgresplace import KEY, PostgresPlace
from tests.keeper.store.postgresworks import worker
from tests.postgrescluster import Cluster

OTHER_KEY = Secret(bytes(range(1, 33)).hex())


@pytest.fixture
def postgres(tmp_path, cluster: Cluster) -> Iterator[PostgresPlace]:
    """An empty database whose clock stands still."""
    made = PostgresPlace(tmp_path, cluster)
    yield made
    made.close()


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> Cuts:
    """Not armed yet."""
    return Cuts(monkeypatch)


@contextlib.contextmanager
def away(cluster: Cluster) -> Iterator[None]:
    """The server crashes, and comes back at the end."""
    cluster.stop()
    try:
        yield
    finally:
        cluster.start()


def soon(done: Callable[[], bool]) -> None:
    """Waits for something that another thread does."""
    for _ in range(1500):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("it never happened")


def look(place: PostgresPlace) -> object:
    """All that another machine finds."""
    store = place.open("another")
    listing = store.listing("", 99)
    answers = [store.unread(each) for each in listing]
    found = listing, answers, store.due(2**60, 99), store.count()
    store.close()
    return found


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "rewrap"])
def test_a_connection_that_is_cut_at_any_step(postgres, cuts, name, after):
    """It is done once, whether the server had done it already or not."""
    operation = OPERATIONS[name]
    store = postgres.open()
    given = operation.prepare(store)
    expected = operation.act(store, given)
    new, at = look(postgres), 0
    while True:
        postgres.clear()
        store.close()
        store = postgres.open()
        given = operation.prepare(store)
        cuts.arm(at, after=after)
        found = operation.act(store, given)
        cuts.disarm()
        if not cuts.happened:
            break
        if name not in ("acquire", "charge"):
            # A lease that was taken twice has another fence; a charge may have been made twice.
            assert found == expected
        assert look(postgres) == new
        goes_on(postgres, store)
        at += 1
    assert at >= 1


def test_a_root_key_that_is_replaced_while_the_connection_is_cut(postgres, cuts):
    """The key that opens the store is the one it was told."""
    for after in (False, True):
        at = 0
        cuts.happened = True
        while cuts.happened:
            postgres.clear()
            postgres.key = KEY
            store = postgres.open()
            made = kept(store)
            cuts.arm(at, after=after)
            store.rewrap(OTHER_KEY)
            cuts.disarm()
            postgres.key = OTHER_KEY
            assert postgres.open().load("acme") == made
            at += 1


def test_a_server_that_is_restarted_between_all_steps(postgres):
    """Each is done on a new connection, and nothing that was said to be done is undone."""
    store = postgres.open()

    def restarted() -> None:
        with away(postgres.cluster):
            pass

    made = kept(store)
    restarted()
    lease = leased(store)
    restarted()
    assert store.extend([lease], LEASE_MS) == [lease]
    restarted()
    assert store.intend(lease, NOW_MS)
    restarted()
    reply = answer(lease.fence, made.sent)
    store.append(lease, reply)
    restarted()
    assert store.unread(made) == [reply]
    restarted()
    assert store.swap(made, reply, renewed(1)) is not None
    restarted()
    store.release(lease)
    restarted()
    assert now(store).tokens == tokens(1)
    assert leased(postgres.open("there")).fence == 2


def test_connections_that_are_terminated_between_all_steps(postgres):
    """As by an administrator, or a pooler that restarts."""
    store = postgres.open()
    cut = postgres.cluster.cut
    made = kept(store)
    cut()
    lease = leased(store)
    cut()
    assert store.intend(lease, NOW_MS)
    cut()
    reply = answer(lease.fence, made.sent)
    store.append(lease, reply)
    cut()
    assert store.swap(made, reply, renewed(1)) is not None
    cut()
    assert not store.settle(made, setback("dead"), lease.fence)
    cut()
    store.release(lease)
    cut()
    assert now(store).tokens == tokens(1)


def test_an_answer_while_the_server_is_away(postgres):
    """It is durable on this machine, and in the database as soon as there is one again."""
    store = postgres.open("here", patience_seconds=0.2)
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    reply = answer(lease.fence, made.sent)
    with away(postgres.cluster):
        store.append(lease, reply)
        for work in (
            lambda: store.load("acme"),
            lambda: store.swap(made, reply, renewed(1)),
            lambda: store.settle(made, setback("dead"), lease.fence),
            # Whoever has the lease next must find the answer: it is not given back before that.
            lambda: store.release(lease),
            lambda: store.create(made),
            lambda: store.due(NOW_MS, 1),
        ):
            with pytest.raises(StoreUnavailable):
                work()
    there = postgres.open("there")
    soon(lambda: there.unread(made) == [reply])
    assert there.swap(made, reply, renewed(1)) is not None
    store.release(lease)
    assert store.unread(now(store)) == []


def test_a_lease_is_given_back_after_the_answer(postgres):
    """The database comes back, and the first thing that it hears is the answer; nobody waits for the lease
    to end.
    """
    store, there = postgres.open("here", patience_seconds=0.2), postgres.open("there")
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    reply = answer(lease.fence, made.sent)
    with away(postgres.cluster):
        store.append(lease, reply)
        with pytest.raises(StoreUnavailable):
            store.release(lease)
    soon(lambda: isinstance(there.acquire("acme", "you", LEASE_MS), Lease))
    assert there.unread(made) == [reply]


def test_who_comes_back_first_waits_for_those_who_have_an_answer(postgres):
    """The lease ran out while nobody reached the server. Another machine does not take over at once what may
    have been answered, or a token for single use would be sent twice.
    """
    store, there = postgres.open("here", patience_seconds=0.2), postgres.open("there")
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    reply = answer(lease.fence, made.sent)
    with away(postgres.cluster):
        store.append(lease, reply)
    postgres.clock.step(LEASE_MS)
    taken = there.acquire("acme", "you", LEASE_MS)
    assert isinstance(taken, Busy) and taken.held.state == "in_doubt"
    soon(lambda: there.unread(made) == [reply])
    postgres.clock.step(3_000)
    assert isinstance(there.acquire("acme", "you", LEASE_MS), Lease)


def test_an_answer_of_a_process_that_was_killed_meanwhile(postgres):
    """The server was away, and then the process was gone: another one on its machine finds it."""
    made = kept(postgres.open("there"))
    with worker(postgres, "answer_and_wait") as holder:
        assert holder.said() == "intends 1"
        with away(postgres.cluster):
            holder.tell()
            assert holder.said() == "answered"
            holder.kill()
    there = postgres.open("there")
    assert there.unread(now(there)) == []
    here = postgres.open("here")
    assert [reply.body for reply in there.unread(made)] == [b"kept"]
    assert here.swap(made, here.unread(made)[0], renewed(1)) is not None
    rooms = [path for path in (postgres.directory / "here").rglob("rooms/*/*") if path.is_file()]
    assert rooms == []


def test_an_answer_of_a_process_that_is_stopped_meanwhile(postgres):
    """Who is in doubt looks into its rooms, though it may go on."""
    here = postgres.open("here")
    made = kept(here)
    with worker(postgres, "answer_and_wait") as holder:
        assert holder.said() == "intends 1"
        with away(postgres.cluster):
            holder.tell()
            assert holder.said() == "answered"
            holder.send(signal.SIGSTOP)
        assert here.load("acme") is not None
        postgres.clock.step(3_600_000)
        lease = leased(here)
        assert lease.held.intent is not None
        (reply,) = here.unread(lease.held)
        assert reply.body == b"kept"
        assert here.swap(made, reply, renewed(1)) is not None
        here.release(lease)
        holder.send(signal.SIGCONT)
        time.sleep(1.5)
        # It offers the answer once more; that was swapped in long ago.
        assert here.unread(now(here)) == []


def test_a_machine_without_a_disk(postgres, caplog):
    """It goes on with the database alone, and says so."""
    (postgres.directory / "flat").write_text("a file")
    store = postgres.open("flat")
    assert "keeps no answers" in caplog.text
    made = kept(store)
    lease = leased(store)
    reply = answered(store, lease)
    assert store.swap(made, reply, renewed(1)) is not None
    store.release(lease)
    lease = leased(store)
    with away(postgres.cluster), pytest.raises(StoreUnavailable):
        store.append(lease, reply)


def test_a_disk_that_is_full(postgres, monkeypatch, caplog):
    """No call goes out without room for its answer; an answer that comes all the same goes to the server."""
    store = postgres.open()
    made = kept(store)
    lease = leased(store)
    reply = answer(lease.fence, made.sent)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(StoreUnavailable, match="no room"):
            store.intend(lease, NOW_MS)
        assert now(store).intent is None
        store.append(lease, reply)
    assert "cannot be kept on this machine" in caplog.text
    assert store.unread(made) == [reply]
    assert store.intend(lease, NOW_MS)


def test_a_database_that_is_full(postgres):
    """As the server says it. A call does not go out; an answer waits here until there is room."""
    store = postgres.open("here", patience_seconds=0.2)
    made = kept(store)
    lease = leased(store)
    assert store.intend(lease, NOW_MS)
    execute = postgres.cluster.execute
    execute(
        "settime",
        "CREATE FUNCTION remint_keeper.is_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
    )
    execute(
        "settime",
        "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON remint_keeper.answer"
        " FOR EACH ROW EXECUTE FUNCTION remint_keeper.is_full()",
    )
    reply = answer(lease.fence, made.sent)
    store.append(lease, reply)
    kept(store, "other")
    with pytest.raises(StoreUnavailable, match="could not extend file"):
        store.intend(leased(store, "other"), NOW_MS)
    assert now(store, "other").intent is None
    execute("settime", "DROP TRIGGER is_full ON remint_keeper.answer")
    soon(lambda: postgres.open("there").unread(made) == [reply])


def test_a_server_that_became_read_only(postgres):
    """It is a standby now, or its disk is: what can be read is, and the rest waits for another primary."""
    store = postgres.open("here", patience_seconds=0.2)
    made = kept(store)
    execute = postgres.cluster.execute
    execute("postgres", "ALTER DATABASE settime SET default_transaction_read_only = on")
    postgres.cluster.cut()
    try:
        assert now(store) == made
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.acquire("acme", "me", LEASE_MS)
    finally:
        execute("postgres", "ALTER DATABASE settime RESET default_transaction_read_only")
    # Without anybody cutting the connections that were read-only.
    assert isinstance(store.acquire("acme", "me", LEASE_MS), Lease)


def test_a_row_that_somebody_holds(postgres):
    """A caller is told after a while, and what it asked for is taken back."""
    store = postgres.open("here", patience_seconds=0.3)
    kept(store)
    with psycopg.connect(postgres.url()) as other:
        other.execute("SELECT * FROM remint_keeper.connection FOR UPDATE")
        with pytest.raises(StoreUnavailable, match="too long"):
            store.acquire("acme", "me", LEASE_MS)
        assert now(store).state == "fresh"
        other.rollback()
    assert leased(store).fence == 1


def test_connections_that_are_all_in_use(postgres):
    """Whoever comes too late is told, and nobody hangs."""
    made = PostgresStore(
        postgres.url(),
        key=KEY,
        environ={},
        patience_seconds=0.1,
        most_connections=1,
        outbox=postgres.directory,
    )

    def asked(connection: object, is_again: bool) -> None:
        with pytest.raises(StoreUnavailable, match="in use"):
            made.load("acme")

    made._database.run(asked)
    assert made.load("acme") is None
    made.close()
