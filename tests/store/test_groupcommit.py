"""Group commit: what arrives while one commit is under way shares the next, and nobody is told too early."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from remint.errors import StoreUnavailable
from remint.grant import Outcome
from remint.store.groupcommit import MAX_BATCH, GroupCommit
from remint.store.protocols import Change
from remint.store.sqlite.backend import SQLiteBackend
from tests.store.stores import advanced, done, one
from tests.store.works import Shown, Watched


@asynccontextmanager
async def serving(store, **options) -> AsyncIterator[tuple[GroupCommit, Watched]]:
    """A group commit over the real store, closed at the end."""
    watched = Watched(store.backend())
    group = GroupCommit(watched, **options)
    yield group, watched
    watched.may_go.set()
    if not watched.closed:
        await asyncio.wait_for(group.close(), 20)


async def answered(*works: Shown) -> None:
    """Waits until each was settled, once."""
    await asyncio.wait_for(asyncio.gather(*(work.settled for work in works)), 20)


async def test_a_renewal_is_answered_after_its_commit(store):
    """Judged and prepared once; durable in another's eyes by the time it is settled."""
    grant = store.grant()
    async with serving(store) as (group, _):
        work = Shown(grant, 0)
        group.submit(work)
        await answered(work)
        assert (work.outcome, work.error, work.judged, work.prepared) == (
            Outcome.ADVANCED,
            None,
            1,
            1,
        )
        assert one(store.backend(), grant).generation == 1


async def test_many_with_one_token_get_one_successor_and_one_write(store):
    """Sixty-four at once: one advance, the rest retries, one row written once."""
    grant = store.grant()
    async with serving(store) as (group, watched):
        works = [Shown(grant, 0) for _ in range(64)]
        for work in works:
            group.submit(work)
        await answered(*works)
        assert {work.successor for work in works} == {(1, 2)}
        assert [work.outcome for work in works[:2]] == [Outcome.ADVANCED, Outcome.RETRIED]
        assert [len(changes) for changes in watched.writes] == [1]
        assert one(store.backend(), grant).retries == 3


async def test_what_comes_during_a_commit_came_before_its_answers(store):
    """The last token but one, shown during the commit that outdates it: no verdict, no log-out."""
    grant = store.grant()
    async with serving(store) as (group, watched):
        first = Shown(grant, 0)
        group.submit(first)
        await answered(first)
        newest, older = Shown(grant, 1), Shown(grant, 0)
        loop = asyncio.get_running_loop()

        def during_commit(changes: list[Change]) -> None:
            if changes:
                older.arrived_at_ms = store.clock.now_ms() + 50
                loop.call_soon_threadsafe(group.submit, older)
                time.sleep(0.05)

        watched.before = during_commit
        group.submit(newest)
        await answered(newest, older)
        assert (newest.outcome, older.outcome) == (Outcome.ADVANCED, Outcome.OVERTAKEN)


async def test_a_batch_is_judged_in_the_order_of_arrival(store):
    """The second of one batch sees what the first did."""
    grant = store.grant()
    async with serving(store) as (group, _):
        store.clock.step(5)
        works = [Shown(grant, generation) for generation in (0, 1, 2, 1)]
        works[-1].arrived_at_ms = store.clock.now_ms() - 1
        for work in works:
            group.submit(work)
        await answered(*works)
        assert [work.outcome for work in works] == [Outcome.ADVANCED] * 3 + [Outcome.OVERTAKEN]
        assert one(store.backend(), grant).generation == 3


async def test_what_arrives_during_a_commit_shares_the_next(store):
    """However many: batches of at most 256, and sizes told to whoever counts them."""
    grants = store.many(300)
    sizes: list[int] = []
    async with serving(store, on_batch=sizes.append) as (group, watched):
        watched.may_go.clear()
        works = [Shown(grant, 0) for grant in grants]
        group.submit(works[0])
        await asyncio.sleep(0.01)
        for work in works[1:]:
            group.submit(work)
        assert group.depth == 299
        watched.may_go.set()
        await answered(*works)
        assert sizes == [1, MAX_BATCH, 43]
        assert {work.successor for work in works} == {(1, 2)}


async def test_beyond_the_bound_is_turned_away(store):
    """At once, with a time to come back; those before it are answered."""
    grant = store.grant()
    async with serving(store, bound=3) as (group, watched):
        watched.may_go.clear()
        first, *rest = [Shown(grant, 0) for _ in range(4)]
        group.submit(first)
        await asyncio.sleep(0.01)
        for work in rest:
            group.submit(work)
        with pytest.raises(StoreUnavailable, match="too many") as told:
            group.submit(Shown(grant, 0))
        assert told.value.retry_after_seconds == 1
        watched.may_go.set()
        await answered(first, *rest)
        late = Shown(grant, 1)
        group.submit(late)
        await answered(late)
        assert late.outcome is Outcome.ADVANCED


