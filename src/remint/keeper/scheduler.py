"""Keeps every connection of a store fresh, with nobody asking.

What is due is asked of the store, a little at a time: memory does not grow with the number of connections.
Several processes may do it beside each other; the leases see to it that each renewal is made once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import Final

from remint.errors import ConnectionDead, RemintError, RenewalDelayed, UnknownConnection
from remint.keeper.asynckeeper import AsyncKeeper

_log = logging.getLogger("remint.keeper")

#: How long a connection that cannot be renewed for a fault of ours is left alone.
_FAULT_PAUSE_MS: Final = 300_000
_LEAST_PAUSE_MS: Final = 1000
#: So many times as many are asked for as can be taken, that processes beside each other seldom meet.
_SPREAD: Final = 4


class Scheduler:
    """Renews what falls due in the store of ``keeper``.

    ``at_once`` is how many renewals may be under way together, ``poll_seconds`` how long at most it takes to
    notice a connection that somebody else has made or moved.
    """

    def __init__(
        self, keeper: AsyncKeeper, *, at_once: int = 64, poll_seconds: float = 1.0
    ) -> None:
        self._keeper = keeper
        self._around = keeper.around
        self._at_once = at_once
        self._poll_seconds = poll_seconds
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._freed = asyncio.Event()
        self._is_behind = False
        self.renewals = 0  #: made since the start
        self.overdue_ms = 0  #: for how long the oldest of those due has been waiting

    async def run(self) -> None:
        """Runs until ``stop`` is called. A store that is away is waited for."""
        try:
            while not self._stopping.is_set():
                try:
                    pause_seconds = await self._round()
                except RemintError as error:
                    _log.warning("the scheduler waits for the store: %s", error)
                    pause_seconds = self._poll_seconds
                await self._rest(pause_seconds)
        except BaseException:
            # Not when it is stopped: then those under way are waited for.
            for task in self._tasks.values():
                task.cancel()
            raise

    async def stop(self) -> None:
        """Starts no more renewals, and waits for those under way."""
        self._stopping.set()
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _round(self) -> float:
        """Starts what is due and has room. The seconds until there may be more."""
        # A renewal that ends from here on makes room that this round does not know of.
        self._freed.clear()
        free = self._at_once - len(self._tasks)
        self._is_behind = free <= 0
        if self._is_behind:
            return self._poll_seconds
        now_ms, store = self._around.clock.now_ms(), self._around.store
        limit = free * _SPREAD + len(self._tasks)
        names = await self._keeper.blocking(lambda: store.due(now_ms, limit))
        waiting = [name for name in names if name not in self._tasks]
        for name in self._drawn(waiting, free):
            task = asyncio.get_running_loop().create_task(self._tend(name))
            self._tasks[name] = task
            task.add_done_callback(partial(self._ended, name))
        due_ms = await self._keeper.blocking(store.next_due_ms)
        self.overdue_ms = max(0, now_ms - due_ms) if waiting and due_ms is not None else 0
        self._is_behind = len(waiting) > free
        if self._is_behind:
            return self._poll_seconds
        if due_ms is None or due_ms <= now_ms:
            return self._poll_seconds
        return min(self._poll_seconds, (due_ms - now_ms) / 1000)

    def _ended(self, name: str, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(name, None)
        self._freed.set()

    def _drawn(self, names: list[str], count: int) -> list[str]:
        """Some of the names, at random where there are too many."""
        if len(names) <= count:
            return names
        offset = int(self._around.fraction() * len(names))
        return [*names[offset:], *names[:offset]][:count]

    async def _rest(self, seconds: float) -> None:
        """Waits, but no longer than until there is room for what is due or the scheduler is stopped."""
        events = [self._stopping, self._freed] if self._is_behind else [self._stopping]
        awaited = [asyncio.ensure_future(event.wait()) for event in events]
        await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in awaited:
            each.cancel()

    async def _tend(self, name: str) -> None:
        now_ms = self._around.clock.now_ms()
        try:
            held = await self._keeper.tend(name)
        except (ConnectionDead, UnknownConnection, RenewalDelayed):
            return  # the store knows, and says when it is due again
        except RemintError as error:
            _log.warning("%s cannot be renewed: %s", name, error)
            await self._postpone(name, now_ms + _FAULT_PAUSE_MS)
            return
        except Exception:  # noqa: BLE001
            # A fault in a store or a hook of somebody's own: left due, it would come first for ever.
            _log.exception("%s cannot be renewed", name)
            await self._postpone(name, now_ms + _FAULT_PAUSE_MS)
            return
        self.renewals += held.renewed_at_ms >= now_ms
        if held.renew_at_ms is not None and held.renew_at_ms <= now_ms:
            await self._postpone(name, now_ms + _LEAST_PAUSE_MS)

    async def _postpone(self, name: str, at_ms: int) -> None:
        with contextlib.suppress(RemintError):
            await self._keeper.blocking(lambda: self._around.store.postpone(name, at_ms))
