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

_LOOK_SECONDS = 0.5
#: Of a core. What an issuer of several processes does by itself is less.
_IDLE = 0.2


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its descendants so far, user and system."""
    ticks = 0
    for each in tree(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


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
        return tree(self.process.pid)

    def memory(self) -> Memory:
        """Summed over the tree: a page that several share counts once, but in the peak in each."""
        resident = peak = 0
        for pid in self.pids():
            resident += _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024
            peak += _kilobytes(Path(f"/proc/{pid}/status"), "VmHWM") * 1024
        return Memory(resident, peak)

    def disk(self) -> tuple[int, int]:
        """Bytes that the tree has had read from and written to storage so far."""
        read = written = 0
        for pid in self.pids():
            counters = _counters(Path(f"/proc/{pid}/io"))
            read += counters["read_bytes"]
            written += counters["write_bytes"]
        return read, written

    def calls_beside_loop(self) -> int:
        """Read and write calls so far of all threads but the first, which has the sockets on uvicorn.

        What storage does shows here even where the kernel has every page in memory.
        """
        calls = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            if task.name != str(self.process.pid):
                with contextlib.suppress(OSError):
                    counters = _counters(task / "io")
                    calls += counters["syscr"] + counters["syscw"]
        return calls

    def cpu_seconds(self) -> float:
        """Processor time of the tree so far, user and system."""
        return cpu_seconds(self.process.pid)

    def rest(self, patience_seconds: float = 30) -> None:
        """Returns when the tree does next to nothing: all that it starts has started.

        A port that several processes share answers as soon as one of them is there.
        """
        deadline = time.monotonic() + patience_seconds
        used = self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            before, used = used, self.cpu_seconds()
            if used - before < _IDLE * _LOOK_SECONDS:
                return


def _kilobytes(file: Path, wanted: str) -> int:
    for line in file.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == wanted:
            return int(value.split()[0])
    raise RuntimeError(f"{file} has no {wanted}")


def _counters(file: Path) -> dict[str, int]:
    pairs = (line.split(": ") for line in file.read_text().splitlines())
    return {name: int(value) for name, value in pairs}


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
    """Starts a server, yields it once its port answers and it is at rest, and stops it with its children.

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
        server = Server(process, port)
        server.rest()
        yield server
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
