"""I3: a renewal that was answered is durable."""

from __future__ import annotations

import random
import threading
import time
from contextlib import closing
from functools import partial

from tests.promises.estate import Estate
from tests.promises.honest import Chain, in_parallel, seeded

KILLS = 50
CHAINS = 8
LONGEST_SECONDS = 0.25


class Workload:
    """Clients that renew without a pause until they are told to stop, and wait out every crash."""

    def __init__(self, chains: list[Chain]) -> None:
        self._chains = chains
        self._over = threading.Event()

    def run(self) -> None:
        """Blocks. Raises what a client meets with."""
        in_parallel([partial(self._run, chain) for chain in self._chains])

    def stop(self) -> None:
        """Ends ``run``."""
        self._over.set()

    def _run(self, chain: Chain) -> None:
        with closing(chain):
            while not self._over.is_set():
                try:
                    chain.renew()
                except BaseException:
                    self._over.set()
                    raise


def test_I3_kill_in_the_middle_of_load(estate: Estate):
    """``kill -9`` 50 times under load: after each, whoever was answered goes on from that very answer."""
    rng = random.Random(seeded())
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start()
    chains = [
        Chain(estate.server.port, client, token, random.Random(rng.random())) for token in tokens
    ]
    load = Workload(chains)
    killer = threading.Thread(target=_kill, args=(estate, load, rng))
    killer.start()
    try:
        load.run()
    finally:
        load.stop()
        killer.join()
    assert estate.server.pids, "the killer did not come to its end"
    generations = sum(chain.renewals for chain in chains)
    for chain in chains:
        chain.renew()
        chain.close()
    assert not estate.audit("reuse_detected")
    # An answer stands for a commit. Beyond them there is at most one of each kill: not answered, yet kept.
    ((kept, revoked),) = estate.query("SELECT sum(generation), max(revoked_at) FROM grants")
    assert generations + CHAINS <= kept <= generations + CHAINS * (KILLS + 1)
    assert not revoked
    assert generations > KILLS * CHAINS


def _kill(estate: Estate, load: Workload, rng: random.Random) -> None:
    try:
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.02, LONGEST_SECONDS))
            estate.server.kill()
            estate.server.start()
        time.sleep(LONGEST_SECONDS)
    finally:
        load.stop()
