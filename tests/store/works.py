"""Presentations for the group commit, judged by the real rules, that note what becomes of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from remint.errors import StoreUnavailable
from remint.grant import Grant, Outcome, Presentation, judge
from remint.store.protocols import AuditEvent, Change, Exchange, GrantBackend, Held
from remint.store.steadiness import Steadiness


class Shown:
    """A ``Work``: the token of one generation. ``outcome`` and ``successor`` are what the client was told."""

    def __init__(self, grant: Grant, generation: int, *, app_id: int | None = None) -> None:
        self.grant_id = grant.id
        self.generation = generation
        self.app_id = grant.app_id if app_id is None else app_id
        self.outcome: Outcome | None = None
        self.successor: tuple[int, int] | None = None
        self.error: StoreUnavailable | None = None
        self.judged = 0
        self.prepared = 0
        self.arrived_at_ms: int | None = None
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def waits_since(self, at_ms: int) -> None:
        """See ``Work``."""
        self.arrived_at_ms = at_ms if self.arrived_at_ms is None else min(self.arrived_at_ms, at_ms)

    def judge(
        self, held: Held | None, now_ms: int, serving_since_ms: int
    ) -> tuple[Grant | None, list[AuditEvent]]:
        """See ``Work``."""
        self.judged += 1
        self.outcome = self.successor = None
        if held is None:
            return None, [AuditEvent(now_ms, "orphaned", grant_id=self.grant_id)]
        arrived_at_ms = now_ms if self.arrived_at_ms is None else self.arrived_at_ms
        verdict = judge(
            held.grant,
            held.terms.policy,
            Presentation(self.app_id, self.generation, arrived_at_ms),
            now_ms=now_ms,
            serving_since_ms=serving_since_ms,
            mint_key_id=held.grant.key_id + 1,
        )
        self.outcome = verdict.outcome
        if verdict.outcome.renews:
            self.successor = (verdict.grant.generation, verdict.grant.key_id)
        return verdict.grant, []

    def prepare(self) -> None:
        """See ``Work``."""
        self.prepared += 1

    def settle(self, error: StoreUnavailable | None) -> None:
        """See ``Work``."""
        self.error = error
        self.settled.set_result(None)


class Watched:
    """A backend that notes each exchange, can be held up, and does something before one of them."""

    def __init__(self, backend: GrantBackend) -> None:
        self.backend = backend
        self.steadiness: Steadiness = backend.steadiness
        self.writes: list[list[Change]] = []
        self.reads: list[list[bytes]] = []
        self.before: Callable[[list[Change]], None] = lambda _changes: None
        self.may_go = threading.Event()
        self.may_go.set()
        self.closed = False

    def exchange(
        self, changes: list[Change], events: list[AuditEvent], wanted: list[bytes]
    ) -> Exchange:
        """See ``GrantBackend``."""
        self.may_go.wait(30)
        self.before(changes)
        if changes or events:
            self.writes.append(changes)
        self.reads.append(wanted)
        return self.backend.exchange(changes, events, wanted)

    def close(self) -> None:
        """See ``GrantBackend``."""
        self.closed = True
        self.backend.close()
