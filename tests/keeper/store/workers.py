"""Processes that share a store with the test."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

from remint.clock import SystemClock


class Worker:
    """One process; see ``works``. Whatever becomes of the test, it is gone afterwards."""

    def __init__(self, where: str, work: str, module: str = "tests.keeper.store.works") -> None:
        command = [sys.executable, "-m", module, where, work]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        environment.pop("REMINT_KEEPER_KEY", None)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )

    def said(self) -> str:
        """The next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self) -> None:
        """Lets it go on."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def send(self, signal: int) -> None:
        """A signal."""
        self.process.send_signal(signal)

    def kill(self) -> None:
        """``kill -9``, and waits until it is gone."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class AheadClock(SystemClock):
    """The machine's clocks, as they will be in a while: what others took runs out without waiting for it."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def monotonic_ms(self) -> int:
        """The stopwatch, so far ahead."""
        return super().monotonic_ms() + self.ahead_ms
