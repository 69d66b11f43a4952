"""A server that is cut off, restarted, read-only, full or stuck: old rows or new, and new where told so."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from remint.errors import StoreUnavailable
from remint.grant import Grant, Revocation, revoke
from remint.store.postgres import backend as postgres_backend
from remint.store.postgres.place import PostgresPlace
from remint.store.protocols import Change, Exchange, GrantBackend
from tests.keeper.store.postgrescuts import Cuts
from tests.store.postgresstore import PostgresStore
from tests.store.stores import NOW, NOW_MS, advanced, done, event, one, read

PAUSE_MS = 300


@pytest.fixture
def store(pg: PostgresStore) -> PostgresStore:
    """One on a server."""
    return pg


@pytest.fixture
def cuts(monkeypatch) -> Cuts:
    """Where connections are lost."""
    return Cuts(monkeypatch)


@pytest.mark.parametrize("revokes", [False, True], ids=["renewals", "revocation"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_connection_that_is_cut_at_any_step(store, cuts, after, revokes):
    """All of the batch or nothing of it, never a success that is not there; then it works again."""
    at, numbers = 0, iter(range(1, 1000))
    while True:
        grants = [store.grant(next(numbers)) for _ in range(3)]
        backend = store.backend()
        read(backend, *grants)
        batch = [advanced(grants[0]), advanced(grants[1])]
        if revokes:
            batch.append(Change(grants[2], revoke(grants[2], Revocation.REUSE, NOW_MS)))
        cuts.arm(at, after=after)
        answer = backend.exchange(batch, [event("told", grants[0])], [grants[1].id])
        cuts.disarm()
        if not cuts.happened:
            break
        error = answer.write_error or answer.read_error
        assert "does not answer" in str(error)
        store.clock.step(PAUSE_MS)
        held = [one(backend, grant) for grant in grants]
        # A revocation is committed before anything is read.
        assert answer.write_error or (revokes and held[0].generation == 1)
        assert held[0].generation == held[1].generation
        assert len(store.trail.of_grant(grants[0].id)) == held[0].generation
        journalled = {each.grant for each in store.journal.entries(NOW)}
        assert bool(held[2].revoked_at) == (grants[2].id.hex() in journalled)
        assert done(backend.exchange([advanced(held[0])], [], []))
        at += 1
    assert at >= (4 if revokes else 1)
    assert done(answer)


def test_a_connection_that_was_cut_before_costs_nobody_anything(store):
    """Nothing was sent on it yet: a write goes out on another one, and is told as done."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    store.cut()
    store.clock.step(50)
    answer = backend.exchange([advanced(grant)], [event("told", grant)], [grant.id])
    assert done(answer) and answer.held[grant.id].grant.generation == 1
    assert answer.serving_since_ms == store.clock.now_ms()
    assert store.ledger.find(grant.id).grant.generation == 1


def test_a_server_that_is_restarted(store):
    """Unavailable for as long as it is away, for both halves; then all goes on by itself."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    store.cluster.stop()
    try:
        answer = backend.exchange([advanced(grant)], [], [grant.id])
        assert answer.write_error is not None and answer.read_error is not None
        assert answer.write_error.retry_after_seconds
        with pytest.raises(StoreUnavailable, match="does not answer"):
            store.ledger.find(grant.id)
    finally:
        store.cluster.start()
    store.clock.step(PAUSE_MS)
    assert done(backend.exchange([advanced(grant)], [], []))
    assert store.ledger.find(grant.id).grant.generation == 1


def test_a_server_that_is_back_is_found_at_once(store):
    """However many ask while it is away: nobody who is turned away puts the next attempt off."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    with store.gone():
        for _ in range(40):
            assert backend.exchange([], [], [grant.id]).read_error is not None
            store.clock.step(50)
    waited_ms = 0
    while backend.exchange([], [], [grant.id]).read_error is not None:
        store.clock.step(50)
        waited_ms += 50
    assert waited_ms <= 200


def test_a_server_that_became_read_only(store):
    """As a standby is, or a primary that was demoted: what is read is told, what is written is not."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    store.cluster.execute(
        "postgres", f"ALTER DATABASE {store.name} SET default_transaction_read_only = on"
    )
    store.cut()
    try:
        assert one(backend, grant) == grant
        answer = backend.exchange([advanced(grant)], [], [])
        assert "read-only" in str(answer.write_error)
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.catalogue.revoke_app(store.app())
        with pytest.raises(StoreUnavailable, match="takes no writes"):
            store.database.check()
    finally:
        store.cluster.execute(
            "postgres", f"ALTER DATABASE {store.name} RESET default_transaction_read_only"
        )
    store.cut()
    goes_on(store, backend, grant)


def test_a_server_that_is_full(store):
    """As the server says it: nothing of the batch is there, and room makes it work again."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    with full(store):
        answer = backend.exchange([advanced(grant)], [event("told", grant)], [])
        assert "could not extend file" in str(answer.write_error)
        with pytest.raises(StoreUnavailable, match="could not extend file"):
            store.grant(2)
    goes_on(store, backend, grant)
    assert store.trail.of_grant(grant.id) == []


