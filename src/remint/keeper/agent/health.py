"""Whether the agent can do its work, and its numbers: looked up once for all who ask at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from remint.errors import StoreError
from remint.keeper.agent.metrics import Gauges, Metrics
from remint.keeper.agent.treasury import Treasury

_FRESH_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 5.0
_log = logging.getLogger("remint.agent")


class Health:
    """Looks at the store for those who watch.

    Anybody on the machine may ask whether the agent is ready, so an answer serves for a second: asking all
    the time costs no more than asking now and then. ``is_scheduled`` tells whether the scheduler runs, and
    ``lag_seconds`` how late it is.
    """

    def __init__(
        self,
        treasury: Treasury,
        metrics: Metrics,
        is_scheduled: Callable[[], bool],
        lag_seconds: Callable[[], float],
    ) -> None:
        self._treasury = treasury
        self._metrics = metrics
        self._is_scheduled = is_scheduled
        self._lag_seconds = lag_seconds
        self._trouble = ""
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def trouble(self) -> str:
        """What keeps the agent from renewing; empty where nothing does."""
        if not self._is_scheduled():
            return "the scheduler has stopped"
        now = asyncio.get_running_loop().time
        async with self._looking:
            if now() - self._looked_at > _FRESH_SECONDS:
                self._trouble = await self._look()
                self._looked_at = now()
        return self._trouble

    async def exposition(self) -> bytes:
        """The numbers, in Prometheus' text format."""
        gauges = Gauges(lag_seconds=self._lag_seconds())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                gauges.states, gauges.overdue_seconds = await self._treasury.tally()
        except (StoreError, TimeoutError):
            self._metrics.store_errors += 1
        return self._metrics.exposition(gauges)

    async def _look(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._treasury.look()
        except (StoreError, TimeoutError) as error:
            self._metrics.store_errors += 1
            _log.warning("the store does not answer", exc_info=error)
            return "the store does not answer"
        return ""
