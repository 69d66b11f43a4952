"""I3: a renewal that was answered is durable."""

from __future__ import annotations

import random
import threading
import time
from contextlib import closing
from functools import partial

import pytest

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Estate
from tests.promises.honest import Chain, in_parallel, seeded

KILLS = 50
FALLS = 15
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


@ON_BOTH
@pytest.mark.parametrize("processes, kills", [(1, KILLS), (2, FALLS)])
def test_I3_kill_in_the_middle_of_load(estate: Estate, processes: int, kills: int):
    """``kill -9`` 50 times under load: after each, whoever was answered goes on from that very answer.

    Of two processes one falls first, and the other one goes on alone for a while.
    """
    rng = random.Random(seeded())
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start(processes=processes)
    chains = [
        Chain(estate.server.port, client, token, random.Random(rng.random())) for token in tokens
    ]
    load = Workload(chains)
    killer = threading.Thread(target=_kill, args=(estate, load, rng, kills))
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
    # An answer stands for a commit. Beyond them there is at most one for each kill: kept, but not answered.
    ((kept, revoked),) = estate.query("SELECT sum(generation), max(revoked_at) FROM grants")
    assert generations + CHAINS <= kept <= generations + CHAINS * (2 * kills + 1)
    assert not revoked
    assert generations > kills * CHAINS


def _kill(estate: Estate, load: Workload, rng: random.Random, kills: int) -> None:
    processes = len(estate.server.pids)
    try:
        for _ in range(kills):
            for _ in range(processes):
                time.sleep(rng.uniform(0.02, LONGEST_SECONDS))
                estate.server.kill(1)
            estate.server.start(processes=processes)
        time.sleep(LONGEST_SECONDS)
    finally:
        load.stop()
