"""A process that has everything imported and forks a real server whenever it is asked to.

A server is killed and started again hundreds of times here; loading its modules takes a hundred times as long
as starting it. Each line on standard input asks for something, in JSON, each line on standard output answers.
When the input ends, all that it started ends too.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from remint.issuer.installation import Installation
from remint.issuer.logs import configure_logs
from remint.issuer.server import listener
from remint.issuer.server.uvicornserver import serve
from remint.issuer.settings import Settings
from tests.promises.clock import FileClock
from tests.promises.tally import Tally

_ENDED_BADLY = 70


def main() -> None:
    """Serves until the input ends."""
    children: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        answer: Any
        if asked["what"] == "start":
            answer = _start(asked)
            children.update(answer["pids"])
        else:
            _, status = os.waitpid(asked["pid"], 0)
            children.discard(asked["pid"])
            answer = {"status": os.waitstatus_to_exitcode(status)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _start(asked: dict[str, Any]) -> dict[str, Any]:
    settings = msgspec.convert(asked["settings"], Settings, dec_hook=_path)
    bound = listener.bind(settings)
    settings = msgspec.structs.replace(settings, port=listener.port_of(bound))
    listener.listen(bound, settings)
    pids = [_fork(settings, bound, asked) for _ in range(asked["processes"])]
    bound.close()
    return {"pids": pids, "port": settings.port}


def _fork(settings: Settings, bound: socket.socket, asked: dict[str, Any]) -> int:
    if pid := os.fork():
        return pid
    status = _ENDED_BADLY
    try:
        _redirect(asked["stdout"], asked["stderr"])
        # What ``remint.issuer.server.serving.run`` does, but for the clock.
        if asked["tally"]:
            Tally(Path(asked["tally"])).install()
        configure_logs()
        installation = Installation(settings, clock=FileClock(Path(asked["clock"])), environ={})
        try:
            serve(installation, bound)
        finally:
            installation.close()
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _redirect(stdout: str, stderr: str) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for path, descriptor in ((stdout, 1), (stderr, 2)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.close(null)


def _path(kind: type, value: Any) -> Any:
    return kind(value)


if __name__ == "__main__":
    main()