def test_a_server_that_is_stuck(store, monkeypatch):
    """It is not waited for longer than a statement may take; the outcome is unknown, and told as such."""
    monkeypatch.setattr(postgres_backend, "_STATEMENT_SECONDS", 0.5)
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    connection = backend._connection
    assert connection is not None
    pid = connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        answer = backend.exchange([advanced(grant)], [], [])
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "took too long" in str(answer.write_error)
    store.clock.step(PAUSE_MS)
    held = one(backend, grant)
    assert held.generation in (0, 1)
    assert done(backend.exchange([advanced(held)], [], []))


def test_a_row_that_somebody_holds(store, monkeypatch):
    """A tool that forgot its transaction stops renewals of that grant alone, and only until it is ended."""
    monkeypatch.setattr(postgres_backend, "_STATEMENT_SECONDS", 0.5)
    grant, other = store.grant(1), store.grant(2)
    backend = store.backend()
    read(backend, grant, other)
    execute = store.cluster.execute
    execute(store.name, "BEGIN")
    execute(store.name, "SELECT 1 FROM grants WHERE generation = 0 ORDER BY id LIMIT 1 FOR UPDATE")
    try:
        answers = [backend.exchange([advanced(grant), advanced(other)], [], [])]
    finally:
        execute(store.name, "ROLLBACK")
    assert answers[0].write_error is not None
    store.clock.step(PAUSE_MS)
    assert done(backend.exchange([advanced(one(backend, each)) for each in (grant, other)], [], []))


def test_two_processes_that_meet_on_the_same_rows(store):
    """In whatever order they list them: no deadlock, and each row is written by one of them."""
    grants = store.many(40)
    backends = [store.backend() for _ in range(4)]
    held = [[one.grant for one in read(each, *grants) if one] for each in backends]

    def write(number: int) -> Exchange:
        mine = held[number] if number % 2 else held[number][::-1]
        return backends[number].exchange([advanced(grant) for grant in mine], [], [])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(write, range(4)))
    assert all(answer.write_error is None for answer in answers)
    won = [0 if answer.conflict else len(grants) - len(answer.lost) for answer in answers]
    assert sum(won) == len(grants)
    assert {each.grant.generation for each in read(store.backend(), *grants) if each} == {1}


def test_a_machine_that_slept_asks_for_the_time(store):
    """Its stopwatch stood still: both halves go by the server's clock again with the next thing they do."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    store.clock.jump(3_600_000)
    assert backend.exchange([], [], [grant.id]).now_ms == store.clock.now_ms()
    store.ledger.find(grant.id)
    assert store.database.now_ms() == store.clock.now_ms()


def test_a_user_who_may_make_no_tables(cluster, tmp_path):
    """The migration says so, as the server does; nothing of it is there, and an owner may go on."""
    cluster.create("fresh")
    cluster.execute("postgres", "CREATE ROLE newcomer LOGIN")
    try:
        url = cluster.url("fresh").replace("remint:open-sesame", "newcomer")
        newcomer = PostgresPlace(url, tmp_path, is_spread=False, environ={})
        with pytest.raises(StoreUnavailable, match="GRANT CREATE ON SCHEMA public"):
            newcomer.upgrade()
        owner = PostgresPlace(cluster.url("fresh"), tmp_path, is_spread=False, environ={})
        assert not owner.exists()
        owner.upgrade()
        assert owner.exists()
    finally:
        cluster.drop("fresh")
        cluster.execute("postgres", "DROP ROLE newcomer")


def test_what_a_pooler_lost_is_told_with_what_to_do(store):
    """By both halves, for as long as it goes on."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    connection = backend._connection
    assert connection is not None
    connection.execute("DEALLOCATE ALL")
    answer = backend.exchange([advanced(grant)], [], [])
    assert "have it pool by session" in str(answer.write_error)
    store.clock.step(PAUSE_MS)
    assert one(backend, grant) == grant

    def lose() -> None:
        with store.database.read() as cold:
            cold.exec_driver_sql("EXECUTE gone")

    with pytest.raises(StoreUnavailable, match="max_prepared_statements"):
        lose()


def goes_on(store: PostgresStore, backend: GrantBackend, grant: Grant) -> None:
    """Both halves work again."""
    store.clock.step(PAUSE_MS)
    assert done(backend.exchange([advanced(grant)], [], []))
    held = store.ledger.find(grant.id)
    assert held is not None and held.grant.generation == 1


@contextlib.contextmanager
def full(store: PostgresStore) -> Iterator[None]:
    """The server finds no room for a grant."""
    execute = store.cluster.execute
    execute(
        store.name,
        "CREATE FUNCTION settime.is_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
    )
    execute(
        store.name,
        "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON grants"
        " FOR EACH ROW EXECUTE FUNCTION settime.is_full()",
    )
    try:
        yield
    finally:
        execute(store.name, "DROP FUNCTION settime.is_full CASCADE")
