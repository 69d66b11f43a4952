"""Where the stores of the suite lie, each as a process of its own would open it, and a clock that is set."""

from __future__ import annotations

from pathlib import Path

from remint.keeper.store.memory import MemoryStore
from remint.keeper.store.protocols import ConnectionStore
from remint.keeper.store.sqlite import SQLiteStore

NOW_MS = 1_800_000_000_000


class SetClock:
    """A wall clock and a stopwatch that stand still until they are told to move."""

    def __init__(self, monotonic_ms: int = 5_000_000) -> None:
        self._now_ms = NOW_MS
        self._monotonic_ms = monotonic_ms

    def now_ms(self) -> int:
        """The wall."""
        return self._now_ms

    def monotonic_ms(self) -> int:
        """The stopwatch."""
        return self._monotonic_ms

    def step(self, milliseconds: int) -> None:
        """Time passes."""
        self._now_ms += milliseconds
        self._monotonic_ms += milliseconds

    def jump(self, milliseconds: int) -> None:
        """Somebody sets the wall clock."""
        self._now_ms += milliseconds


class MemoryPlace:
    """One store, which everybody shares."""

    def __init__(self, _directory: Path) -> None:
        self.clock = SetClock()
        self._store = MemoryStore(self.clock)

    def open(self) -> ConnectionStore:
        """The store."""
        return self._store

    def close(self) -> None:
        """Nothing that was opened is left open."""
        self._store.close()


class SQLitePlace:
    """A directory that any number of processes may open."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "keeper"
        self.clock = SetClock()
        self._opened: list[SQLiteStore] = []

    def open(self, patience_seconds: float = 5) -> SQLiteStore:
        """The store, as one more process would have it."""
        store = SQLiteStore(
            self.directory, environ={}, clock=self.clock, patience_seconds=patience_seconds
        )
        self._opened.append(store)
        return store

    def close(self) -> None:
        """Nothing that was opened is left open."""
        for store in self._opened:
            store.close()

    def files(self) -> dict[str, bytes]:
        """Every file, by its path in the directory."""
        return {
            str(path.relative_to(self.directory)): path.read_bytes()
            for path in sorted(self.directory.rglob("*"))
            if path.is_file()
        }
