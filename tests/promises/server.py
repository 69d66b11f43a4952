"""Server processes of a test, by way of the zygote: started in a moment, killed, frozen, stopped."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from remint.issuer.settings import Settings
from tests.house.tree import ROOT

_POLL_SECONDS: Final = 0.005


class Zygote:
    """The way to one zygote process."""

    def __init__(self) -> None:
        environ = {
            name: value
            for name, value in os.environ.items()
            # Under load that would be measuring coverage.
            if not name.startswith(("COVERAGE_", "REMINT_"))
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.promises.zygote"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **question: Any) -> Any:
        """Its answer to one line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends it, with all that it started."""
        self._process.communicate(timeout=30)


class Server:
    """One server, of one process or several on one socket."""

    def __init__(self, zygote: Zygote, settings: Settings, clock: Path) -> None:
        self._zygote = zygote
        self._clock = clock
        self.settings = settings
        self.stdout = settings.data_dir.with_name("stdout")
        self.stderr = settings.data_dir.with_name("stderr")
        self.pids: list[int] = []

    @property
    def port(self) -> int:
        """The same one after every restart."""
        return self.settings.port

    def start(
        self, *, processes: int = 1, patience_seconds: float = 20, tally: Path | None = None
    ) -> None:
        """Returns once one of them serves. Raises ``RuntimeError`` if one ends before that.

        With a ``tally`` the processes count there what they ask of their storage.
        """
        answer = self._zygote.ask(
            what="start",
            settings=msgspec.to_builtins(self.settings, enc_hook=str),
            clock=str(self._clock),
            stdout=str(self.stdout),
            stderr=str(self.stderr),
            processes=processes,
            tally=str(tally or ""),
        )
        self.pids = answer["pids"]
        self.settings = msgspec.structs.replace(self.settings, port=answer["port"])
        deadline = time.monotonic() + patience_seconds
        while not self._answers():
            if time.monotonic() > deadline or not all(map(_runs, self.pids)):
                self.kill()
                raise RuntimeError(
                    f"the server did not come up:\n{self.stderr.read_text()[-3000:]}"
                )

    def stop(self) -> None:
        """SIGTERM; accepted requests are answered."""
        self.signal(signal.SIGTERM)
        status = self._reap()
        assert not any(status), f"a server ended with {status}:\n{self.stderr.read_text()[-3000:]}"

    def kill(self, count: int | None = None) -> None:
        """``kill -9``: the first so many processes, or all."""
        fallen, left = self.pids[:count], self.pids[count:] if count else []
        self.pids = fallen
        self.signal(signal.SIGKILL)
        self._reap()
        self.pids = left

    def signal(self, number: int) -> None:
        """Sends every process a signal."""
        for pid in self.pids:
            os.kill(pid, number)

    def limit_files(self, size: int = resource.RLIM_INFINITY) -> None:
        """From now on no file of the server grows beyond ``size`` bytes: as if the disk were full."""
        for pid in self.pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def bytes_written(self) -> int:
        """Bytes that the kernel has had to take to storage for the server so far."""
        written = 0
        for pid in self.pids:
            for line in Path(f"/proc/{pid}/io").read_text().splitlines():
                name, _, value = line.partition(": ")
                written += int(value) if name == "write_bytes" else 0
        return written

    def _reap(self) -> list[int]:
        pids, self.pids = self.pids, []
        return [self._zygote.ask(what="wait", pid=pid)["status"] for pid in pids]

    def _answers(self) -> bool:
        # The socket listens from the start; an answer comes once the process serves.
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n")
                if b" 200 " in connection.recv(4096):
                    return True
        except OSError:
            pass
        time.sleep(_POLL_SECONDS)
        return False


def _runs(pid: int) -> bool:
    # One that has ended stays about as a zombie until the zygote is asked for its status.
    return " Z " not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:4]
