"""Retries in five generations running: the mark of two parties that hold the same token."""

from __future__ import annotations

import pytest

from remint.grant import Grant, Outcome
from remint.grant.rules import STREAK_LIMIT
from tests.grant.rows import present, row


def generations(grant: Grant, pattern: str) -> tuple[Grant, list[int]]:
    """Lives through ``pattern``, ``R`` for a generation with a retry; tells where the streak was raised."""
    raised = []
    for place, kind in enumerate(pattern, 1):
        grant = present(grant, grant.generation).grant
        for _ in range(2 if kind == "R" else 0):
            verdict = present(grant, grant.generation - 1)
            assert verdict.outcome is Outcome.RETRIED
            grant = verdict.grant
            if verdict.streak_raised:
                raised.append(place)
    return grant, raised


@pytest.mark.parametrize(
    "pattern, places",
    [
        ("RRRR", []),
        ("RRRRR", [5]),
        ("RRRRRRRRRRRR", [5]),
        ("RRRR.RRRR.RRRR", []),
        (".RRRRR", [6]),
        ("RRRRR.RRRRR", [5, 11]),
        ("R.R.R.R.R.R.", []),
    ],
)
def test_a_streak_is_raised_once_at_five_running(pattern, places):
    """Exactly once in a run, at its fifth generation; one without a retry ends the run."""
    assert generations(row(0), pattern)[1] == places


def test_many_retries_of_one_generation_count_once():
    """A client that tries again and again is no mirror."""
    grant = present(row(0), 0).grant
    for _ in range(50):
        grant = present(grant, 0).grant
    assert grant.retry_streak == 1


def test_a_streak_shows_the_present_run():
    """Up to the present generation, and none after a generation that saw no retry."""
    grant, _ = generations(row(0), "RRR")
    assert grant.retry_streak == 3
    grant = present(grant, grant.generation).grant
    assert grant.retry_streak == 3
    grant = present(grant, grant.generation).grant
    assert grant.retry_streak == 0
    assert STREAK_LIMIT == 5


def test_a_rewound_row_goes_on_with_its_own_count():
    """What the database forgot it cannot count; nothing else is lost."""
    grant, _ = generations(row(0), "RRR")
    assert present(grant, grant.generation + 10).grant.retry_streak == 3
