"""A pooler puts another server under a living connection: what that one has forgotten is told to it first."""

from __future__ import annotations

from contextlib import closing

import pytest

from remint.grant import Policy, Revocation, revoke
from remint.store.postgres.connection import Connection
from remint.store.postgres.moment import learn_moment
from remint.store.protocols import Change
from tests.store.postgresstore import PostgresStore
from tests.store.stores import NOW_MS, advanced, done, event, one

#: Found before the server's own, and so what tells one server from another here.
STARTED = (
    "CREATE TABLE settime.started (number int)",
    "INSERT INTO settime.started VALUES (1)",
    (
        "CREATE FUNCTION settime.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql VOLATILE"
        " AS 'SELECT to_timestamp(number) FROM settime.started'"
    ),
)
FORGET = (
    "DROP FUNCTION IF EXISTS settime.pg_postmaster_start_time CASCADE",
    "DROP TABLE IF EXISTS settime.started",
)
AGAIN = "UPDATE settime.started SET number = number + 1"
#: An older copy: nothing is revoked in it, and it remembers no journal.
GO_BACK = (
    "UPDATE grants SET revoked_at = 0, revoked_why = 0",
    "UPDATE apps SET epoch = 0",
    "DELETE FROM meta WHERE key LIKE 'journal:%'",
)


@pytest.fixture
def store(pg: PostgresStore):
    """One whose server says when it was started."""
    run(pg, *STARTED)
    yield pg
    run(pg, *FORGET)


def run(store: PostgresStore, *statements: str) -> None:
    """Runs them on another connection."""
    for statement in statements:
        store.cluster.execute(store.name, statement)


def pids(store: PostgresStore) -> set[object]:
    """The connections that the store has."""
    rows = store.cluster.execute(
        store.name,
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'remint'"
        " AND datname = current_database()",
    )
    return {pid for (pid,) in rows}


def test_nothing_is_judged_by_what_an_older_copy_says(store):
    """The first answer of another server is not used: the journal is asserted there, and then it is asked."""
    grant = store.grant()
    backend = store.backend()
    stolen = Change(one(backend, grant), revoke(grant, Revocation.REUSE, NOW_MS))
    assert done(backend.exchange([stolen], [], []))
    store.clock.step(60_000)
    run(store, *GO_BACK, AGAIN)
    answer = backend.exchange([], [], [grant.id])
    assert answer.read_error is None
    assert answer.held[grant.id].grant.revoked_at
    assert answer.serving_since_ms == store.clock.now_ms()


def test_what_was_written_to_it_is_told_as_written(store):
    """A batch that was judged by the old server's rows is written where they are the same, and only there."""
    grant, other = store.grant(1), store.grant(2)
    backend = store.backend()
    batch = [advanced(one(backend, grant)), advanced(one(backend, other))]
    run(store, "UPDATE grants SET generation = 7 WHERE salt = '\\x02" + "00" * 15 + "'", AGAIN)
    answer = backend.exchange(batch, [event("told", grant)], [grant.id, other.id])
    assert (answer.write_error, answer.conflict, answer.lost) == (None, False, {other.id})
    assert {id_: held.grant.generation for id_, held in answer.held.items()} == {
        grant.id: 1,
        other.id: 7,
    }
    assert len(store.trail.of_grant(grant.id)) == 1


def test_terms_are_read_anew(store):
    """Another server may have given their number to others."""
    grant = store.grant(policy=Policy(retry_window_seconds=5))
    backend = store.backend()
    one(backend, grant)
    run(
        store,
        "UPDATE terms SET body = replace(body, '\"retry_window_seconds\":5', '\"retry_window_seconds\":7')",
    )
    kept = backend.exchange([], [], [grant.id]).held[grant.id]
    assert kept.terms.policy.retry_window_seconds == 5
    run(store, AGAIN)
    told = backend.exchange([], [], [grant.id]).held[grant.id]
    assert told.terms.policy.retry_window_seconds == 7


def test_the_cold_half_notices_as_well(store):
    """With the next connection that it takes out of its pool: all of them are connected anew."""
    grant = store.grant()
    store.catalogue.revoke_app(store.app())
    assert store.ledger.find(grant.id).grant.current_epoch == 1
    before = pids(store)
    run(store, *GO_BACK)
    assert store.ledger.find(grant.id).grant.current_epoch == 0
    assert pids(store) == before
    run(store, AGAIN)
    assert store.ledger.find(grant.id).grant.current_epoch == 1
    assert not pids(store) & before


def test_servers_that_take_turns_are_told(store):
    """Nobody can say what holds there: unavailable, with what to do, until they stop."""
    grant = store.grant()
    run(
        store,
        "CREATE SEQUENCE settime.turns",
        (
            "CREATE OR REPLACE FUNCTION settime.pg_postmaster_start_time() RETURNS timestamptz"
            " LANGUAGE sql VOLATILE AS $$ SELECT to_timestamp(nextval('settime.turns')) $$"
        ),
    )
    backend = store.backend()
    answer = backend.exchange([], [], [grant.id])
    assert "keep to the one that is the primary" in str(answer.read_error)
    run(store, *FORGET, *STARTED, "DROP SEQUENCE settime.turns")
    store.clock.step(300)
    assert one(backend, grant) == grant


def test_a_table_that_was_made_anew_is_another_server(store):
    """A backup that was put back beside the server, or a vacuum that writes all of it: no more than that."""
    grant = store.grant()
    backend = store.backend()
    one(backend, grant)
    store.clock.step(60_000)
    run(store, "VACUUM FULL grants")
    answer = backend.exchange([advanced(grant)], [], [grant.id])
    assert done(answer) and answer.held[grant.id].grant.generation == 1
    assert answer.serving_since_ms == store.clock.now_ms()


def test_an_engine_that_has_another_name_for_itself_or_none(store):
    """CockroachDB knows its cluster; one that tells nothing is taken for one that never changes."""
    unknown = (
        "CREATE OR REPLACE FUNCTION settime.pg_postmaster_start_time() RETURNS timestamptz"
        " LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'unknown function'"
        " USING ERRCODE = 'undefined_function'; END $$"
    )
    run(store, unknown)
    with closing(Connection.connect(store.cluster.url(store.name), autocommit=True)) as connection:
        assert learn_moment(connection)[1:] == (NOW_MS, "")
        run(
            store,
            "CREATE SCHEMA crdb_internal",
            (
                "CREATE FUNCTION crdb_internal.cluster_id() RETURNS uuid LANGUAGE sql"
                " AS 'SELECT md5(''a'')::uuid'"
            ),
        )
        try:
            named = learn_moment(connection)[2]
        finally:
            run(store, "DROP SCHEMA crdb_internal CASCADE")
    assert named == "0cc175b9-c0f1-b6a8-31c3-99e269772661"
    grant = store.grant()
    assert one(store.backend(), grant) == grant
