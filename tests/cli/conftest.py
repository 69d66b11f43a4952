"""The command: as a process of its own, and within this one where nothing is lost by that."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from remint import cli
from remint.issuer.settings import PREFIX
from tests.keeper.provider import Provider, provider, refresh_token

REMINT = Path(sys.executable).with_name("remint")


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that does not exist yet, named by the environment alone."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    folder = tmp_path / "data"
    monkeypatch.setenv("REMINT_DATA_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def remint(data_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Command:
    """``remint("app", "list")``: the command within this process, from its arguments to its exit status."""

    def run(*arguments: object, typed: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["remint", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capfd.readouterr()
        status = 0
        # A server sets the log up for its process, which here goes on.
        log = logging.getLogger()
        handlers, level = log.handlers[:], log.level
        try:
            cli.main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        finally:
            log.handlers[:] = handlers
            log.setLevel(level)
        said = capfd.readouterr()
        return Done(status, said.out, said.err)

    return run


@pytest.fixture
def process(data_dir: Path) -> Command:
    """The same, as a process of its own."""

    def run(*arguments: object, typed: str = "") -> Done:
        done = subprocess.run(
            [REMINT, *map(str, arguments)],
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def place(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the keeper's store is to be, named by the environment alone."""
    folder = tmp_path / "keeper"
    monkeypatch.setenv("REMINT_KEEPER_STORE", str(folder))
    return folder


@pytest.fixture
def supplier(place: Path) -> Iterator[Provider]:
    """A provider to connect to."""
    with provider() as made:
        yield made


@pytest.fixture
def connect(
    remint: Command, supplier: Provider, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """``connect("acme")``: a connection to it, by a refresh token that is handed over."""

    def run(name: str, *options: object, subject: str = "") -> Done:
        with monkeypatch.context() as patch:
            patch.setenv("REMINT_REFRESH_TOKEN", refresh_token(subject or name))
            done = remint(
                "connect", name, "--base-url", supplier.base_url, "--client-id", "me", *options
            )
        assert done.status == 0, done.err
        return done

    return run


@pytest.fixture
def expired(remint: Command, supplier: Provider, tmp_path: Path) -> Callable[..., None]:
    """``expired("acme")``: a connection whose token has run out; no call has been made for it."""

    def run(name: str, subject: str = "") -> None:
        secrets = tmp_path / f"{name}.json"
        given = {"refresh_token": refresh_token(subject or name), "access_token": "old"}
        secrets.touch(0o600)
        secrets.write_text(json.dumps({**given, "expires_at": 1_000_000_000}))
        done = remint(
            *("connect", name, "--base-url", supplier.base_url, "--client-id", "me"),
            *("--secrets", secrets),
        )
        assert done.status == 0, done.err

    return run


@contextlib.contextmanager
def running(*arguments: object, ready: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A command that stays: what it said until it said a line with ``ready`` in it. Ended by its own id."""
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # Under coverage a start takes many times as long, and what it runs is measured elsewhere.
    environ.pop("COVERAGE_PROCESS_CONFIG", None)
    process = subprocess.Popen(
        [REMINT, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            if ready in line:
                break
        else:
            raise AssertionError("\n".join(said))
        yield process, said
    finally:
        process.terminate()
        try:
            process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
