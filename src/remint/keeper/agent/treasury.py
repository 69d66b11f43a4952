"""The keeper as the agent has it: one that can be asked without waiting."""

from __future__ import annotations

import hashlib
import hmac

from remint.keeper.access import Access
from remint.keeper.asynckeeper import AsyncKeeper
from remint.keeper.connection import Held
from remint.keeper.status import Status, status_of


class Treasury(AsyncKeeper):
    """An ``AsyncKeeper`` with what an agent asks besides."""

    def at_hand(self, name: str) -> Access | None:
        """The access that is warm, at the cost of a look into a dictionary; else ``None``."""
        warm = self._tokens.get(name)
        if warm is not None and self._stopwatch() < warm.until:
            return warm.access
        return None

    async def replaced_by_digest(self, name: str, sha256: str) -> Access:
        """``replaced``, for a caller that tells only the SHA-256 of the token that was turned down."""
        held = await self.blocking(lambda: self.held(name))
        newest = held.tokens.access_token
        if newest and hmac.compare_digest(hashlib.sha256(newest.encode()).hexdigest(), sha256):
            return await self.replaced(name, newest)
        # Somebody has renewed meanwhile, maybe another process: the token at hand here may be the rejected.
        self.admit(held)
        return await self.access(name)

    async def page(self, after: str, limit: int) -> list[Status]:
        """Connections by name, from the first behind ``after``."""
        return [status_of(held) for held in await self.blocking(lambda: self._page(after, limit))]

    async def look(self) -> None:
        """Raises ``StoreError`` where the store does not answer."""
        await self.blocking(self.around.store.next_due_ms)

    async def tally(self) -> tuple[dict[str, int], float]:
        """How many connections there are by state, and for how many seconds the oldest is overdue."""
        return await self.blocking(self._tally)

    def _page(self, after: str, limit: int) -> list[Held]:
        return self.around.store.listing(after, limit)

    def _tally(self) -> tuple[dict[str, int], float]:
        store = self.around.store
        due_ms = store.next_due_ms()
        late_ms = 0 if due_ms is None else max(0, self.around.clock.now_ms() - due_ms)
        return store.count(), late_ms / 1000
