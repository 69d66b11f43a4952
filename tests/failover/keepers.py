"""A machine with a keeper: a thread for each connection wants its token, time and again."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from remint.errors import ConnectionDead, RemintError
from remint.keeper.keeper import Keeper
from remint.keeper.store.postgres import PostgresStore
from remint.keeper.timing import Timing
from remint.secret import Secret
from tests.keeper.store.workers import Worker
from tests.keeper.store.works import say, told

KEY: Final = Secret(bytes(range(32)).hex())
TIMING: Final = Timing(first_pause_seconds=0.1)
_PAUSE_SECONDS: Final = 0.05


def names(count: int) -> list[str]:
    """What the connections are called."""
    return [f"user-{at}" for at in range(count)]


def open_store(url: str, machine: Path) -> PostgresStore:
    """The store, as a process on that machine has it."""
    return PostgresStore(url, key=KEY, environ={}, outbox=machine)


def machine(url: str, folder: Path, count: int) -> Worker:
    """A process on the machine ``folder``. It says ``ready``; told to, it stops and says what came of it."""
    return Worker(f"{url} {folder}", str(count), "tests.failover.keepers")


class Report(msgspec.Struct):
    """What the callers of one machine met."""

    tokens: int = 0
    renewed: int = 0
    recovered: int = 0
    longest_seconds: float = 0
    dead: list[str] = []
    faults: dict[str, int] = {}


class _Callers:
    def __init__(self, keeper: Keeper) -> None:
        self.report = Report(dead=[], faults={})
        self._keeper = keeper
        self._lock = threading.Lock()
        self._over = threading.Event()
        keeper.listen(self._heard)

    def call(self, name: str) -> None:
        """Wants a token until it is over. What matters is how long there was none."""
        had = time.monotonic()
        while not self._over.wait(_PAUSE_SECONDS):
            try:
                self._keeper.token(name)
            except ConnectionDead as error:
                with self._lock:
                    self.report.dead.append(str(error))
                return
            except RemintError as error:
                self._count(type(error).__name__)
            else:
                had = self._has_token(had)

    def end(self) -> None:
        """Everybody has had enough."""
        self._over.set()

    def _has_token(self, had: float) -> float:
        now = time.monotonic()
        with self._lock:
            self.report.tokens += 1
            self.report.longest_seconds = max(self.report.longest_seconds, now - had)
        return now

    def _count(self, kind: str) -> None:
        with self._lock:
            self.report.faults[kind] = self.report.faults.get(kind, 0) + 1

    def _heard(self, event: Any) -> None:
        with self._lock:
            self.report.renewed += event.kind == "renewed"
            self.report.recovered += event.kind == "recovered"


def _main(where: str, count: str) -> None:
    url, _, folder = where.partition(" ")
    with Keeper(open_store(url, Path(folder)), timing=TIMING) as keeper:
        callers = _Callers(keeper)
        crowd = [threading.Thread(target=callers.call, args=(name,)) for name in names(int(count))]
        for thread in crowd:
            thread.start()
        say("ready")
        told()
        callers.end()
        for thread in crowd:
            thread.join()
    say(msgspec.json.encode(callers.report).decode())


if __name__ == "__main__":
    _main(*sys.argv[1:])
