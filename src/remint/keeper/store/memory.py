"""Connections in memory: for tests, notebooks and whoever keeps tokens elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from remint.clock import Clock, SystemClock
from remint.grant.budget import Budget, charge
from remint.keeper.connection import (
    Answer,
    Busy,
    Held,
    Intent,
    Lease,
    Renewed,
    Setback,
    swapped,
)
from remint.keeper.forking import follow_forks


@dataclass
class _Row:
    held: Held
    sent: str = ""  #: the token of the intent
    owner: str = ""
    fence: int = 0
    until_ms: int = 0
    answers: dict[int, Answer] = field(default_factory=dict)


class MemoryStore:
    """See ``ConnectionStore``. Durable for as long as the process lives."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._rows: dict[str, _Row] = {}
        self._charged: dict[str, int] = {}
        self._lock = threading.Lock()
        follow_forks(self)

    def forked(self) -> None:
        """See ``Forkable``. From here on the child's connections are its own."""
        self._lock = threading.Lock()

    def create(self, held: Held, *, replace: bool = False) -> bool:
        """See ``ConnectionStore``."""
        with self._lock:
            before = self._rows.get(held.name)
            if before is not None and not replace:
                return False
            # Fences only grow: an answer that comes late must not pass for a newer one.
            fence = max(held.swapped_fence, 0 if before is None else before.fence)
            self._rows[held.name] = _Row(held, fence=fence)
            return True

    def load(self, name: str) -> Held | None:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._rows.get(name)
            return None if row is None else self._shown(row)

    def acquire(self, name: str, owner: str, lease_ms: int) -> Lease | Busy | None:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._rows.get(name)
            if row is None:
                return None
            if self._is_leased(row):
                return Busy(self._shown(row))
            row.owner, row.fence = owner, row.fence + 1
            row.until_ms = self.clock.monotonic_ms() + lease_ms
            held = self._shown(row)
            return Lease(held.id, name, owner, row.fence, row.until_ms, held)

    def extend(self, leases: Sequence[Lease], lease_ms: int) -> list[Lease]:
        """See ``ConnectionStore``."""
        with self._lock:
            kept = []
            for lease in leases:
                row = self._leased(lease)
                if row is not None:
                    lease.until_ms = row.until_ms = self.clock.monotonic_ms() + lease_ms
                    kept.append(lease)
            return kept

    def intend(self, lease: Lease, at_ms: int) -> bool:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._leased(lease)
            if row is None or row.held.sent != lease.held.sent:
                return False
            before = row.held.intent
            again = before is not None and row.sent == row.held.sent
            tries = before.tries + 1 if before is not None and again else 1
            row.sent = row.held.sent
            row.held = replace(row.held, state="renewing", intent=Intent(lease.fence, at_ms, tries))
            return True

    def append(self, lease: Lease, answer: Answer) -> None:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._row(lease.id)
            if row is not None:
                row.answers[answer.fence] = answer

    def unread(self, held: Held) -> list[Answer]:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._row(held.id)
            return [] if row is None else [row.answers[fence] for fence in sorted(row.answers)]

    def swap(self, held: Held, answer: Answer, renewed: Renewed) -> Held | None:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._row(held.id)
            if row is None:
                return None
            row.answers.pop(answer.fence, None)
            if row.held.sent != answer.sent or row.held.swapped_fence >= answer.fence:
                return None
            row.held = swapped(row.held, answer.fence, renewed)
            return row.held

    def settle(self, held: Held, setback: Setback, fence: int) -> bool:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._row(held.id)
            if row is None:
                return False
            others = [a for a in row.answers.values() if a.fence != fence and not a.is_aside]
            if setback.consumes:
                row.answers.pop(fence, None)
            elif fence in row.answers:
                row.answers[fence] = replace(row.answers[fence], is_aside=True)
            if row.held.sent != held.sent or row.held.swapped_fence >= fence:
                return False
            is_overtaken = _is_overtaken(row, fence)
            if setback.state == "dead" and (others or is_overtaken):
                return False
            row.held = replace(
                row.held,
                state=row.held.state if is_overtaken else setback.state,
                trouble=setback.trouble,
                failures=setback.failures,
                not_before_ms=setback.not_before_ms,
                renew_at_ms=setback.renew_at_ms,
                intent=row.held.intent if setback.keeps_intent or is_overtaken else None,
            )
            return True

    def release(self, lease: Lease) -> None:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._leased(lease)
            if row is not None:
                row.until_ms = 0

    def postpone(self, name: str, renew_at_ms: int | None) -> None:
        """See ``ConnectionStore``."""
        with self._lock:
            row = self._rows.get(name)
            if row is not None:
                row.held = replace(row.held, renew_at_ms=renew_at_ms)

    def forget(self, name: str) -> bool:
        """See ``ConnectionStore``."""
        with self._lock:
            return self._rows.pop(name, None) is not None

    def due(self, now_ms: int, limit: int) -> list[str]:
        """See ``ConnectionStore``."""
        with self._lock:
            waiting = [
                (row.held.renew_at_ms, name)
                for name, row in self._rows.items()
                if row.held.renew_at_ms is not None
                and row.held.renew_at_ms <= now_ms
                and row.held.state != "dead"
                and not self._is_leased(row)
            ]
        return [name for _, name in sorted(waiting)[:limit]]

    def next_due_ms(self) -> int | None:
        """See ``ConnectionStore``."""
        with self._lock:
            return min(
                (
                    row.held.renew_at_ms
                    for row in self._rows.values()
                    if row.held.renew_at_ms is not None and row.held.state != "dead"
                ),
                default=None,
            )

    def listing(self, after: str, limit: int) -> list[Held]:
        """See ``ConnectionStore``."""
        with self._lock:
            names = sorted(name for name in self._rows if name > after)[:limit]
            return [self._shown(self._rows[name]) for name in names]

    def count(self) -> dict[str, int]:
        """See ``ConnectionStore``."""
        counts = {"fresh": 0, "renewing": 0, "in_doubt": 0, "dead": 0}
        with self._lock:
            for row in self._rows.values():
                counts[self._shown(row).state] += 1
        return counts

    def charge(self, key: str, calls: int, per_seconds: int, now_ms: int) -> int:
        """See ``ConnectionStore``."""
        with self._lock:
            before = self._charged.get(key, 0)
            self._charged[key], wait_ms = charge(Budget(calls, per_seconds), before, now_ms)
            return wait_ms

    def close(self) -> None:
        """See ``ConnectionStore``. What was kept is gone."""
        with self._lock:
            self._rows.clear()

    def _row(self, id_: str) -> _Row | None:
        return next((row for row in self._rows.values() if row.held.id == id_), None)

    def _leased(self, lease: Lease) -> _Row | None:
        row = self._rows.get(lease.name)
        if row is None or row.held.id != lease.id:
            return None
        mine = row.owner == lease.owner and row.fence == lease.fence
        return row if mine and self._is_leased(row) else None

    def _is_leased(self, row: _Row) -> bool:
        return row.until_ms > self.clock.monotonic_ms()

    def _shown(self, row: _Row) -> Held:
        held, intent = row.held, row.held.intent
        if intent is not None:
            held = replace(held, intent=replace(intent, is_current=row.sent == held.sent))
        if held.state == "renewing" and not self._is_leased(row):
            held = replace(held, state="in_doubt")
        return held


def _is_overtaken(row: _Row, fence: int) -> bool:
    """Whether a call was made with the same token under a later lease: what came of that one counts."""
    intent = row.held.intent
    return intent is not None and row.sent == row.held.sent and intent.fence > fence
