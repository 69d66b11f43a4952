"""Worker processes of a test, by way of the workshop: started in a moment, stopped, woken, killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.house.tree import ROOT

_JOBS: Final = "tests.keeper.promises.jobs"
_PATIENCE_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.002


@dataclass
class Worker:
    """One process with its folder."""

    works: Works
    pid: int
    folder: Path
    status: int | None = None

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self) -> None:
        """Stops it where it is."""
        self.signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Lets it go on."""
        self.signal(signal.SIGCONT)

    def wait(self) -> int:
        """Waits for its end; the exit status, negative for a signal."""
        if self.status is None:
            self.status = self.works.ask(what="wait", pid=self.pid)["status"]
        return self.status

    def result(self) -> Any:
        """What its job returned."""
        status = self.wait()
        if status != 0:
            raise AssertionError(f"ended with {status}:\n{self.log()}")
        return json.loads((self.folder / "result").read_text())

    def log(self) -> str:
        """What it said."""
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def reached(self, mark: str) -> None:
        """Waits until it has left a file of that name in its folder."""
        self._await(self.folder / mark)

    def let(self, mark: str) -> None:
        """Leaves a file of that name for it."""
        (self.folder / mark).touch()

    def _await(self, path: Path) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not path.exists():
            assert time.monotonic() < deadline, f"never came to {path.name}:\n{self.log()}"
            time.sleep(_POLL_SECONDS)


class Works:
    """The way to one workshop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers: list[Worker] = []
        environ = {
            name: value
            for name, value in os.environ.items()
            # A process that kills itself would leave torn coverage behind.
            if not name.startswith(("COVERAGE_", "REMINT_"))
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.keeper.promises.workshop", _JOBS],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, job: str, **given: Any) -> Worker:
        """A process that does ``tests.keeper.promises.jobs.JOB(folder, **given)``."""
        folder = self._folder / f"worker-{len(self._workers)}"
        folder.mkdir(parents=True)
        asked = {"job": f"{_JOBS}:{job}", "folder": str(folder), "given": given}
        pid = self.ask(what="start", **asked)["pid"]
        self._workers.append(Worker(self, pid, folder))
        return self._workers[-1]

    def run(self, job: str, **given: Any) -> Any:
        """The result of a job that a process of its own does."""
        return self.start(job, **given).result()

    def ask(self, **asked: Any) -> dict[str, Any]:
        """One question, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked, default=str) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end_all(self) -> None:
        """Kills whoever is still there."""
        for worker in self._workers:
            worker.signal(signal.SIGKILL)
            worker.wait()

    def close(self) -> None:
        """Ends the workshop."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(_PATIENCE_SECONDS)
        self._process.stdout.close()
