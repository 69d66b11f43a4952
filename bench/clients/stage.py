"""One scene's stage: a provider, a folder of saved tokens, and the processes of one library's user."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.clients.peers import Library
from bench.clients.provider import CLIENT_SECRET, Provider

_SPEAKER = Path(__file__).parent / "users" / "speaker.py"
_PATIENCE_SECONDS = 60
Said = dict[str, Any]


class Process:
    """A process of a user's program. Commands may be sent first and their answers read later."""

    def __init__(self, popen: "subprocess.Popen[str]") -> None:
        self._popen = popen

    def ask(self, do: str, **more: Any) -> Said:
        """Sends a command and waits for what it brings."""
        self.send(do, **more)
        return self.read()

    def send(self, do: str, **more: Any) -> None:
        """Sends a command."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._popen.stdin.flush()

    def read(self) -> Said:
        """The next answer. A process that died has none: `{"killed": True}`."""
        assert self._popen.stdout is not None
        line = self._popen.stdout.readline()
        return json.loads(line) if line else {"killed": True}

    def end(self) -> None:
        """Ends it by the end of its input, as a program ends, or else by force."""
        if self._popen.stdin is not None:
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
        try:
            self._popen.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()


@dataclass
class Stage:
    """Where one scene is played with one library. `options` go to each process."""

    library: Library
    provider: Provider
    folder: Path
    certificate: Path
    options: dict[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def process(self, **options: Any) -> Iterator[Process]:
        """A process, ready."""
        process = self._started(options)
        try:
            process.read()
            yield process
        finally:
            process.end()

    @contextlib.contextmanager
    def processes(self, count: int) -> Iterator[list[Process]]:
        """So many, started side by side, ready."""
        made = [self._started({}) for _ in range(count)]
        try:
            for process in made:
                process.read()
            yield made
        finally:
            for process in made:
                process.end()

    def seed(self, left_seconds: float = -10) -> None:
        """Saves the session's first tokens, with an access token that ends so soon."""
        token = {**self.provider.grant(left_seconds), "expires_in": int(left_seconds)}
        with self.process() as process:
            said = process.ask("seed", token=token)
        if said.get("done") is not True:
            raise RuntimeError(f"{self.library.name} could not be given a session: {said}")

    def lives_on(self, tries: int = 3) -> bool:
        """Whether a process that comes later still can renew."""
        for number in range(tries):
            with self.process() as process:
                if process.ask("renew").get("status") == 200:
                    return True
            time.sleep(0.5 * number)
        return False

    def _started(self, options: dict[str, Any]) -> Process:
        given = {**self.options, **options, "client_secret": CLIENT_SECRET}
        command = [str(self.library.python), str(_SPEAKER), self.library.module]
        command += [str(self.folder), self.provider.base_url, json.dumps(given)]
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(self.certificate))
        errors = self.folder / "errors.txt"
        with errors.open("ab") as out:
            popen = subprocess.Popen(
                command,
                # A library that wants to log in again would open a browser.
                env={**os.environ, **trust, "BROWSER": "true", "NO_PROXY": "localhost"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
            )
        return Process(popen)
