"""I1 against the network: answers, requests and connections that are lost."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from functools import partial

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Estate
from tests.promises.honest import Chain, in_parallel, seeded

RENEWALS = 10_000
CHAINS = 8
LOSS = 0.25


@ON_BOTH
def test_I1_lost_answers_log_nobody_out(estate: Estate):
    """10 000 renewals, a quarter of all tries damaged at random, and never a refusal."""
    rng = random.Random(seeded())
    client = estate.client()
    tokens = estate.grants(client, CHAINS)
    estate.server.start()
    chains = [
        Chain(estate.server.port, client, token, random.Random(rng.random())) for token in tokens
    ]

    def run(chain: Chain) -> None:
        with closing(chain):
            while chain.renewals < RENEWALS // CHAINS:
                chain.renew(loss=LOSS)

    in_parallel([partial(run, chain) for chain in chains])
    assert sum(chain.renewals for chain in chains) == RENEWALS
    damage = sum((chain.seen for chain in chains), start=Counter())
    assert damage.total() - damage["whole"] > RENEWALS * LOSS
    assert '"level":"error"' not in estate.server.stderr.read_text()
    rows = estate.query("SELECT sum(generation), max(revoked_at) FROM grants")
    assert rows == [(RENEWALS, 0)]
