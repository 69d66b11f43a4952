"""Any order of anything, in two processes: SQLite's answers are those of the store in memory."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from remint.keeper.connection import Busy, Held, Lease, Setup, Tokens
from remint.keeper.store.memory import MemoryStore
from tests.keeper.store.given import answer, held, renewed, setback, tokens
from tests.keeper.store.places import NOW_MS, SQLitePlace

NAMES = ("a", "b")
MOST_ANSWERS = 12
LEASE_MS = 1_000

names = st.sampled_from(NAMES)
processes = st.integers(0, 1)
picks = st.integers(0, 10**6)


class Stores(RuleBasedStateMachine):
    """Everything is done twice, and what comes back is compared."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.place = SQLitePlace(self.folder)
        self.clock = self.place.clock
        self.processes = [self.place.open(), self.place.open()]
        self.model = MemoryStore(self.clock)
        self.ids = itertools.count()
        self.generations = itertools.count(1)
        self.leases: list[tuple[int, Lease, Lease]] = []
        self.seen: list[Held] = []

    def teardown(self) -> None:
        self.place.close()
        shutil.rmtree(self.folder)

    def both(self, process: int, method: str, *args: Any, **options: Any) -> Any:
        """Does it in one process and in the model."""
        found = getattr(self.processes[process], method)(*args, **options)
        assert found == getattr(self.model, method)(*args, **options)
        return found

    @rule(
        name=names,
        process=processes,
        replace=st.booleans(),
        is_plain=st.booleans(),
        at=st.sampled_from([None, 10, 20]),
    )
    def create(
        self, name: str, process: int, replace: bool, is_plain: bool, at: int | None
    ) -> None:
        setup = Setup("oauth2", grant="client_credentials" if is_plain else "refresh_token")
        given = Tokens("access") if is_plain else tokens(0)
        made = held(name, id=f"id-{next(self.ids)}", setup=setup, tokens=given, renew_at_ms=at)
        self.both(process, "create", made, replace=replace)

    @rule(name=names, process=processes)
    def look(self, name: str, process: int) -> None:
        found = self.both(process, "load", name)
        if found is not None:
            self.seen.append(found)

    @rule(name=names, process=processes, owner=st.sampled_from(["x", "y"]))
    def acquire(self, name: str, process: int, owner: str) -> None:
        found = self.processes[process].acquire(name, owner, LEASE_MS)
        expected = self.model.acquire(name, owner, LEASE_MS)
        assert found == expected
        if isinstance(found, Lease) and isinstance(expected, Lease):
            self.leases.append((process, found, expected))
            self.seen.append(found.held)
        elif isinstance(found, Busy):
            self.seen.append(found.held)

    @precondition(lambda self: self.leases)
    @rule(pick=picks)
    def extend(self, pick: int) -> None:
        process, mine, expected = self.leases[pick % len(self.leases)]
        kept = self.processes[process].extend([mine], LEASE_MS)
        assert len(kept) == len(self.model.extend([expected], LEASE_MS))
        assert mine == expected

    @precondition(lambda self: self.leases)
    @rule(pick=picks, at=st.integers(NOW_MS, NOW_MS + 9))
    def intend(self, pick: int, at: int) -> None:
        process, lease, _ = self.leases[pick % len(self.leases)]
        self.both(process, "intend", lease, at)

    @precondition(lambda self: self.leases)
    @rule(pick=picks, is_late=st.booleans(), body=st.binary(max_size=9))
    def append(self, pick: int, is_late: bool, body: bytes) -> None:
        process, lease, _ = self.leases[pick % len(self.leases)]
        if len(self.model.unread(lease.held)) < MOST_ANSWERS:
            sent = "long gone" if is_late else lease.held.sent
            self.both(process, "append", lease, answer(lease.fence, sent, body))

    @precondition(lambda self: self.seen)
    @rule(pick=picks, choice=picks, process=processes, is_same=st.booleans())
    def swap(self, pick: int, choice: int, process: int, is_same: bool) -> None:
        known = self.seen[pick % len(self.seen)]
        unread = self.both(process, "unread", known)
        if unread:
            new = renewed(next(self.generations))
            if is_same:
                # The provider gives the same refresh token back.
                new = replace(
                    new, tokens=replace(new.tokens, refresh_token=known.tokens.refresh_token)
                )
            self.both(process, "swap", known, unread[choice % len(unread)], new)

    @precondition(lambda self: self.seen)
    @rule(
        pick=picks,
        process=processes,
        state=st.sampled_from(["fresh", "in_doubt", "dead", "dead"]),
        fence=st.integers(0, 6),
        keeps=st.booleans(),
        consumes=st.booleans(),
    )
    def settle(
        self, pick: int, process: int, state: str, fence: int, keeps: bool, consumes: bool
    ) -> None:
        known = self.seen[pick % len(self.seen)]
        back = setback(state, keeps_intent=keeps, consumes=consumes, failures=fence)
        self.both(process, "settle", known, back, fence)

    @precondition(lambda self: self.leases)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        process, lease, _ = self.leases[pick % len(self.leases)]
        self.both(process, "release", lease)

    @rule(name=names, process=processes, at=st.sampled_from([None, 5, 15, 25]))
    def postpone(self, name: str, process: int, at: int | None) -> None:
        self.both(process, "postpone", name, at)

    @rule(name=names, process=processes)
    def forget(self, name: str, process: int) -> None:
        self.both(process, "forget", name)

    @rule(process=processes, key=names, milliseconds=st.integers(-5_000, 50_000))
    def charge(self, process: int, key: str, milliseconds: int) -> None:
        self.both(process, "charge", key, 3, 60, NOW_MS + milliseconds)

    @rule(milliseconds=st.sampled_from([1, 400, LEASE_MS]))
    def let_time_pass(self, milliseconds: int) -> None:
        self.clock.step(milliseconds)

    @rule(milliseconds=st.sampled_from([-(10**9), 10**9]))
    def set_the_clock(self, milliseconds: int) -> None:
        self.clock.jump(milliseconds)

    @rule(process=processes)
    def restart(self, process: int) -> None:
        """A process ends, and its leases with it; another takes its place."""
        self.processes[process].close()
        self.processes[process] = self.place.open()
        for owner, _, expected in self.leases:
            if owner == process:
                self.model.release(expected)
        self.leases = [each for each in self.leases if each[0] != process]

    @rule(process=processes)
    def rotate(self, process: int) -> None:
        self.processes[process].rotate()

    @rule(process=processes, limit=st.integers(1, 3))
    def reseal(self, process: int, limit: int) -> None:
        self.processes[process].reseal(limit)

    @rule(process=processes)
    def rewrap(self, process: int) -> None:
        self.processes[process].rewrap("file")

    @invariant()
    def nothing_differs(self) -> None:
        for process in (0, 1):
            for found in self.both(process, "listing", "", 9):
                self.both(process, "unread", found)
            self.both(process, "count")
            self.both(process, "next_due_ms")
            self.both(process, "due", 15, 9)
            self.both(process, "due", 2**60, 1)


TestStores = Stores.TestCase
TestStores.settings = settings(max_examples=60, stateful_step_count=40)
