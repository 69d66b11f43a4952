"""Under ``keep`` a refresh token stays as it is: a renewal is a read, but for budget and idle clock."""

from __future__ import annotations

import pytest

from remint.grant import Budget, Outcome, Policy
from tests.grant.rows import DAY, KEEP, NOW, NOW_MS, present, row

HOUR_MS = 3_600_000
IDLE_MS = 30 * DAY * 1000


def test_a_kept_token_is_a_read():
    """Within the hour nothing is written."""
    grant = row(0, age_ms=HOUR_MS - 1)
    verdict = present(grant, 0, policy=KEEP)
    assert verdict.outcome is Outcome.KEPT and verdict.grant is grant


def test_the_idle_clock_is_written_after_the_hour():
    """And only it."""
    verdict = present(row(0, age_ms=HOUR_MS), 0, policy=KEEP)
    assert verdict.outcome is Outcome.KEPT
    assert verdict.grant == row(0, age_ms=0)


def test_without_an_idle_lifetime_there_is_no_idle_clock():
    """However long ago."""
    grant = row(0, age_ms=400 * DAY * 1000)
    policy = Policy(rotation="keep", idle_lifetime_seconds=None)
    assert present(grant, 0, policy=policy).grant is grant


def test_the_doubt_about_idleness_is_the_clients_gain():
    """The idle clock may be an hour stale, so the lifetime is an hour longer."""
    assert present(row(0, age_ms=IDLE_MS + HOUR_MS - 1), 0, policy=KEEP).outcome is Outcome.KEPT
    assert present(row(0, age_ms=IDLE_MS + HOUR_MS), 0, policy=KEEP).outcome is Outcome.EXPIRED


@pytest.mark.parametrize("generation", [0, 1, 4, 6])
def test_any_other_generation_is_refused(generation):
    """Without alarm, and without revoking: the generation stands still."""
    grant = row(5)
    verdict = present(grant, generation, policy=KEEP)
    assert verdict.outcome is Outcome.REVOKED and verdict.grant is grant


def test_a_kept_renewal_is_charged():
    """There are no retries under ``keep``: each renewal counts."""
    policy = Policy(rotation="keep", budget=Budget(1, 60))
    first = present(row(0), 0, policy=policy)
    assert first.outcome is Outcome.KEPT and first.grant.budget_at_ms == NOW_MS + 60_000
    over = present(first.grant, 0, policy=policy)
    assert (over.outcome, over.retry_after_ms) == (Outcome.OVER_BUDGET, 60_000)
    assert over.grant is first.grant


def test_revoked_and_expired_come_first():
    """As under ``rotate``."""
    assert present(row(0, revoked_at=NOW), 0, policy=KEEP).outcome is Outcome.REVOKED
    assert present(row(0, expires_at=NOW), 0, policy=KEEP).outcome is Outcome.EXPIRED
