"""The renewal budget: exact, and no client's loss when the clock jumps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.grant import Budget, charge

NOW_MS = 1_800_000_000_000
budgets = st.builds(Budget, st.integers(1, 50), st.integers(1, 3600))
pauses_ms = st.lists(st.integers(0, 200_000), max_size=80)
jumps_ms = st.lists(st.integers(-10_000_000, 10_000_000), max_size=40)


def accepted(budget: Budget, times: list[int]) -> list[int]:
    """The times among ``times`` at which a renewal was let through."""
    until, passed = 0, []
    for now_ms in times:
        until, wait_ms = charge(budget, until, now_ms)
        if not wait_ms:
            passed.append(now_ms)
    return passed


@pytest.mark.parametrize("values", [(0, 1), (1, 0), (-1, 10)])
def test_a_budget_of_nothing_is_none(values):
    """Neither part may be below 1."""
    with pytest.raises(ValueError, match="at least 1 renewal"):
        Budget(*values)


def test_a_burst_is_exactly_the_budget():
    """So many at once, and then one whenever a share of the period has passed."""
    budget = Budget(5, 60)
    assert len(accepted(budget, [NOW_MS] * 20)) == 5
    late = [NOW_MS] * 20 + [NOW_MS + 11_999, NOW_MS + 12_000, NOW_MS + 12_001]
    assert accepted(budget, late) == [NOW_MS] * 5 + [NOW_MS + 12_000]


def test_the_wait_is_told_to_the_millisecond():
    """Coming back after the wait works, a millisecond before it does not; a refusal charges nothing."""
    budget, until = Budget(2, 10), 0
    for _ in range(2):
        until, _wait = charge(budget, until, NOW_MS)
    refused_until, wait_ms = charge(budget, until, NOW_MS)
    assert (refused_until, wait_ms) == (until, 5_000)
    assert charge(budget, until, NOW_MS + wait_ms - 1)[1] == 1
    assert charge(budget, until, NOW_MS + wait_ms)[1] == 0


@given(budgets, pauses_ms)
def test_no_window_holds_more_than_burst_and_refill(budget, pauses):
    """In any span, however requests come: the burst, and what the span refills."""
    times, now_ms = [], NOW_MS
    for pause in pauses:
        now_ms += pause
        times.append(now_ms)
    passed = accepted(budget, times)
    share_ms = budget.per_seconds * 1000 // budget.renewals
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span_ms = passed[last] - passed[first]
            # A share is whole milliseconds, rounded down: at most one more than the exact figure.
            assert last - first + 1 <= budget.renewals + 1 + span_ms // share_ms


@given(budgets, st.integers(0, 100))
def test_a_client_within_its_budget_is_never_refused(budget, extra_ms):
    """One that renews evenly, at its rate or slower, always gets through."""
    step_ms = -(-budget.per_seconds * 1000 // budget.renewals) + extra_ms
    times = [NOW_MS + turn * step_ms for turn in range(60)]
    assert accepted(budget, times) == times


@given(budgets, jumps_ms)
def test_no_jump_of_the_clock_makes_anybody_wait_longer_than_the_period(budget, jumps):
    """Forth or back, by hours: the wait stays below a period, and ends."""
    until, now_ms = 0, NOW_MS
    for jump in jumps:
        now_ms += jump
        until, wait_ms = charge(budget, until, now_ms)
        assert 0 <= wait_ms <= budget.per_seconds * 1000
        if wait_ms:
            assert charge(budget, until, now_ms + wait_ms)[1] == 0


def test_a_clock_that_was_set_back_ends_nobodys_session():
    """A timestamp from the future lets one renewal through and is forgotten."""
    budget = Budget(4, 60)
    until, wait_ms = charge(budget, NOW_MS + 86_400_000, NOW_MS)
    assert (until, wait_ms) == (NOW_MS + 60_000, 0)
    assert charge(budget, until, NOW_MS)[1] == 15_000


@given(budgets, st.integers(0, 2 * NOW_MS), st.integers(0, NOW_MS))
def test_an_accepted_renewal_never_moves_the_mark_beyond_a_period(budget, until, now_ms):
    """So a burst of any kind is forgotten after one period."""
    after, wait_ms = charge(budget, until, now_ms)
    if not wait_ms:
        assert now_ms < after <= now_ms + budget.per_seconds * 1000
