"""The scheduler at work: who is due is renewed, a few at once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from remint import AsyncKeeper, Scheduler
from remint.keeper.store.memory import MemoryStore
from tests.keeper.provider import access_token, provider, refresh_token

_PATIENCE_SECONDS = 20


async def test_room_that_was_made_is_taken_at_once():
    """Many are due and two at once allowed: a renewal that ends makes room, whenever it ends. Nobody waits
    for the next look into the store, which would come long after this test.
    """
    names = [f"c{number}" for number in range(12)]
    with provider() as made:
        keeper = AsyncKeeper("memory:")
        for name in names:
            await keeper.connect(
                name,
                "oauth2",
                base_url=made.base_url,
                client_id="app",
                client_secret="secret",
                refresh_token=refresh_token(name),
                access_token="at-old",
                expires_at_ms=int(time.time() * 1000) - 1000,
            )
        scheduler = Scheduler(keeper, at_once=2, poll_seconds=10 * _PATIENCE_SECONDS)
        running = asyncio.create_task(scheduler.run())
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while scheduler.renewals < len(names):
                await asyncio.sleep(0.01)
        await scheduler.stop()
        await running
        assert {await keeper.token(name) for name in names} == {
            access_token(name, 1) for name in names
        }
        await keeper.close()


async def test_a_fault_of_a_stores_own_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture):
    """Left due, it would come first in every round, and be logged in each."""

    class FaultyStore(MemoryStore):
        def intend(self, *_: Any) -> bool:
            raise KeyError("a fault")

    store = FaultyStore()
    keeper = AsyncKeeper(store)
    await keeper.connect(
        "crm",
        "oauth2",
        base_url="http://127.0.0.1:9",
        client_id="app",
        client_secret="secret",
        refresh_token="rt",
        access_token="at",
        expires_at_ms=int(time.time() * 1000) - 1000,
    )
    scheduler = Scheduler(keeper, poll_seconds=0.01)
    running = asyncio.create_task(scheduler.run())
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while (keeper.held("crm").renew_at_ms or 0) < time.time() * 1000:
            await asyncio.sleep(0.01)
    await scheduler.stop()
    await running
    assert "crm cannot be renewed" in caplog.text
    await keeper.close()
