"""A process that has everything imported and forks one that does a job whenever it is asked to.

What promises something to several processes is tried with hundreds of them, and loading the modules takes
a hundred times as long as the job. Each line on standard input asks for something, in JSON, each line on
standard output answers. When the input ends, all that it started ends too.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

_FAILED = 70


def main() -> None:
    """Works until the input ends."""
    children: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["what"] == "start":
            pid = _fork(asked)
            children.add(pid)
            answer = {"pid": pid}
        else:
            _, status = os.waitpid(asked["pid"], 0)
            children.discard(asked["pid"])
            answer = {"status": os.waitstatus_to_exitcode(status)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _fork(asked: dict[str, Any]) -> int:
    if pid := os.fork():
        return pid
    status = _FAILED
    folder = Path(asked["folder"])
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor in (1, 2):
            os.dup2(log, descriptor)
        module, _, name = asked["job"].partition(":")
        result = getattr(importlib.import_module(module), name)(folder, **asked["given"])
        (folder / "result.new").write_text(json.dumps(result))
        (folder / "result.new").rename(folder / "result")
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    for loaded in sys.argv[1:]:
        importlib.import_module(loaded).rehearse()
    gc.collect()
    gc.freeze()
    main()
