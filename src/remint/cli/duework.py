"""``remint renew --all-due``: what is due now, a little at a time, and then the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from remint.cli.keeping import opened_async_keeper
from remint.cli.output import remark
from remint.errors import RemintError, RenewalDelayed, UnknownConnection
from remint.keeper.asynckeeper import AsyncKeeper

_AT_ONCE: Final = 16
_PAGE: Final = 256


@dataclass
class Done:
    """What came of it."""

    renewed: int = 0
    failed: int = 0
    tried: set[str] = field(default_factory=set)


async def renew_all_due(store: str | None, dialects: Sequence[Path] | None) -> Done:
    """Tries each connection that is due once."""
    done = Done()
    async with opened_async_keeper(store, dialects) as keeper:
        room = asyncio.Semaphore(_AT_ONCE)
        while names := await _due(keeper, done):
            done.tried.update(names)
            await asyncio.gather(*(_tend(keeper, name, done, room) for name in names))
    return done


async def _due(keeper: AsyncKeeper, done: Done) -> list[str]:
    around = keeper.around
    # What could not be renewed for a fault of ours stays due, and in front.
    limit = _PAGE + len(done.tried)
    found = await keeper.blocking(lambda: around.store.due(around.clock.now_ms(), limit))
    return [name for name in found if name not in done.tried][:_PAGE]


async def _tend(keeper: AsyncKeeper, name: str, done: Done, room: asyncio.Semaphore) -> None:
    async with room:
        began_ms = keeper.around.clock.now_ms()
        try:
            held = await keeper.tend(name)
        except (RenewalDelayed, UnknownConnection):
            return  # it is known when it is due again, or it is gone
        except RemintError as error:
            done.failed += 1
            remark(f"remint: {error}")
        else:
            done.renewed += held.renewed_at_ms >= began_ms
