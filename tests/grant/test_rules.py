"""The table by which a presented refresh token is judged: every row of it, and the order of checks."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.grant import Budget, Outcome, Policy, Presentation, Revocation, judge, revoke
from tests.grant.rows import APP, DAY, NOW, NOW_MS, ROTATE, WINDOW_MS, present, row

IDLE_MS = 30 * DAY * 1000


def test_the_newest_token_advances_the_row():
    """g = c: one generation on, under the key of the day, now."""
    grant = row(5, age_ms=DAY)
    verdict = present(grant, 5, mint_key_id=9)
    assert verdict.outcome is Outcome.ADVANCED
    assert verdict.grant == msgspec.structs.replace(
        grant, generation=6, key_id=9, advanced_at_ms=NOW_MS
    )


@pytest.mark.parametrize("age_ms", [-5_000, 0, WINDOW_MS - 1])
def test_the_token_before_is_a_retry_within_the_window(age_ms):
    """g = c−1: the row stays but for the mark, whose second time writes nothing."""
    grant = row(5, age_ms=age_ms)
    verdict = present(grant, 4, mint_key_id=9)
    assert verdict.outcome is Outcome.RETRIED
    assert verdict.grant == msgspec.structs.replace(grant, retries=3)
    again = present(verdict.grant, 4)
    assert again.outcome is Outcome.RETRIED and again.grant is verdict.grant


@pytest.mark.parametrize("generation, age_ms", [(4, WINDOW_MS), (3, 1), (0, 1), (3, WINDOW_MS)])
def test_an_older_token_is_theft(generation, age_ms):
    """g < c−1, or c−1 after the window: revoked, for reuse."""
    verdict = present(row(5, age_ms=age_ms), generation)
    assert verdict.outcome is Outcome.REUSE_DETECTED
    assert (verdict.grant.revoked_at, verdict.grant.revoked_why) == (NOW, Revocation.REUSE)
    assert present(verdict.grant, 5).outcome is Outcome.REVOKED


@pytest.mark.parametrize("generation", [3, 0])
@pytest.mark.parametrize("age_ms", [0, 70_000])
def test_a_request_that_was_overtaken_gets_no_verdict(generation, age_ms):
    """The row advanced after it had come in, or in the same millisecond: nothing is written."""
    grant = row(5, age_ms=age_ms)
    for arrived_at_ms in (grant.advanced_at_ms, grant.advanced_at_ms - 500):
        verdict = present(grant, generation, arrived_at_ms=arrived_at_ms)
        assert verdict.outcome is Outcome.OVERTAKEN and verdict.grant is grant
    judged = present(grant, generation, arrived_at_ms=grant.advanced_at_ms + 1)
    assert judged.outcome is Outcome.REUSE_DETECTED


def test_an_overtaken_retry_is_a_retry():
    """The token before the newest, from before the advance, is one of two workers that raced."""
    assert present(row(5, age_ms=0), 4, arrived_at_ms=NOW_MS - 500).outcome is Outcome.RETRIED


def test_a_newer_token_says_that_the_database_went_back():
    """g > c: the row follows to g+1, and the older line is behind it."""
    verdict = present(row(5, age_ms=DAY), 40)
    assert verdict.outcome is Outcome.REWOUND and verdict.grant.generation == 41
    assert present(verdict.grant, 40).outcome is Outcome.RETRIED
    assert present(verdict.grant, 6, now_ms=NOW_MS + 1).outcome is Outcome.REUSE_DETECTED


@pytest.mark.parametrize("why", [Revocation.REUSE, Revocation.ASKED, Revocation.SUPERSEDED])
@pytest.mark.parametrize("generation", [0, 4, 5, 6])
def test_a_revoked_grant_is_logged_out_without_alarm(generation, why):
    """Whatever is presented: nothing is written."""
    grant = row(5, revoked_at=NOW - 1, revoked_why=int(why))
    verdict = present(grant, generation)
    assert verdict.outcome is Outcome.REVOKED and verdict.grant is grant


def test_an_epoch_that_moved_on_revokes():
    """Of the app, the subject or the workspace: their sum is not what it was."""
    assert present(row(5, epoch=2, current_epoch=3), 5).outcome is Outcome.REVOKED
    assert present(row(5, epoch=3, current_epoch=3), 5).outcome is Outcome.ADVANCED


@pytest.mark.parametrize("generation", [3, 4, 5, 6])
def test_absolute_expiry_ends_every_token(generation):
    """To the second, one that a rewound database has forgotten included."""
    grant = row(5, expires_at=NOW)
    assert present(grant, generation).outcome is Outcome.EXPIRED
    assert present(row(5, expires_at=NOW + 1), 5).outcome is Outcome.ADVANCED


def test_idleness_ends_a_grant_but_not_one_whose_use_was_forgotten():
    """A rewound row may look idle: that is not its client's doing."""
    assert present(row(5, age_ms=IDLE_MS - 1), 5).outcome is Outcome.ADVANCED
    grant = row(5, age_ms=IDLE_MS)
    assert present(grant, 5).outcome is Outcome.EXPIRED
    assert present(grant, 4).outcome is Outcome.EXPIRED
    assert present(grant, 6).outcome is Outcome.REWOUND
    never = Policy(idle_lifetime_seconds=None)
    assert present(grant, 5, policy=never).outcome is Outcome.ADVANCED