async def test_a_conflict_is_judged_anew(store):
    """Another process was first: what it changed holds only once it was read again."""
    grant, other = store.grant(1), store.grant(2)
    theirs = store.backend()
    async with serving(store) as (group, watched):
        pending = [advanced(grant, key_id=2)]

        def race(changes: list) -> None:
            if changes and pending:
                assert done(theirs.exchange([pending.pop()], [], []))

        watched.before = race
        works = [Shown(grant, 0), Shown(other, 0)]
        for work in works:
            group.submit(work)
        await answered(*works)
        assert [work.outcome for work in works] == [Outcome.RETRIED, Outcome.ADVANCED]
        assert [work.successor for work in works] == [(1, 2), (1, 2)]
        assert works[0].judged == 2
        assert one(theirs, other).generation == 1


async def test_what_was_lost_is_judged_anew_in_its_order(store):
    """Several presentations of the grant that another process changed, and one that came behind them."""
    grant, others = store.grant(1), [store.grant(number) for number in (2, 3)]
    theirs = store.backend()
    async with serving(store) as (group, watched):
        pending = [advanced(grant, key_id=2)]

        def race(changes: list[Change]) -> None:
            if changes and pending:
                assert done(theirs.exchange([pending.pop()], [], []))

        watched.before = race
        watched.may_go.clear()
        works = [Shown(others[0], 0), Shown(grant, 0), Shown(grant, 1), Shown(others[1], 0)]
        for work in works:
            group.submit(work)
        await asyncio.sleep(0.01)
        behind = [Shown(grant, 2), Shown(others[0], 1)]
        for work in behind:
            group.submit(work)
        watched.may_go.set()
        await answered(*works, *behind)
        outcomes = [work.outcome for work in works + behind]
        assert outcomes == [Outcome.ADVANCED, Outcome.RETRIED, *[Outcome.ADVANCED] * 4]
        assert [work.successor for work in works] == [(1, 2), (1, 2), (2, 3), (1, 2)]
        assert [work.judged for work in works[1:3]] == [2, 2]
        # A backend that wrote the others has them answered by that.
        judged = {works[0].judged, works[3].judged}
        assert judged == ({2} if type(watched.backend) is SQLiteBackend else {1})
        assert [one(theirs, each).generation for each in (grant, *others)] == [3, 2, 1]


async def test_a_fault_in_the_commit_is_told_and_the_next_works(store):
    """Nobody is told of a renewal that is not there; the store opens itself again."""
    grant = store.grant()
    async with serving(store) as (group, _):
        store.clock.step(10)
        replay = Shown(grant, 0)
        for generation in (0, 1):
            work = Shown(grant, generation)
            group.submit(work)
            await answered(work)
        store.clock.step(10)
        store.files.journal.mkdir()
        group.submit(replay)
        await answered(replay)
        assert replay.outcome is Outcome.REUSE_DETECTED and replay.error is not None
        store.files.journal.rmdir()
        store.clock.step(300)
        assert not one(store.backend(), grant).revoked_at
        work = Shown(grant, 2)
        group.submit(work)
        await answered(work)
        assert work.error is None and work.outcome is Outcome.ADVANCED


async def test_a_fault_in_the_read_is_told(store):
    """The file is away, and comes back."""
    grant = store.grant()
    async with serving(store) as (group, _):
        with store.gone():
            lost = Shown(grant, 0)
            group.submit(lost)
            await answered(lost)
            assert lost.error is not None and lost.judged == 0
        store.clock.step(300)
        work = Shown(grant, 0)
        group.submit(work)
        await answered(work)
        assert work.outcome is Outcome.ADVANCED


async def test_a_mistake_of_ours_stops_nobody_else(store):
    """Whatever the backend raises: those in it are told, the next are served."""
    grant = store.grant()
    async with serving(store) as (group, watched):
        bad = [ZeroDivisionError("oops")]

        def fail(_changes: list) -> None:
            if bad:
                raise bad.pop()

        watched.before = fail
        works = [Shown(grant, 0), Shown(grant, 0)]
        for work in works:
            group.submit(work)
            await answered(work)
        assert works[0].error is not None and "ZeroDivisionError" in str(works[0].error)
        assert works[1].outcome is Outcome.ADVANCED


async def test_closing_answers_what_was_accepted(store):
    """And nothing after it; the backend is closed at the end."""
    grants = store.many(399)
    async with serving(store) as (group, watched):
        works = [Shown(grant, 0) for grant in grants]
        for work in works:
            group.submit(work)
        closing = asyncio.create_task(group.close())
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable, match="stopping"):
            group.submit(Shown(grants[0], 1))
        await asyncio.wait_for(closing, 20)
        assert all(work.settled.done() and work.error is None for work in works)
        assert watched.closed


async def test_an_unknown_grant_is_judged_and_its_event_kept(store):
    """No row: the work says what that means."""
    store.app()
    async with serving(store) as (group, _):
        work = Shown(store.unsaved(7), 0)
        group.submit(work)
        await answered(work)
        assert work.error is None
    assert [event.event for event in store.trail.latest()] == ["orphaned"]


async def test_a_refusal_waits_for_no_disk(store):
    """It shares a batch with a renewal, writes nothing, and says so."""
    grant = store.grant()
    async with serving(store) as (group, watched):
        work = Shown(grant, 0, app_id=999)
        group.submit(work)
        await answered(work)
        assert work.outcome is Outcome.WRONG_CLIENT
        assert watched.writes == []
