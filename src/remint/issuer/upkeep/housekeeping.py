"""What has to be done now and then: ended grants go, keys succeed each other, old records go.

In small steps with pauses, so that no renewal waits for it. Nothing depends on when it runs, or whether.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from remint.errors import RemintError
from remint.issuer.installation import Installation
from remint.issuer.metrics import Metrics
from remint.issuer.upkeep.activity import forget_old

_STEP_ROWS: Final = 100
_STEP_SECONDS: Final = 0.5
_SWEEP_PAUSE_SECONDS: Final = 600.0
_KEYS_SECONDS: Final = 60.0
_log = structlog.get_logger("remint")


class Housekeeping:
    """Runs beside one server process. Several may run at once: each step is harmless to repeat."""

    def __init__(self, installation: Installation, metrics: Metrics) -> None:
        self._installation = installation
        self._metrics = metrics
        self._place = 0

    async def run(self) -> None:
        """Goes on until cancelled."""
        await asyncio.gather(self._sweep(), self._rotate())

    def purge_step(self) -> bool:
        """Looks at the next hundred grants, the oldest audit events, invitations, counters and kept answers.

        ``True`` once nothing of it is left.
        """
        settings = self._installation.settings
        grace_seconds = settings.purge_after_days * 86_400
        self._place, removed = self._installation.ledger.purge(
            self._place, limit=_STEP_ROWS, grace_seconds=grace_seconds
        )
        self._metrics.purged += removed
        now_ms = self._installation.clock.now_ms()
        before_ms = now_ms - settings.audit_days * 86_400_000
        before_s = now_ms // 1000 - grace_seconds
        more = self._installation.trail.purge(before_ms, limit=_STEP_ROWS) == _STEP_ROWS
        more |= self._installation.idempotency.purge(limit=_STEP_ROWS) == _STEP_ROWS
        more |= self._installation.invitations.purge(before_s, limit=_STEP_ROWS) == _STEP_ROWS
        more |= forget_old(self._installation)
        if self._place or more:
            return False
        self._installation.database.trim_journal()
        return True

    async def _sweep(self) -> None:
        while True:
            done = await self._quietly("purge", self.purge_step)
            await asyncio.sleep(_SWEEP_PAUSE_SECONDS if done in (True, None) else _STEP_SECONDS)

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(_KEYS_SECONDS)
            await self._quietly("key_rotation", self._installation.keys.rotate_if_due)

    async def _quietly(self, what: str, step: Callable[[], object]) -> object:
        try:
            return await asyncio.to_thread(step)
        except RemintError as error:
            _log.warning("housekeeping_failed", what=what, reason=str(error))
            return None
