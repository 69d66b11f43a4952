"""Group commit: the renewals that arrive while one commit is under way share the next.

One transaction, one fsync, many answers, and nothing is answered before its commit. The loop judges and
signs; a thread of the store's does nothing but storage. Each hand-over carries a whole batch both ways, since
on few cores a hand-over costs more than the statements it carries::

    loop     judge k · sign k …… settle k · judge k+1 · sign k+1 ……
    thread           commit k, read k+1 ↗         commit k+1, read k+2 ↗
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, Protocol

import msgspec

from remint.errors import StoreUnavailable
from remint.grant import Grant
from remint.store.protocols import AuditEvent, Change, Exchange, GrantBackend, Held

MAX_BATCH: Final = 256


class Work(Protocol):
    """One presentation on its way through a batch. All of its methods run on the loop and never raise."""

    grant_id: bytes

    def waits_since(self, at_ms: int) -> None:
        """It came while a batch was under way that had been judged at ``at_ms``, in the database's time.

        Nobody had an answer of that batch yet: for the rules it came no later than that.
        """

    def judge(
        self, held: Held | None, now_ms: int, serving_since_ms: int
    ) -> tuple[Grant | None, list[AuditEvent]]:
        """The row as it shall be (the same object for no change) and what to put on the audit trail.

        It may be called again, if another process changed the row first.
        """

    def prepare(self) -> None:
        """Makes the answer ready while the commit is under way."""

    def settle(self, error: StoreUnavailable | None) -> None:
        """Gives the answer, or says why there is none."""


class _Batch(msgspec.Struct):
    works: list[Work]
    changes: list[Change]
    events: list[AuditEvent]


_Job = tuple[list[Change], list[AuditEvent], list[bytes]] | None


class GroupCommit:
    """Feeds a ``GrantBackend`` from one event loop. At most ``bound`` works wait; one more is turned away."""

    def __init__(
        self,
        backend: GrantBackend,
        *,
        bound: int = 10_000,
        on_batch: Callable[[int], None] = lambda _size: None,
    ) -> None:
        self._backend = backend
        self._bound = bound
        self._on_batch = on_batch
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Work] = []
        self._reading: list[Work] = []
        self._committing: _Batch | None = None
        self._judged_ms = 0
        self._busy = False
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="remint-store", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """How many works wait to be read."""
        return len(self._waiting)

    def submit(self, work: Work) -> None:
        """Takes ``work`` into the next batch. Raises ``StoreUnavailable`` when full or closing."""
        if self._closing:
            raise StoreUnavailable("the service is stopping", retry_after_seconds=2)
        if len(self._waiting) >= self._bound:
            raise StoreUnavailable("too many requests are waiting", retry_after_seconds=1)
        if self._committing is not None:
            work.waits_since(self._judged_ms)
        self._waiting.append(work)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            # Whatever else is ready on the loop joins this batch first.
            self._loop.call_soon(self._dispatch, None)

    async def close(self) -> None:
        """Answers what was accepted, then stops the thread and closes the backend."""
        self._closing = True
        await self._idle.wait()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                exchange = self._backend.exchange(*job)
            except Exception as error:  # noqa: BLE001
                # A fault of ours must not end the thread: every later request would wait for ever.
                fault = StoreUnavailable(f"the store failed: {type(error).__name__}: {error}")
                exchange = Exchange(0, 0, write_error=fault, read_error=fault)
            self._loop.call_soon_threadsafe(self._arrived, exchange)
        self._backend.close()

    def _dispatch(self, batch: _Batch | None) -> None:
        self._committing = batch
        self._reading = self._waiting[:MAX_BATCH]
        del self._waiting[:MAX_BATCH]
        wanted = [work.grant_id for work in self._reading]
        if batch is None:
            self._jobs.put(([], [], wanted))
            return
        self._jobs.put((batch.changes, batch.events, wanted))
        for work in batch.works:
            work.prepare()

    def _arrived(self, exchange: Exchange) -> None:
        reading, self._reading = self._reading, []
        if (batch := self._committing) is not None:
            self._committing = None
            if exchange.conflict:
                # Judged anew in the order in which they came, those read meanwhile behind them.
                self._waiting[:0] = batch.works + reading
                reading = []
            else:
                if exchange.lost:
                    again = [work for work in batch.works if work.grant_id in exchange.lost]
                    batch.works = [
                        each for each in batch.works if each.grant_id not in exchange.lost
                    ]
                    self._waiting[:0] = again + reading
                    reading = []
                self._finish(batch, exchange)
        if exchange.read_error is not None:
            for work in reading:
                work.settle(exchange.read_error)
            reading = []
        judged = self._judge(reading, exchange) if reading else None
        if judged is not None:
            # What came in since the rows were read came before anybody was told of this verdict.
            for work in self._waiting:
                work.waits_since(exchange.now_ms)
        if judged is not None or self._waiting:
            self._dispatch(judged)
        else:
            self._busy = False
            self._idle.set()

    def _finish(self, batch: _Batch, exchange: Exchange) -> None:
        self._on_batch(len(batch.works))
        for work in batch.works:
            work.settle(exchange.write_error)

    def _judge(self, works: list[Work], exchange: Exchange) -> _Batch | None:
        now_ms, since_ms = exchange.now_ms, exchange.serving_since_ms
        held, current = exchange.held, dict(exchange.held)
        self._judged_ms = now_ms
        batch = _Batch([], [], [])
        settled: list[Work] = []
        for work in works:
            before = current.get(work.grant_id)
            after, events = work.judge(before, now_ms, since_ms)
            batch.events += events
            if before is not None and after is not None and after is not before.grant:
                current[work.grant_id] = Held(after, before.terms)
            changed = current.get(work.grant_id) is not held.get(work.grant_id)
            (batch.works if changed or events else settled).append(work)
        for id_, now_held in current.items():
            if now_held is not held[id_]:
                batch.changes.append(Change(held[id_].grant, now_held.grant))
        for work in settled:
            # Nothing of these waits for a disk.
            work.prepare()
            work.settle(None)
        return batch if batch.works else None
