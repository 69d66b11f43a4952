"""Clients that do nothing wrong: they retry with the newest refresh token they have received."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Final, Self

from tests.promises.estate import Client
from tests.promises.line import Line

Step = Callable[[], None]

_DAMAGE: Final = (
    "cut before the request",
    "cut within the request",
    "cut after the request",
    "reset after the request",
    "cut within the answer",
    "cut after the answer",
)


class LoggedOutError(AssertionError):
    """An honest client was refused."""


class Chain:
    """One grant's client. ``token`` is the newest refresh token that it has received."""

    def __init__(self, port: int, client: Client, token: str, rng: random.Random) -> None:
        self.client = client
        self.token = token
        self.rng = rng
        self.renewals = 0
        self.seen: Counter[str] = Counter()
        self._port = port
        self._line: Line | None = None
        self._successor = ""

    def renew(self, *, loss: float = 0.0, patience_seconds: float = 30) -> None:
        """Renews once, however often it takes; each try meets with damage at that rate.

        Raises ``LoggedOutError`` for a refusal, and for two successors of one token.
        """
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            damage = self.rng.choice(_DAMAGE) if self.rng.random() < loss else ""
            try:
                if self._try(damage):
                    return
            except OSError:
                self.seen["no answer"] += 1
                self.close()
                time.sleep(0.005)
        raise TimeoutError(f"no renewal within {patience_seconds} s: {self.seen}")

    def close(self) -> None:
        """Gives its connection up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _try(self, damage: str) -> bool:
        line = self._line = self._line or Line(self._port)
        request = self.client.request(self.token)
        self.seen[damage or "whole"] += 1
        match damage:
            case "cut before the request":
                pass
            case "cut within the request":
                line.send(request[: self.rng.randrange(1, len(request))])
            case "cut after the request":
                line.send(request)
            case "reset after the request":
                line.send(request)
                self._line = None
                line.reset()
            case "cut within the answer":
                line.send(request)
                line.peek(self.rng.randrange(1, 300))
            case _:
                return self._receive(line, request, lost=bool(damage))
        self.close()
        return False

    def _receive(self, line: Line, request: bytes, *, lost: bool) -> bool:
        answer = line.ask(request)
        if answer.status == 503:
            self.seen["503"] += 1
            time.sleep(0.01)
            return False
        if answer.status != 200:
            raise LoggedOutError(f"{answer.status} {answer.body.decode()} after {self.seen}")
        if self._successor not in ("", answer.token):
            raise LoggedOutError("one token has two successors")
        self._successor = answer.token
        if lost:
            self.close()
            return False
        self.token, self._successor = answer.token, ""
        self.renewals += 1
        return True


def in_parallel(steps: Sequence[Step]) -> None:
    """Runs every step on a thread of its own and raises the first error that any of them meets."""
    with ThreadPoolExecutor(len(steps)) as threads:
        for running in [threads.submit(step) for step in steps]:
            running.result()


def seeded() -> int:
    """A new seed, which pytest shows if the test fails; ``SEED=… make test`` plays it again."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().getrandbits(32))
    print(f"SEED={seed}")
    return seed


class Company:
    """Honest clients that renew as fast as they can, losing answers, for as long as the block runs."""

    def __init__(self, chains: list[Chain]) -> None:
        self.chains = chains
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def all_renew(self) -> None:
        """Waits until every client has renewed once more."""
        wanted = [(chain, chain.renewals + 1) for chain in self.chains]
        deadline = time.monotonic() + 20
        while any(chain.renewals < count for chain, count in wanted) and self._error is None:
            assert time.monotonic() < deadline, "the server does not come back"
            time.sleep(0.01)

    def none_renews(self) -> None:
        """Sees to it that nobody is answered any more."""
        before = sum(chain.renewals for chain in self.chains)
        time.sleep(0.2)
        assert sum(chain.renewals for chain in self.chains) - before <= len(self.chains)

    def _serve(self) -> None:
        try:
            in_parallel([partial(self._run, chain) for chain in self.chains])
        except BaseException as error:
            self._error = error

    def _run(self, chain: Chain) -> None:
        with closing(chain):
            while not self._over.is_set():
                chain.renew(loss=0.1)
                time.sleep(0.002)


def company(port: int, client: Client, tokens: list[str]) -> Company:
    """A client for each of the tokens."""
    rng = random.Random(seeded())
    return Company([Chain(port, client, token, random.Random(rng.random())) for token in tokens])
