"""Agents for tests: the real command, in a process of its own, ended by its own id."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from remint import Keeper
from tests.house.tree import ROOT
from tests.keeper.provider import Call, Provider, Reply, refresh_token

_COMMAND = [sys.executable, "-c", "from remint.cli import main; main()", "agent"]
_PATIENCE_SECONDS = 30
SECRET = "cs-canary-8a6f1f7be2"


@dataclass
class Answered:
    """An answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass
class RunningAgent:
    """An agent process. ``stdout`` (the access log) and ``stderr`` (the log) are files."""

    process: subprocess.Popen[bytes]
    address: str
    key: str
    stdout: Path
    stderr: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def connection(self, timeout: float = _PATIENCE_SECONDS) -> http.client.HTTPConnection:
        """A new connection to it."""
        if self.address.startswith("unix:"):
            return UnixConnection(self.address.removeprefix("unix:"), timeout)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        with_key: bool = True,
    ) -> Answered:
        """One request on a connection of its own."""
        shown = dict(headers or {})
        if with_key and self.key:
            shown.setdefault("Authorization", f"Bearer {self.key}")
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            shown.setdefault("Content-Type", "application/json")
        connection = self.connection()
        try:
            connection.request(method, path, body, shown)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answered(response.status, told, response.read())
        finally:
            connection.close()

    def token(self, name: str) -> Answered:
        """A token of a connection."""
        return self.ask("GET", f"/v1/connections/{quote(name, safe='')}/token")

    def renew(self, name: str, body: dict[str, str] | None = None) -> Answered:
        """A renewal of a connection."""
        return self.ask("POST", f"/v1/connections/{quote(name, safe='')}/renew", body)

    def metrics(self) -> dict[str, float]:
        """Each number by its name and labels, as it is written."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        shown = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in shown}

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal, waits for the end and gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Waits for the end and gives the exit status."""
        return self.process.wait(_PATIENCE_SECONDS)

    def access_log(self) -> list[dict[str, Any]]:
        """The lines of the access log. Of a running agent the last may be missing."""
        return [json.loads(line) for line in self.stdout.read_text().splitlines()]

    def said(self) -> str:
        """All that it has written, anywhere."""
        return self.stdout.read_text() + self.stderr.read_text()


@dataclass
class Stage:
    """A store, and agents over it."""

    folder: Path
    running: list[RunningAgent] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def connect(self, provider: Provider, *names: str, subject: str = "") -> None:
        """Makes connections with a keeper in this process. Each begins with a renewal.

        The provider knows each by its name, or by ``subject``.
        """
        with Keeper(self.store) as keeper:
            for name in names:
                keeper.connect(
                    name,
                    "oauth2",
                    base_url=provider.base_url,
                    refresh_token=refresh_token(subject or name),
                    client_id="client",
                    client_secret=SECRET,
                )

    def begin(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Popen:
        """Starts the command, whatever comes of it."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("REMINT_")}
        with self._file("stdout").open("ab") as out, self._file("stderr").open("ab") as err:
            return subprocess.Popen(
                [*_COMMAND, "--store", str(self.store), *arguments],
                cwd=ROOT,
                env={**kept, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None) -> RunningAgent:
        """Starts an agent, and returns once it lets callers in."""
        ready = self.folder / f"ready{len(self.running)}"
        where = [] if {"--listen", "--socket"} & {*arguments} else ["--listen", "127.0.0.1:0"]
        process = self.begin(*where, "--ready-file", str(ready), *arguments, environ=environ)
        agent = RunningAgent(process, "", "", self._file("stdout"), self._file("stderr"))
        self.running.append(agent)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"no agent came up:\n{agent.said()[-3000:]}")
            time.sleep(0.02)
        agent.address = ready.read_text().strip()
        key = self.store / "agent.key"
        if agent.address.startswith("http:") and key.exists():
            agent.key = key.read_text().strip()
        return agent

    def fails(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """What an agent says that does not come up."""
        process = self.begin(*arguments, environ=environ)
        try:
            assert process.wait(_PATIENCE_SECONDS) == 1
        finally:
            process.kill()
        return self._file("stderr").read_text().splitlines()[-1]

    def _file(self, end: str) -> Path:
        return self.folder / f"agent.{end}"


class Hold:
    """Keeps a provider's next call waiting."""

    def __init__(self, provider: Provider) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()
        provider.do(self._step)

    def reached(self) -> None:
        """Returns once the call has come."""
        assert self._reached.wait(_PATIENCE_SECONDS)

    def let_go(self) -> None:
        """Lets the provider renew, and answer."""
        self._released.set()

    def _step(self, provider: Provider, call: Call) -> Reply:
        self._reached.set()
        assert self._released.wait(_PATIENCE_SECONDS)
        return provider.renew(call)


def backdate(stage: Stage, name: str) -> None:
    """Makes a connection's token a minute older: younger, it is not renewed for being rejected."""
    with Keeper(stage.store) as keeper:
        held = keeper.held(name)
        issued_at_ms = held.tokens.issued_at_ms - 60_000
        tokens = msgspec.structs.replace(held.tokens, issued_at_ms=issued_at_ms)
        aged = msgspec.structs.replace(held, tokens=tokens)
        assert keeper.around.store.create(aged, replace=True)


def until(is_true: Callable[[], bool]) -> None:
    """Waits for something to become true."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


Popen = subprocess.Popen[bytes]


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage whose agents end with the block."""
    made = Stage(folder)
    try:
        yield made
    finally:
        for agent in made.running:
            agent.process.terminate()
        for agent in made.running:
            try:
                agent.process.wait(5)
            except subprocess.TimeoutExpired:
                agent.process.kill()
                agent.process.wait()
