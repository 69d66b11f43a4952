"""I6: state per live grant is O(1), and what has ended goes, whenever."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Estate
from tests.promises.honest import Chain, in_parallel, seeded

RENEWALS = 10_000
CHAINS = 8
# A renewal rewrites a page of 2 KiB: unbounded, the log of so many would be larger than this by half.
LOG_BYTES = 14 << 20
ENDED = 600
STEP = 500


def sizes(estate: Estate) -> dict[str, int]:
    """Rows of every table, and pages of the database once the log has been brought home.

    But for the statistics: they grow with time, a row a step, however many renewals they count.
    """
    estate.query("PRAGMA wal_checkpoint(TRUNCATE)")
    tables = estate.query("SELECT name FROM sqlite_schema WHERE type = 'table'")
    tables.remove(("activity",))
    found = {name: estate.query(f"SELECT count(*) FROM {name}")[0][0] for (name,) in tables}
    found["pages"] = estate.query("PRAGMA page_count")[0][0]
    return found


def test_I6_renewals_leave_nothing_behind(estate: Estate):
    """10 000 renewals add no row to any table and no page to the file; the log stays bounded under load."""
    rng = random.Random(seeded())
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start()
    chains = [
        Chain(estate.server.port, client, token, random.Random(rng.random())) for token in tokens
    ]
    for chain in chains:
        chain.renew()
    before = sizes(estate)
    assert before["grants"] == CHAINS
    log, largest, over = estate.database.with_name("remint.db-wal"), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            largest[0] = max(largest[0], log.stat().st_size)

    def run(chain: Chain) -> None:
        with closing(chain):
            while chain.renewals < RENEWALS // CHAINS:
                chain.renew()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        in_parallel([partial(run, chain) for chain in chains])
    finally:
        over.set()
        watching.join()
    after = sizes(estate)
    # What was counted meanwhile takes a page or two.
    assert after.pop("pages") <= before.pop("pages") + 4
    assert after == before
    assert largest[0] < LOG_BYTES
    assert estate.query("SELECT sum(generation) FROM grants") == [(RENEWALS,)]


@ON_BOTH
def test_I6_what_has_ended_goes_in_small_batches(make_estate: Callable[..., Estate]):
    """Ended grants are refused before they are purged and after; live ones never notice."""
    estate = make_estate(purge_after_days=0)
    brief = estate.client("brief", idle_lifetime_seconds=3600)
    lasting = estate.client("lasting")
    ended = estate.grants(brief, ENDED)
    (live,) = estate.grants(lasting)
    estate.clock.elapse(3700)
    estate.server.start()
    counts = [ENDED + 1]
    deadline = time.monotonic() + 30
    while counts[-1] > 1:
        assert time.monotonic() < deadline, f"the purge stands still: {counts}"
        for token in ended[:: ENDED // 5]:
            assert estate.renew(brief, token).error == "invalid_grant"
        live = estate.chain(lasting, live, 1)
        ((count,),) = estate.query("SELECT count(*) FROM grants")
        if count != counts[-1]:
            counts.append(count)
    assert len(counts) > ENDED // STEP
    assert max(a - b for a, b in itertools.pairwise(counts)) <= STEP
    assert estate.renew(brief, ended[0]).error == "invalid_grant"
    assert not estate.audit("reuse_detected")
    estate.chain(lasting, live, 2)


@ON_BOTH
@pytest.mark.parametrize("purge_after_days", [0, 7])
def test_I6_purge_spares_who_was_used_since(
    make_estate: Callable[..., Estate], purge_after_days: int
):
    """A grant older than its idle lifetime, but in use, outlives every sweep of every restart."""
    estate = make_estate(purge_after_days=purge_after_days)
    client = estate.client(idle_lifetime_seconds=3600)
    (token,) = estate.grants(client)
    for _ in range(3):
        estate.server.start()
        token = estate.chain(client, token, 1)
        estate.server.kill()
        estate.clock.elapse(3000)
    estate.server.start()
    estate.chain(client, token, 2)
    assert estate.query("SELECT count(*) FROM grants") == [(1,)]
