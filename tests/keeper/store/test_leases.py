"""One lease at a time on a connection, whoever asks and whatever the clocks do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from remint.keeper.connection import Busy, Lease
from tests.keeper.store.given import LEASE_MS, answered, kept, leased, now, renewed
from tests.keeper.store.places import NOW_MS


def test_a_lease_is_given_once(store, another, place):
    """The second is told that somebody has it, and how the connection is now."""
    made = kept(store)
    lease = leased(store)
    assert (lease.id, lease.name, lease.owner) == (made.id, "acme", "me")
    assert lease.held == made
    assert lease.until_ms == place.clock.monotonic_ms() + LEASE_MS
    for asking in (store, another):
        for owner in ("me", "you"):
            assert asking.acquire("acme", owner, LEASE_MS) == Busy(made)


def test_a_lease_that_was_given_back_is_given_again(store, another):
    """At once, and with a greater fence."""
    kept(store)
    first = leased(store)
    store.release(first)
    second = leased(another, owner="you")
    assert second.fence > first.fence


def test_a_lease_runs_out(store, another, place):
    """Not a millisecond early, and then it can no longer be used."""
    kept(store)
    first = leased(store)
    place.clock.step(LEASE_MS - 1)
    assert isinstance(another.acquire("acme", "you", LEASE_MS), Busy)
    place.clock.step(1)
    assert store.extend([first], LEASE_MS) == []
    assert not store.intend(first, NOW_MS)
    second = leased(another, owner="you")
    assert second.fence > first.fence
    store.release(first)
    assert isinstance(store.acquire("acme", "me", LEASE_MS), Busy)


def test_a_lease_is_extended_while_it_holds(store, another, place):
    """Those that still hold come back, with a later end."""
    for name in ("a", "b", "c"):
        kept(store, name)
    short = leased(store, "a", lease_ms=1_000)
    gone = leased(store, "b")
    long = leased(store, "c")
    store.release(gone)
    place.clock.step(1_000)
    assert store.extend([short, gone, long], LEASE_MS) == [long]
    assert long.until_ms == place.clock.monotonic_ms() + LEASE_MS
    place.clock.step(LEASE_MS - 1)
    assert isinstance(another.acquire("c", "you", LEASE_MS), Busy)
    assert store.extend([long], LEASE_MS) == [long]
    assert store.extend([], LEASE_MS) == []


def test_a_lost_lease_is_not_won_back(store, another, place):
    """Neither by extending nor by intending, though the new one is over as well."""
    kept(store)
    first = leased(store)
    place.clock.step(LEASE_MS)
    another.release(leased(another, owner="you"))
    assert store.extend([first], LEASE_MS) == []
    assert not store.intend(first, NOW_MS)
    assert now(store).intent is None


def test_fences_only_grow(store, another, place):
    """Over releases, ends, swaps and processes."""
    kept(store)
    fences = []
    for number in range(12):
        asked = (store, another)[number % 2]
        lease = leased(asked)
        fences.append(lease.fence)
        if number % 3 == 0:
            assert asked.swap(lease.held, answered(asked, lease), renewed(number)) is not None
        if number % 4 == 0:
            place.clock.step(LEASE_MS)
        else:
            asked.release(lease)
    assert fences == sorted(set(fences))


def test_the_wall_clock_means_nothing_to_a_lease(store, another, place):
    """It may be set to anything; the stopwatch counts."""
    kept(store)
    lease = leased(store)
    for jump in (-(10**9), 2 * 10**9, 10**10):
        place.clock.jump(jump)
        assert isinstance(another.acquire("acme", "you", LEASE_MS), Busy)
    place.clock.step(1)
    assert store.extend([lease], LEASE_MS) == [lease]


def test_a_lease_shows_the_connection_as_it_was(store):
    """What comes after does not change it: the holder decides by what it saw."""
    kept(store)
    lease = leased(store)
    store.swap(lease.held, answered(store, lease), renewed(1))
    assert lease.held.tokens.refresh_token == "refresh-0"


def test_of_many_threads_one_gets_the_lease(store, another):
    """However many ask at once, through however many stores."""
    kept(store)
    with ThreadPoolExecutor(16) as pool:
        for _ in range(20):
            asked = [
                pool.submit((store, another)[at % 2].acquire, "acme", f"owner {at}", LEASE_MS)
                for at in range(16)
            ]
            won = [found for each in asked if isinstance(found := each.result(), Lease)]
            assert len(won) == 1
            (store, another)[int(won[0].owner.split()[1]) % 2].release(won[0])
