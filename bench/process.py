"""Servers under test: starting and stopping them, and what the kernel says they use."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes of a process tree: now, and the sum of the processes' peaks."""

    resident: int
    peak: int


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and all its processes."""

    process: subprocess.Popen[bytes]
    port: int

    def pids(self) -> list[int]:
        """The process and its descendants."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found

    def memory(self) -> Memory:
        """VmRSS and VmHWM, summed over the tree. Pages that processes share count in each."""
        total = {"VmRSS": 0, "VmHWM": 0}
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in total:
                    total[name] += int(value.split()[0]) * 1024
        return Memory(total["VmRSS"], total["VmHWM"])

    def disk(self) -> tuple[int, int]:
        """Bytes that the tree has had read from and written to storage so far."""
        read = written = 0
        for pid in self.pids():
            counters = dict(
                line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines()
            )
            read += int(counters["read_bytes"])
            written += int(counters["write_bytes"])
        return read, written

    def cpu_seconds(self) -> float:
        """Processor time of the tree so far, user and system."""
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: int | None = None,
    patience_seconds: float = 60,
) -> Iterator[Server]:
    """Starts a server and yields it once its port answers; stops it, with its children, after.

    `stdout` may go elsewhere than to `log`. Raises `RuntimeError` with the end of its log if the
    server does not come up.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out if stdout is None else stdout,
            stderr=out,
            start_new_session=True,
        )
    try:
        _await_port(process, port, log, patience_seconds)
        yield Server(process, port)
    finally:
        _stop(process)


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{process.args!r} did not come up:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
    # The session is ours alone, so this reaches what the server started and nothing else.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
