"""What several processes of one server have counted, added up.

Each process leaves a snapshot of its counters in ``run/`` of the data directory, once a second, by writing
a new file and renaming it. Whoever is asked for metrics adds the others' snapshots to its own counters. A
process that dies leaves its last snapshot behind, so that the sums never fall while the server lives.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from remint.issuer.metrics import Metrics, Snapshot

PUBLISH_SECONDS: Final = 1.0
# A snapshot older than this is of a process that is gone, and nothing waits there any more.
_LIVE_SECONDS: Final = 5.0


class Tally:
    """The snapshots of one server's processes, in ``data_dir/run``."""

    def __init__(self, data_dir: Path, metrics: Metrics) -> None:
        self._folder = data_dir / "run"
        self._metrics = metrics
        self._own = self._folder / f"metrics-{os.getpid()}.json"

    def publish(self) -> None:
        """Writes this process's snapshot. Metrics are no reason to fail: trouble is ignored."""
        new = self._own.with_suffix(".new")
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            new.write_bytes(msgspec.json.encode(self._metrics.snapshot()))
            new.replace(self._own)

    def exposition(self) -> bytes:
        """The metrics of all processes in Prometheus' text format."""
        return self._metrics.exposition(self._others())

    def _others(self) -> Iterator[Snapshot]:
        for file in sorted(self._folder.glob("metrics-*.json")):
            if file == self._own:
                continue
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                snapshot = msgspec.json.decode(file.read_bytes(), type=Snapshot)
                if time.time() - file.stat().st_mtime > _LIVE_SECONDS:
                    snapshot.waiting = 0
                yield snapshot


def clear(data_dir: Path) -> None:
    """Forgets the processes of an earlier run. For the parent, before it starts any."""
    for file in (data_dir / "run").glob("metrics-*"):
        file.unlink(missing_ok=True)
