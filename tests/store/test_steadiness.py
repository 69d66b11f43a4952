"""Since when a process has served without a break: what stops the clock of the retry window."""

from __future__ import annotations

import pytest

from remint.store.steadiness import Steadiness
from tests.store.stores import NOW_MS, SetClock


@pytest.fixture
def clock() -> SetClock:
    """A clock that a test moves."""
    return SetClock()


def test_time_that_passes_is_no_break(clock):
    """However long, if only both clocks run."""
    steady = Steadiness(clock)
    clock.step(10**9)
    assert steady.now_ms() == NOW_MS + 10**9
    assert steady.since_ms == NOW_MS


@pytest.mark.parametrize("jump_ms", [1_001, 10**9, -1_001, -(10**9)])
def test_a_jump_of_the_wall_clock_is_a_break(clock, jump_ms):
    """Forth or back, or a machine that slept: serving begins anew, in the new time."""
    steady = Steadiness(clock)
    clock.step(5_000)
    clock.jump(jump_ms)
    assert steady.now_ms() == steady.since_ms == NOW_MS + 5_000 + jump_ms
    clock.step(7_000)
    assert steady.now_ms() - steady.since_ms == 7_000


@pytest.mark.parametrize("jump_ms", [-1_000, -1, 1, 1_000])
def test_a_clock_that_is_nudged_is_not_a_break(clock, jump_ms):
    """Up to a second."""
    steady = Steadiness(clock)
    clock.jump(jump_ms)
    steady.now_ms()
    assert steady.since_ms == NOW_MS


def test_a_standstill_is_a_break(clock):
    """A process that was frozen misses its beats, whichever thread is the first to notice."""
    steady = Steadiness(clock)
    for _ in range(100):
        steady.beat()
        clock.step(250)
    assert steady.now_ms() - steady.since_ms == 25_000
    clock.step(2_001)
    assert steady.now_ms() == steady.since_ms
    steady.beat()
    clock.step(300_000)
    steady.beat()
    assert steady.since_ms == steady.now_ms()


def test_work_that_hung_is_a_break(clock):
    """A disk that took more than a second was an outage for whoever waited."""
    steady = Steadiness(clock)
    began_ms = clock.monotonic_ms()
    clock.step(1_000)
    steady.worked_since(began_ms)
    assert steady.since_ms == NOW_MS
    clock.step(1)
    steady.worked_since(began_ms)
    assert steady.since_ms == NOW_MS + 1_001


def test_it_is_due_once_a_second(clock):
    """For the look at the file that another may have put in place."""
    steady = Steadiness(clock)
    assert steady.due()
    assert not steady.due()
    clock.step(999)
    assert not steady.due()
    clock.step(1)
    assert steady.due() and not steady.due()


def test_a_restart_begins_anew(clock):
    """The database was away and is back."""
    steady = Steadiness(clock)
    clock.step(60_000)
    steady.restart()
    assert steady.since_ms == NOW_MS + 60_000
