"""A provider that says stop is left alone, by those whom nobody waits for."""

from __future__ import annotations

import asyncio
import time

from remint import AsyncKeeper, Scheduler, Timing
from remint.keeper.store.memory import MemoryStore
from tests.keeper.provider import provider, refresh_token, reply

COUNT = 40


async def make(keeper: AsyncKeeper, base_url: str) -> None:
    """Connections that are all overdue, though their tokens still work."""
    store = keeper.around.store
    for number in range(COUNT):
        await keeper.connect(
            f"c{number}",
            "oauth2",
            base_url=base_url,
            client_id="app",
            client_secret="s3cret-of-app",
            refresh_token=refresh_token(f"user{number}"),
        )
        store.postpone(f"c{number}", 1)


async def test_one_429_keeps_a_scheduler_from_asking_for_all():
    """Only those under way when the first refusal comes see it too; the rest wait, and lose nothing."""
    with provider() as made:
        keeper = AsyncKeeper(MemoryStore(), timing=Timing(first_pause_seconds=30))
        await make(keeper, made.base_url)
        before = len(made.calls)
        made.do(*(reply(429, b"{}", Retry_After="30") for _ in range(COUNT)))
        scheduler = Scheduler(keeper, at_once=2, poll_seconds=0.01)
        running = asyncio.create_task(scheduler.run())
        while any(
            status.renew_at_ms is not None and status.renew_at_ms < keeper.around.clock.now_ms()
            for status in keeper.statuses()
        ):
            await asyncio.sleep(0.01)
        await scheduler.stop()
        await running
        assert len(made.calls) - before <= 2
        assert {status.state for status in keeper.statuses()} == {"fresh"}
        made.script.clear()
        # Whoever needs a token now may still ask for it.
        assert await keeper.renew("c39")
        await keeper.close()


async def test_a_provider_that_answers_nothing_keeps_nobody_else_waiting():
    """Each call to it takes until it is given up: after a few it is tried only now and then."""
    with provider() as silent, provider() as other:
        keeper = AsyncKeeper(
            MemoryStore(), timing=Timing(first_pause_seconds=300, answer_seconds=0.1)
        )
        await make(keeper, silent.base_url)
        await keeper.connect(
            "other",
            "oauth2",
            base_url=other.base_url,
            client_id="app",
            client_secret="s3cret-of-app",
            refresh_token=refresh_token("other"),
        )
        keeper.around.store.postpone("other", 2)
        before = len(silent.calls)
        silent.do(*(lambda *_: time.sleep(0.5) for _ in range(COUNT)))
        scheduler = Scheduler(keeper, at_once=2, poll_seconds=0.01)
        running = asyncio.create_task(scheduler.run())
        now_ms = keeper.around.clock.now_ms()
        while any((each.renew_at_ms or now_ms) < now_ms for each in keeper.statuses()):
            await asyncio.sleep(0.01)
        await scheduler.stop()
        await running
        assert 0 < len(silent.calls) - before < COUNT
        assert len(other.calls) == 2
        # Whoever needs a token now may still ask for it, and one answer ends it for all.
        silent.script.clear()
        assert await keeper.renew("c39")
        held = keeper.held("c39")
        assert keeper.around.throttle.silence_ms(held) == 0
        await keeper.close()
