"""Which program makes the load: ours in C, compiled on first use, or the Python one."""

import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_name("load.c")
_CACHE = Path(__file__).parents[2] / ".cache" / "bench"


@cache
def command() -> tuple[str, ...]:
    """The start of the generator's command line.

    The C one burns a third of the processor time of the Python one, and on a machine that it
    shares with the server that time comes out of the figure.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return (sys.executable, "-m", "bench.load.loop")
    source = _SOURCE.read_bytes()
    program = _CACHE / f"load-{hashlib.sha256(source).hexdigest()[:16]}"
    if not program.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        for old in _CACHE.glob("load-*"):
            old.unlink()
        subprocess.run([compiler, "-O2", "-o", str(program), str(_SOURCE)], check=True)
    return (str(program),)
