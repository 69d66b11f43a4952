"""What a token at hand costs, beside other clients, taken in turn in one run.

Timed is the processor time of the thread: on a machine that others share, a wall clock tells of them.
"""

import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.clients.peers import LIBRARIES
from bench.report import Section, Wanted

_SCRIPT = Path(__file__).parent / "clients" / "warm.py"
_OURS = {
    "remint": ("token()", Wanted(0.3, most=True, unit=" us")),
    "remint_async": ("await token()", Wanted(0.5, most=True, unit=" us")),
    "remint_access": ("access(), with the headers", None),
    "remint_auth": ("the auth object for httpx2, a request", None),
}


def measure(rounds: int, section: Section, *, peers: bool) -> None:
    """Adds a line for each way of ours and, with `peers`, for each library."""
    theirs = [each for each in LIBRARIES if each.module != "remint"]
    if peers and not theirs[0].python.exists():
        section.note("other clients: not measured, they are not installed (bench/clients)")
        peers = False
    timings: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(_process(sys.executable))
        others = stack.enter_context(_process(str(theirs[0].python))) if peers else None
        for _ in range(rounds):
            for name in _OURS:
                timings.setdefault(name, []).append(_asked(ours, name))
            for each in theirs if others else ():
                timings.setdefault(each.module, []).append(_asked(others, each.module))
    us = {name: _best(each) / 1000 for name, each in timings.items()}
    for name, (title, wanted) in _OURS.items():
        section.figure(title, us[name], f"{us[name]:.2f} us", wanted)
    for each in theirs if peers else ():
        ratio = us[each.module] / us["remint"]
        shown = f"{us[each.module]:.2f} us = {ratio:.1f} x token()"
        section.figure(f"  {each.name} {each.version()}", ratio, shown)


def _best(timings: list[float]) -> float:
    """The median of the better half: what disturbs only adds."""
    return statistics.median(sorted(timings)[: (len(timings) + 1) // 2])


@contextlib.contextmanager
def _process(python: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [python, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def _asked(process: "subprocess.Popen[str] | None", name: str) -> float:
    assert process is not None and process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{name}\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if answer is None:
        raise RuntimeError(f"{name} cannot be imported")
    return float(answer)
