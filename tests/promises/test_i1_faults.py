"""I1 against storage: a full disk, a missing database and a locked one are outages, never log-outs."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.promises.estate import Estate
from tests.promises.honest import Chain, in_parallel, seeded

CHAINS = 4
FIVE_MINUTES = 300


@contextlib.contextmanager
def clients_at_work(estate: Estate) -> Iterator[list[Chain]]:
    """Honest clients that renew as fast as they can, losing answers, for as long as the block runs."""
    rng = random.Random(seeded())
    client = estate.client()
    chains = [
        Chain(estate.server.port, client, token, random.Random(rng.random()))
        for token in estate.grants(client, CHAINS)
    ]
    over = threading.Event()

    def run(chain: Chain) -> None:
        with contextlib.closing(chain):
            while not over.is_set():
                chain.renew(loss=0.1)
                time.sleep(0.002)

    working = threading.Thread(
        target=_keeping_error, args=(partial(in_parallel, [partial(run, each) for each in chains]),)
    )
    _errors.clear()
    working.start()
    try:
        yield chains
    finally:
        over.set()
        working.join()
    if _errors:
        raise _errors[0]


_errors: list[BaseException] = []


def _keeping_error(step: Callable[[], None]) -> None:
    try:
        step()
    except BaseException as error:
        _errors.append(error)


def all_renew(chains: list[Chain]) -> None:
    """Waits until every client has renewed once more."""
    wanted = [(chain, chain.renewals + 1) for chain in chains]
    deadline = time.monotonic() + 20
    while any(chain.renewals < count for chain, count in wanted) and not _errors:
        assert time.monotonic() < deadline, "the server does not come back"
        time.sleep(0.01)


def none_renews(chains: list[Chain]) -> None:
    """Nobody is answered any more."""
    before = sum(chain.renewals for chain in chains)
    time.sleep(0.2)
    after = sum(chain.renewals for chain in chains)
    assert after - before <= CHAINS


def all_live(estate: Estate, chains: list[Chain]) -> None:
    """Nobody was logged out and nobody suspected; and the clients have met with the fault."""
    assert sum(chain.seen["503"] for chain in chains) > 0
    assert estate.query("SELECT count(*) FROM grants WHERE revoked_at > 0") == [(0,)]
    assert not estate.audit("reuse_detected")
    assert not estate.audit("orphaned")


def test_I1_full_disk(estate: Estate):
    """The disk fills up in the middle of commits, again and again, and once for five minutes."""
    estate.server.start()
    with clients_at_work(estate) as chains:
        rng = random.Random(seeded())
        wal = estate.data / "remint.db-wal"
        for _ in range(8):
            all_renew(chains)
            # Wherever in a log that is written over and over; or behind its end.
            estate.server.limit_files(rng.randrange(wal.stat().st_size + 5000))
            time.sleep(0.1)
            estate.server.limit_files()
        all_renew(chains)
        estate.server.limit_files(0)
        none_renews(chains)
        estate.clock.elapse(FIVE_MINUTES)
        time.sleep(0.3)
        estate.server.limit_files()
        all_renew(chains)
    all_live(estate, chains)


def test_I1_missing_database(estate: Estate):
    """The database is away for five minutes: nothing is put in its place, and all goes on when it is back."""
    estate.server.start()
    with clients_at_work(estate) as chains:
        all_renew(chains)
        away = estate.database.with_suffix(".away")
        estate.database.rename(away)
        # The server looks once a second whether its file is still there.
        time.sleep(1.5)
        none_renews(chains)
        estate.clock.elapse(FIVE_MINUTES)
        time.sleep(0.5)
        assert not estate.database.exists()
        away.rename(estate.database)
        all_renew(chains)
    all_live(estate, chains)


def test_I1_locked_database(make_estate: Callable[..., Estate]):
    """Somebody holds the database for longer than a request may wait."""
    estate = make_estate(store_timeout_seconds=1)
    estate.server.start()
    with clients_at_work(estate) as chains:
        all_renew(chains)
        with contextlib.closing(sqlite3.connect(estate.database)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(2)
            none_renews(chains)
            estate.clock.elapse(FIVE_MINUTES)
            time.sleep(0.5)
        all_renew(chains)
    all_live(estate, chains)
