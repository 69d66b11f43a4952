"""Limits that all who share a store keep to together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.keeper.store.places import NOW_MS


def test_a_limit_is_kept_by_all_together(store, another):
    """So many calls at once, then one for each share of the time."""
    asked = [(store, another)[at % 2].charge("acme", 4, 60, NOW_MS) for at in range(6)]
    assert asked == [0, 0, 0, 0, 15_000, 15_000]
    assert store.charge("acme", 4, 60, NOW_MS + 14_999) == 1
    assert another.charge("acme", 4, 60, NOW_MS + 15_000) == 0
    assert store.charge("acme", 4, 60, NOW_MS + 15_000) == 15_000
    assert store.charge("acme", 4, 60, NOW_MS + 300_000) == 0


def test_each_key_has_a_limit_of_its_own(store):
    """One provider's throttle is not another's."""
    assert [store.charge("a", 1, 60, NOW_MS), store.charge("b", 1, 60, NOW_MS)] == [0, 0]
    assert store.charge("a", 1, 60, NOW_MS) == 60_000


def test_a_wait_is_not_charged(store):
    """Who asks again and again waits no longer for it."""
    store.charge("acme", 1, 60, NOW_MS)
    waits = [store.charge("acme", 1, 60, NOW_MS + at) for at in (0, 1_000, 59_999)]
    assert waits == [60_000, 59_000, 1]
    assert store.charge("acme", 1, 60, NOW_MS + 60_000) == 0


def test_a_clock_that_was_set_back_blocks_nobody(store):
    """What was charged in a future that is none any more is brought back."""
    store.charge("acme", 1, 60, NOW_MS + 10**9)
    assert store.charge("acme", 1, 60, NOW_MS) == 0
    assert store.charge("acme", 1, 60, NOW_MS) == 60_000


def test_a_limit_is_exact_over_threads(store, another):
    """However many ask in one moment."""
    with ThreadPoolExecutor(16) as pool:
        asked = [
            pool.submit((store, another)[at % 2].charge, "acme", 10, 60, NOW_MS) for at in range(64)
        ]
        assert sum(each.result() == 0 for each in asked) == 10
