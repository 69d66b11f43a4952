"""I1 against a PostgreSQL that crashes, cuts connections, is read-only or stands still."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.promises.honest import Company, company, seeded
from tests.promises.postgresestate import PostgresEstate

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)

CHAINS = 8
CRASHES = 4
CUTS = 40
FIVE_MINUTES = 300


@pytest.fixture
def estate(make_estate: Callable[..., PostgresEstate]) -> PostgresEstate:
    """Where a request waits no longer than two seconds for the database."""
    return make_estate(store_timeout_seconds=2)


@pytest.fixture
def at_work(estate: PostgresEstate) -> Company:
    """Honest clients of a server that runs."""
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start(processes=2)
    return company(estate.server.port, client, tokens)


def all_live(estate: PostgresEstate) -> None:
    """Nobody was logged out and nobody suspected."""
    assert estate.query("SELECT count(*) FROM grants WHERE revoked_at > 0") == [(0,)]
    assert not estate.audit("reuse_detected")
    assert not estate.audit("orphaned")


def test_I1_crashes_of_the_server(estate: PostgresEstate, at_work: Company):
    """It falls in the middle of commits, again and again, and once for five minutes."""
    with at_work:
        for _ in range(CRASHES):
            at_work.all_renew()
            estate.cluster.stop()
            time.sleep(0.2)
            estate.cluster.start()
        at_work.all_renew()
        estate.cluster.stop()
        at_work.none_renews()
        estate.cluster.start()
        estate.clock.elapse(FIVE_MINUTES)
        at_work.all_renew()
    assert sum(chain.seen["503"] for chain in at_work.chains) > 0
    all_live(estate)


def test_I1_connections_that_are_cut(estate: PostgresEstate, at_work: Company):
    """Every few moments all of them, wherever they are: between batches, and in the middle of a commit."""
    rng = random.Random(seeded())
    with at_work:
        for _ in range(CUTS):
            time.sleep(rng.random() * 0.05)
            estate.cluster.cut()
        at_work.all_renew()
    all_live(estate)


def test_I1_read_only(estate: PostgresEstate, at_work: Company):
    """The primary becomes a standby for five minutes; nobody renews, and all go on when it is one again."""
    execute = estate.cluster.execute
    with at_work:
        at_work.all_renew()
        name = f"ALTER DATABASE {estate.name}"
        execute("postgres", f"{name} SET default_transaction_read_only = on")
        estate.cluster.cut()
        at_work.none_renews()
        execute("postgres", f"{name} RESET default_transaction_read_only")
        estate.cluster.cut()
        estate.clock.elapse(FIVE_MINUTES)
        at_work.all_renew()
    assert sum(chain.seen["503"] for chain in at_work.chains) > 0
    all_live(estate)


def test_I1_standstill(estate: PostgresEstate, at_work: Company):
    """The server's processes stop for longer than a request may wait, and go on."""
    with at_work:
        at_work.all_renew()
        # With the first of them, which would let others connect meanwhile.
        pids = [
            int(str(pid))
            for (pid,) in estate.cluster.execute(
                "postgres",
                "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int UNION ALL"
                f" SELECT pid FROM pg_stat_activity WHERE datname = '{estate.name}'"
                " AND application_name LIKE 'remint%'",
            )
        ]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            at_work.none_renews()
            time.sleep(2.5)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        at_work.all_renew()
    assert sum(chain.seen["503"] for chain in at_work.chains) > 0
    all_live(estate)
