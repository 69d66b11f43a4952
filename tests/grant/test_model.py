"""Every interleaving of two honest workers, a thief, lost answers, crashes and rewinds, by the real rules."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import settings

from tests.grant.checker import explore
from tests.grant.mutants import MUTANTS, retry_is_refused
from tests.grant.steps import Scope

HONEST = Scope(thief=False, restores=False)
RESTORED = Scope(workers=1, thief=False, queues=False)
THIEF = Scope(workers=1, crashes=False, restores=False, queues=False)
MIRROR = Scope(crashes=False, restores=False, queues=False)
EVERYTHING = Scope(rotations=True)
THOROUGH = settings().max_examples > 1_000


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(HONEST, id="two honest workers, lost answers, queues, crashes"),
        pytest.param(RESTORED, id="an honest worker, crashes, rewinds"),
        pytest.param(THIEF, id="an honest worker and a thief"),
    ],
)
def test_the_promises_hold_at_any_depth(scope):
    """Exhaustively: no state is left that has not been seen."""
    report = explore(scope)
    assert report.complete and not report.broken, str(report)
    print(report)


@pytest.mark.parametrize(
    "scope, depth, thorough",
    [
        pytest.param(MIRROR, 15, 1_000, id="two honest workers and a thief"),
        pytest.param(EVERYTHING, 10, 13, id="everything, and a key rotation"),
    ],
)
def test_the_promises_hold_as_deep_as_time_allows(scope, depth, thorough):
    """Where the states are too many for every day; ``--hypothesis-profile=thorough`` looks deeper."""
    report = explore(scope, thorough if THOROUGH else depth)
    assert not report.broken, str(report)
    print(report)


@pytest.mark.parametrize(
    "judge, promise", MUTANTS.items(), ids=[judge.__name__ for judge in MUTANTS]
)
def test_a_wrong_rule_is_caught(judge, promise):
    """The checker finds the promise that each of these breaks."""
    depths = {THIEF: 30, HONEST: 12, RESTORED: 12, EVERYTHING: 8}
    reports = (explore(scope._replace(judge=judge), depth) for scope, depth in depths.items())
    broken = next((report.broken for report in reports if report.broken), "")
    assert broken.startswith(promise)


def test_a_journal_that_is_not_asserted_is_caught():
    """Without it a restored copy brings a revoked grant back."""
    report = explore(EVERYTHING._replace(asserts_journal=False), depth=10)
    assert report.broken == "I2: a revoked grant was renewed"


def test_a_broken_promise_is_told_by_the_shortest_trace():
    """The counterexample reads as a story: here, of a server that holds strictly to single use."""
    assert str(explore(HONEST._replace(judge=retry_is_refused))) == dedent(
        """\
        I1: an honest client was logged out: reuse_detected, after 6 steps:
          1. worker sends its newest token
          2. worker sends its newest token
          3. worker reaches the service
          4. worker's token 1 is advanced
          5. worker reaches the service
          6. worker's token 0 is reuse_detected"""
    )
