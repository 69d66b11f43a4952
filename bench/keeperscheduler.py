"""What the scheduler costs: processor time for each renewal, and memory beside a million connections."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench.keeperfill import fill
from bench.report import Section, Wanted
from remint.keeper.store.sqlite import SQLiteStore

_PROVIDER = [sys.executable, "-m", "bench.keeperprovider"]
_RUN = [sys.executable, "-m", "bench.keepertending"]


def measure(counts: tuple[int, int], due: int, section: Section, folder: Path) -> None:
    """Adds the costs. Of a small and a large store as many connections are due; the rest is not."""
    seen = {}
    with _provider() as base_url:
        for count in counts:
            place = folder / f"scheduled-{count}"
            with closing(SQLiteStore(place, key="file")) as store:
                fill(store, count, due=due, base_url=base_url)
            command = [*_RUN, str(place), str(due)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seen[count] = json.loads(done.stdout)
            _add(section, count, due, seen[count])
    small, large = counts
    grown = (seen[large]["peak_bytes"] - seen[small]["peak_bytes"]) / (large - small)
    wanted = Wanted(500, most=True, unit=" bytes")
    title = f"memory for each connection more, {small:,} to {large:,}"
    section.figure(title, grown, f"{grown:.1f} bytes", wanted)


def _add(section: Section, count: int, due: int, seen: dict[str, float]) -> None:
    cpu_us = seen["cpu_seconds"] / due * 1e6
    rate = due / seen["seconds"]
    section.figure(
        f"a renewal, {due:,} due of {count:,}",
        cpu_us,
        f"{cpu_us:,.0f} us of processor, {rate:,.0f} a second",
    )
    peak = seen["peak_bytes"]
    section.figure("  memory of the process at its peak", peak, f"{peak / 2**20:.0f} MiB")


@contextlib.contextmanager
def _provider() -> Iterator[str]:
    with subprocess.Popen(_PROVIDER, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
