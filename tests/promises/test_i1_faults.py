"""I1 against storage: a full disk, a missing database and a locked one are outages, never log-outs."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable

import pytest

from tests.promises.estate import Estate
from tests.promises.honest import Company, company, seeded

CHAINS = 4
FIVE_MINUTES = 300


@pytest.fixture
def at_work(estate: Estate) -> Company:
    """Honest clients of a server that runs."""
    return employed(estate)


def employed(estate: Estate) -> Company:
    """Starts the server and makes clients for it."""
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start()
    return company(estate.server.port, client, tokens)


def all_live(estate: Estate, at_work: Company) -> None:
    """Nobody was logged out and nobody suspected; and the clients have met with the fault."""
    assert sum(chain.seen["503"] for chain in at_work.chains) > 0
    assert estate.query("SELECT count(*) FROM grants WHERE revoked_at > 0") == [(0,)]
    assert not estate.audit("reuse_detected")
    assert not estate.audit("orphaned")


def test_I1_full_disk(estate: Estate, at_work: Company):
    """The disk fills up in the middle of commits, again and again, and once for five minutes."""
    with at_work:
        rng = random.Random(seeded())
        wal = estate.data / "remint.db-wal"
        for _ in range(8):
            at_work.all_renew()
            # Wherever in a log that is written over and over; or behind its end.
            estate.server.limit_files(rng.randrange(wal.stat().st_size + 5000))
            time.sleep(0.1)
            estate.server.limit_files()
        at_work.all_renew()
        estate.server.limit_files(0)
        at_work.none_renews()
        estate.clock.elapse(FIVE_MINUTES)
        time.sleep(0.3)
        estate.server.limit_files()
        at_work.all_renew()
    all_live(estate, at_work)


def test_I1_missing_database(estate: Estate, at_work: Company):
    """The database is away for five minutes: nothing is put in its place, and all goes on when it is back."""
    with at_work:
        at_work.all_renew()
        away = estate.database.with_suffix(".away")
        estate.database.rename(away)
        # The server looks once a second whether its file is still there.
        time.sleep(1.5)
        at_work.none_renews()
        estate.clock.elapse(FIVE_MINUTES)
        time.sleep(0.5)
        assert not estate.database.exists()
        away.rename(estate.database)
        at_work.all_renew()
    all_live(estate, at_work)


def test_I1_locked_database(make_estate: Callable[..., Estate]):
    """Somebody holds the database for longer than a request may wait."""
    estate = make_estate(store_timeout_seconds=1)
    at_work = employed(estate)
    with at_work:
        at_work.all_renew()
        with contextlib.closing(sqlite3.connect(estate.database)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(2)
            at_work.none_renews()
            estate.clock.elapse(FIVE_MINUTES)
            time.sleep(0.5)
        at_work.all_renew()
    all_live(estate, at_work)