@pytest.mark.parametrize(
    "faults, outcome",
    [
        ({"app", "revoked", "expired", "old"}, Outcome.WRONG_CLIENT),
        ({"app", "old"}, Outcome.WRONG_CLIENT),
        ({"revoked", "expired", "old"}, Outcome.REVOKED),
        ({"expired", "old"}, Outcome.EXPIRED),
        ({"old", "budget"}, Outcome.REUSE_DETECTED),
        ({"budget"}, Outcome.OVER_BUDGET),
    ],
)
def test_the_order_of_checks(faults, outcome):
    """Binding, revoked, expired, generation, budget: the first that fails is the answer, and alone writes."""
    grant = row(
        5,
        revoked_at=NOW if "revoked" in faults else 0,
        expires_at=NOW - 1 if "expired" in faults else 0,
        budget_at_ms=NOW_MS + 60_000 if "budget" in faults else 0,
    )
    verdict = present(
        grant,
        1 if "old" in faults else 5,
        app_id=APP + 1 if "app" in faults else APP,
        policy=Policy(budget=Budget(1, 60)),
    )
    assert verdict.outcome is outcome
    assert (verdict.grant is grant) == (outcome is not Outcome.REUSE_DETECTED)


def test_only_an_advance_is_charged():
    """A retry is answered however much the budget is spent."""
    policy = Policy(budget=Budget(1, 60))
    first = present(row(5), 5, policy=policy).grant
    over = present(first, 6, policy=policy)
    assert (over.outcome, over.retry_after_ms, over.grant) == (Outcome.OVER_BUDGET, 60_000, first)
    retried = present(first, 5, policy=policy)
    assert retried.outcome is Outcome.RETRIED
    assert retried.grant.budget_at_ms == first.budget_at_ms
    assert present(first, 9, policy=policy).outcome is Outcome.OVER_BUDGET


def test_the_window_stands_still_while_nobody_served():
    """It counts from the moment the service came back, and then as long as ever."""
    grant = row(5, age_ms=10 * WINDOW_MS)
    back = NOW_MS - WINDOW_MS + 1
    assert present(grant, 4, serving_since_ms=back).outcome is Outcome.RETRIED
    assert present(grant, 4, serving_since_ms=back - 1).outcome is Outcome.REUSE_DETECTED
    assert present(grant, 3, serving_since_ms=NOW_MS).outcome is Outcome.REUSE_DETECTED


def test_a_retry_does_not_age_while_it_waits():
    """What counts is when it came in, not when a slow disk let it be judged."""
    grant = row(5, age_ms=5 * WINDOW_MS)
    in_time = grant.advanced_at_ms + WINDOW_MS - 1
    assert present(grant, 4, arrived_at_ms=in_time).outcome is Outcome.RETRIED
    assert present(grant, 4, arrived_at_ms=in_time + 1).outcome is Outcome.REUSE_DETECTED
    # A clock that was set back in between makes no retry late.
    assert present(row(5), 4, arrived_at_ms=NOW_MS + DAY * 1000).outcome is Outcome.RETRIED


def test_a_window_of_nothing_is_strict_single_use():
    """Policy may ask for it; the newest token still works."""
    strict = Policy(retry_window_seconds=0)
    assert present(row(5), 4, policy=strict).outcome is Outcome.REUSE_DETECTED
    assert present(row(5), 5, policy=strict).outcome is Outcome.ADVANCED


def test_the_first_reason_of_a_revocation_stays():
    """Revoking twice changes nothing."""
    once = revoke(row(5), Revocation.ASKED, NOW_MS)
    assert (once.revoked_at, once.revoked_why) == (NOW, Revocation.ASKED)
    assert revoke(once, Revocation.REUSE, NOW_MS + DAY * 1000) is once


@given(
    newest=st.integers(0, 2**32 - 2),
    presented=st.integers(0, 2**32 - 2),
    age_ms=st.integers(-100_000, 2 * IDLE_MS),
    waited_ms=st.integers(0, 100_000),
    retries=st.integers(0, 20),
)
def test_whatever_is_presented_the_row_never_goes_back(
    newest, presented, age_ms, waited_ms, retries
):
    """One verdict for everything; a renewal's row is the successor's; only a renewal or a reuse writes."""
    grant = row(newest, age_ms=age_ms, retries=retries)
    verdict = judge(
        grant,
        ROTATE,
        Presentation(APP, presented, NOW_MS - waited_ms),
        now_ms=NOW_MS,
        serving_since_ms=0,
        mint_key_id=2,
    )
    assert verdict.grant.generation >= newest
    assert verdict.outcome.renews == (
        verdict.grant.generation == presented + 1 and verdict.outcome in list(Outcome)[:4]
    )
    if not verdict.outcome.renews:
        assert (verdict.grant is grant) == (verdict.outcome is not Outcome.REUSE_DETECTED)
    if verdict.outcome is not Outcome.REUSE_DETECTED:
        assert not verdict.grant.revoked_at
