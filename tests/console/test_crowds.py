"""Many who ask at once: those who work go on, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import threading

import pytest

from remint.issuer.console.threads import Crowded, Threads


async def test_more_than_can_wait_are_told_at_once():
    """So many are served, one after the other; the next hears that it is too many, until there is room."""
    threads, gate = Threads(2, "test"), threading.Event()
    try:
        waiting = [asyncio.create_task(threads.run(gate.wait)) for _ in range(34)]
        await asyncio.sleep(0)
        with pytest.raises(Crowded):
            await threads.run(gate.wait)
        gate.set()
        assert all(await asyncio.gather(*waiting))
        assert await threads.run(gate.wait)
    finally:
        gate.set()
        threads.close()
