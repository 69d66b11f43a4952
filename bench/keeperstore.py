"""Stores of many connections: opening one, its first token, its size, and what saving a renewal costs."""

import contextlib
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.keeperfill import fill, held_of, name_of
from bench.report import Section, Wanted
from remint.keeper.connection import Answer, Lease, Renewed
from remint.keeper.store.sqlite import SQLiteStore

_PAYLOAD_BYTES = 900
_BODY = b'{"access_token": "' + b"x" * 700 + b'", "expires_in": 3600}'
_OPEN = """
import sys, time
from remint import Keeper
import remint.keeper.store.sqlite
begun = time.perf_counter()
keeper = Keeper(sys.argv[1])
opened = time.perf_counter()
assert keeper.token(sys.argv[2])
print((opened - begun) * 1000, (time.perf_counter() - opened) * 1000)
"""


def measure(sizes: tuple[int, ...], commits: int, section: Section, folder: Path) -> None:
    """Adds a group of lines for each size. The last is the one that is judged."""
    with contextlib.ExitStack() as stack:
        series = []
        for count in sizes:
            place = folder / f"connections-{count}"
            _size(place, count, section)
            _opening(place, count, section, is_judged=count == sizes[-1])
            store = stack.enter_context(closing(SQLiteStore(place)))
            series.append(_Saving(store, count, commits, place))
        bare = stack.enter_context(closing(_BareCommit(folder / "bare.sqlite3")))
        bares = []
        for number in range(commits):
            # In turn, so that a mood of the machine falls on all.
            bares.append(_timed(bare.commit))
            for each in series:
                each.once(number)
    commit = statistics.median(bares) * 1000
    for each in series:
        each.add(section, commit)
    _compare(section, series[0], series[-1])


def _compare(section: Section, small: "_Saving", large: "_Saving") -> None:
    pairs = zip(large.saves, small.saves, strict=True)
    ratio = statistics.median(one / other for one, other in pairs)
    title = f"saving a renewal, {large.count:,} connections over {small.count:,}"
    section.figure(title, ratio, f"{ratio:.2f}", Wanted(1.25, most=True))


def _size(place: Path, count: int, section: Section) -> None:
    with closing(SQLiteStore(place, key="file")) as store:
        before = _bytes_on_disk(store)
        fill(store, count)
        grown = _bytes_on_disk(store) - before
    each = grown / count
    section.figure(f"bytes a connection, of {count:,}", each, f"{each:,.0f}")


def _bytes_on_disk(store: SQLiteStore) -> int:
    with closing(sqlite3.connect(store.files.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.files.database.stat().st_size


def _opening(place: Path, count: int, section: Section, *, is_judged: bool) -> None:
    command = [sys.executable, "-c", _OPEN, str(place), name_of(count // 2)]
    runs = []
    for _ in range(5):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(tuple(map(float, done.stdout.split())))
    opened = statistics.median(run[0] for run in runs)
    first = statistics.median(run[1] for run in runs)
    wanted = Wanted(1000, most=True, unit=" ms") if is_judged else None
    section.figure(f"opening {count:,} connections", opened, f"{opened:.1f} ms", wanted)
    section.figure("  and the first token of one", first, f"{first:.1f} ms")


class _Saving:
    """What saving costs in one store: `saves` are the seconds of the swap, `wholes` those of a renewal."""

    def __init__(self, store: SQLiteStore, count: int, commits: int, place: Path) -> None:
        self.count = count
        self.saves: list[float] = []
        self._wholes: list[float] = []
        self._store = store
        self._step = max(1, count // commits)
        self._place = place

    def once(self, number: int) -> None:
        """One renewal, but for the call, of a connection somewhere in the store."""
        renewal = _Renewal(self._store, number * self._step % self.count)
        begun = time.perf_counter()
        renewal.until_answer()
        self.saves.append(_timed(renewal.save))
        renewal.release()
        self._wholes.append(time.perf_counter() - begun)

    def add(self, section: Section, commit_ms: float) -> None:
        """Adds what was found, beside a bare commit."""
        save, whole = (statistics.median(each) * 1000 for each in (self.saves, self._wholes))
        shown = f"{save:.2f} ms; a bare commit {commit_ms:.2f} ms"
        section.figure(f"saving a renewal among {self.count:,}", save, shown)
        fsyncs = _fsyncs(self._place, self.count)
        title = "  all that a renewal asks of the store"
        section.figure(title, whole, f"{whole:.2f} ms, {fsyncs}")


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class _Renewal:
    """What one renewal asks of a store, in its parts."""

    def __init__(self, store: SQLiteStore, number: int) -> None:
        self._store = store
        self._number = number
        self._lease: Lease | None = None
        self._answer: Answer | None = None

    def until_answer(self) -> None:
        """The lease, the intent with room for an answer, and the answer."""
        lease = self._store.acquire(name_of(self._number), "bench", 20_000)
        assert isinstance(lease, Lease)
        now_ms = int(time.time() * 1000)
        assert self._store.intend(lease, now_ms)
        answer = Answer(lease.fence, lease.held.sent, now_ms, 10, 200, [], _BODY)
        self._store.append(lease, answer)
        self._lease, self._answer = lease, answer

    def save(self) -> None:
        """The new tokens."""
        assert self._lease is not None and self._answer is not None
        tokens = held_of(self._number, generation=self._lease.held.version).tokens
        renewed = Renewed(tokens, self._answer.received_at_ms, None)
        assert self._store.swap(self._lease.held, self._answer, renewed) is not None

    def release(self) -> None:
        """The lease, back."""
        assert self._lease is not None
        self._store.release(self._lease)


class _BareCommit:
    """A row that is written and committed, and nothing else."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE row (id INTEGER PRIMARY KEY, payload BLOB)",
        ):
            self._connection.execute(statement).fetchall()
        self._connection.execute("INSERT INTO row VALUES (1, ?)", (os.urandom(_PAYLOAD_BYTES),))

    def commit(self) -> None:
        """Writes the row and commits."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("UPDATE row SET payload = ?", (os.urandom(_PAYLOAD_BYTES),))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes it."""
        self._connection.close()


def _fsyncs(place: Path, count: int) -> str:
    """How often a renewal waits for the disk, as strace counts it; empty where there is none."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom bench.keeperstore import renew_some\n"
        "renew_some(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))"
    )
    syncs = []
    for renewals in (0, 20):
        out = place / "strace.txt"
        command = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(out)]
        command += [sys.executable, "-c", code, str(place), str(count), str(renewals)]
        try:
            subprocess.run(command, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return "fsyncs not counted"
        rows = (line.split() for line in out.read_text().splitlines())
        syncs.append(sum(int(r[3]) for r in rows if r and r[-1] in ("fsync", "fdatasync")))
    return f"{(syncs[1] - syncs[0]) / 20:.1f} fsyncs"


def renew_some(place: Path, count: int, renewals: int) -> None:
    """Renews the last connections of a store, but for the calls."""
    with closing(SQLiteStore(place)) as store:
        for number in range(count - renewals, count):
            renewal = _Renewal(store, number)
            renewal.until_answer()
            renewal.save()
            renewal.release()
