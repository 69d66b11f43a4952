"""A command at a real terminal: what it asks, what is typed, and all that is to be seen."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import time
from collections.abc import Iterator, Sequence

from tests.cli.conftest import REMINT


@contextlib.contextmanager
def at_terminal(*arguments: object) -> Iterator[Terminal]:
    """The command, running; killed by its own id if it is still there at the end."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [REMINT, *map(str, arguments)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "COLUMNS": "200", "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(follower)
    try:
        yield Terminal(leader, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(leader)


class Terminal:
    """The far end of it."""

    def __init__(self, leader: int, process: subprocess.Popen[bytes]) -> None:
        self._leader = leader
        self.process = process
        self.said = ""

    def until(self, words: str) -> None:
        """Reads until ``words`` have been said. Fails when the command ends before."""
        start = len(self.said)
        while words not in self.said[start:]:
            assert self._read(), self.said

    def type(self, line: str) -> None:
        """Types a line, a moment after the question: the echo is switched off behind it."""
        time.sleep(0.2)
        os.write(self._leader, f"{line}\n".encode())

    def answer(self, dialogue: Sequence[tuple[str, str]]) -> None:
        """Waits for each question, and answers it."""
        for question, line in dialogue:
            self.until(question)
            self.type(line)

    def end(self) -> int:
        """Reads all the rest, and gives the exit status."""
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        try:
            more = os.read(self._leader, 65_536)
        except OSError:
            more = b""
        self.said += more.decode(errors="replace")
        return bool(more)
