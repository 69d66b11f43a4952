"""I1 against company: several workers of one client that share a token store."""

from __future__ import annotations

import random
import threading
import time
from contextlib import closing
from functools import partial

import pytest

from tests.promises.engines import ON_BOTH
from tests.promises.estate import Client, Estate
from tests.promises.honest import LoggedOutError, in_parallel, seeded
from tests.promises.line import Answer, Line

STORES = 4
WORKERS = 3
ROUNDS = 80
LOSS = 0.25


class TokenStore:
    """Where the workers of one client keep its refresh token: read at will, replaced by compare-and-swap."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._lock = threading.Lock()

    def swap(self, old: str, new: str) -> None:
        """Puts ``new`` in the place of ``old``, if that is still there."""
        with self._lock:
            if self.token == old:
                self.token = new


class Worker:
    """One worker: whenever its access token is over it renews with what the store holds."""

    def __init__(self, port: int, client: Client, store: TokenStore, rng: random.Random) -> None:
        self._port = port
        self._client = client
        self._store = store
        self._rng = rng
        self.answered = 0

    def run(self, barrier: threading.Barrier) -> None:
        """So many rounds. In each, the access token ends for all workers of the store at once."""
        try:
            for _ in range(ROUNDS):
                barrier.wait(60)
                self._round()
                # In life there is an access token's lifetime in between.
                barrier.wait(60)
        except BaseException:
            barrier.abort()
            raise

    def _round(self) -> None:
        began_with = self._store.token
        while self._store.token == began_with:
            token = self._store.token
            answer = self._try(token)
            if answer is None or answer.status == 503:
                continue
            if answer.status != 200:
                raise LoggedOutError(f"{answer.status} {answer.body.decode()}")
            self.answered += 1
            self._store.swap(token, answer.token)
            return

    def _try(self, token: str) -> Answer | None:
        time.sleep(self._rng.random() * 0.004)
        with closing(Line(self._port)) as line:
            answer = line.ask(self._client.request(token))
            return None if self._rng.random() < LOSS else answer


@ON_BOTH
@pytest.mark.parametrize("processes", [1, 2])
def test_I1_workers_that_share_a_token_store(estate: Estate, processes: int):
    """Workers race with one token, lose answers and read the store late: none is ever refused."""
    rng = random.Random(seeded())
    client = estate.client()
    tokens = estate.grants(client, STORES)
    estate.server.start(processes=processes)
    steps = []
    for token in tokens:
        store, barrier = TokenStore(token), threading.Barrier(WORKERS)
        for _ in range(WORKERS):
            worker = Worker(estate.server.port, client, store, random.Random(rng.random()))
            steps.append(partial(worker.run, barrier))
    in_parallel(steps)
    assert not estate.audit("reuse_detected")
    ((least, revoked),) = estate.query("SELECT min(generation), max(revoked_at) FROM grants")
    assert least >= ROUNDS
    assert not revoked


def test_I1_overtaken_within_one_millisecond(estate: Estate):
    """A worker's token is overtaken while it waits, too fast for the clock to tell: no log-out."""
    client = estate.client()
    (old,) = estate.grants(client)
    estate.server.start()
    estate.clock.stop()
    new = estate.renew(client, old).token
    with closing(Line(estate.server.port)) as ahead, closing(Line(estate.server.port)) as behind:
        for _ in range(20):
            ahead.send(client.request(new))
            behind.send(client.request(old))
            assert behind.receive().status in (200, 503)
            old, new = new, ahead.receive().token
    assert not estate.audit("reuse_detected")
