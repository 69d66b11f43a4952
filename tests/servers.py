"""Real servers for tests: a process on a free port, ended by its own id.

``with serving(Settings(data_dir=tmp_path / "data")) as server: server.base_url``
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from remint.issuer.settings import PREFIX, Settings
from tests.house.tree import ROOT

_MAIN = """
import os, sys
from pathlib import Path
from remint.issuer.server.serving import run
from remint.issuer.settings import load_settings

def ready(installation):
    port = Path(sys.argv[1])
    port.with_suffix(".new").write_text(str(installation.settings.port))
    port.with_suffix(".new").rename(port)

run(load_settings(), on_ready=ready)
"""
_POLL_SECONDS = 0.02


@dataclass
class RunningServer:
    """A server process. ``stdout`` (the access log) and ``stderr`` (the log) are files."""

    process: subprocess.Popen[bytes]
    settings: Settings
    base_url: str
    stdout: Path
    stderr: Path

    @property
    def port(self) -> int:
        return self.settings.port

    def stop(self, number: int = signal.SIGTERM, *, patience_seconds: float = 40) -> int:
        """Sends a signal, waits for the end and gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(patience_seconds)

    def kill(self) -> None:
        """``kill -9``."""
        self.stop(signal.SIGKILL)

    def access_log(self) -> list[dict[str, Any]]:
        """The lines of the access log."""
        return [json.loads(line) for line in self.stdout.read_text().splitlines()]

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.stderr.read_text().splitlines()]


def start(
    settings: Settings,
    *,
    environ: Mapping[str, str] | None = None,
    covered: bool = True,
    patience_seconds: float = 30,
) -> RunningServer:
    """Starts a server and returns once ``/readyz`` says so. A port of 0 or 8080 becomes a free one.

    With ``covered=False`` no coverage is measured in it: under load that would be measuring coverage.
    Output is appended to files beside the data directory. Raises ``RuntimeError`` with the end of its log
    if it does not come up.
    """
    port = 0 if settings.port == 8080 else settings.port
    settings = msgspec.structs.replace(settings, port=port)
    settings.data_dir.parent.mkdir(parents=True, exist_ok=True)
    stdout, stderr, port_file = (
        settings.data_dir.with_name(f"{settings.data_dir.name}.{end}")
        for end in ("stdout", "stderr", "port")
    )
    port_file.unlink(missing_ok=True)
    with stdout.open("ab") as out, stderr.open("ab") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, port_file],
            cwd=ROOT,
            env=_environment(settings, environ or {}, covered=covered),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    server = RunningServer(process, settings, "", stdout, stderr)
    try:
        _await(server, port_file, time.monotonic() + patience_seconds)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return server


@contextlib.contextmanager
def serving(settings: Settings, **options: Any) -> Iterator[RunningServer]:
    """``start``, and stopped at the end."""
    server = start(settings, **options)
    try:
        yield server
    finally:
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.kill()
            raise


def _environment(settings: Settings, extra: Mapping[str, str], *, covered: bool) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    if not covered:
        kept.pop("COVERAGE_PROCESS_CONFIG", None)
        kept.pop("COVERAGE_PROCESS_START", None)
    defaults = Settings()
    for name in Settings.__struct_fields__:
        value = getattr(settings, name)
        if value != getattr(defaults, name):
            shown = os.pathsep.join(map(str, value)) if isinstance(value, tuple) else str(value)
            kept[PREFIX + name.upper()] = shown
    return {**kept, **extra}


def _await(server: RunningServer, port_file: Path, deadline: float) -> None:
    while time.monotonic() < deadline and server.process.poll() is None:
        if not server.base_url and port_file.exists():
            server.settings = msgspec.structs.replace(
                server.settings, port=int(port_file.read_text())
            )
            server.base_url = f"http://127.0.0.1:{server.settings.port}"
        if server.base_url:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{server.base_url}/readyz", timeout=1),
            ):
                return
        time.sleep(_POLL_SECONDS)
    said = server.stderr.read_text(errors="replace")[-3000:]
    raise RuntimeError(f"the server did not come up ({server.process.poll()}):\n{said}")
