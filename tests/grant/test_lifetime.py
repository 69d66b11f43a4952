"""When a grant has ended, and when its newest token will."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.grant import Outcome, Policy
from remint.grant.rules import has_ended, refresh_expires_at
from tests.grant.rows import DAY, KEEP, NOW, NOW_MS, ROTATE, present, row

policies = st.builds(
    Policy,
    rotation=st.sampled_from(["rotate", "keep"]),
    idle_lifetime_seconds=st.none() | st.integers(1, 100 * DAY),
)


@pytest.mark.parametrize(
    "expires_in, idle_seconds, ends_in",
    [(0, None, None), (0, 60, 50), (100, None, 100), (100, 60, 50), (40, 60, 40)],
)
def test_a_token_ends_at_the_earlier_of_both(expires_in, idle_seconds, ends_in):
    """Absolute expiry and idleness since the advance, ten seconds ago; ``None`` for never."""
    grant = row(5, age_ms=10_000, expires_at=expires_in and NOW + expires_in)
    ends = refresh_expires_at(grant, Policy(idle_lifetime_seconds=idle_seconds))
    assert ends == (None if ends_in is None else NOW + ends_in)


@pytest.mark.parametrize("policy, slack_ms", [(ROTATE, 0), (KEEP, 3_600_000)])
def test_an_idle_grant_has_ended(policy, slack_ms):
    """To the millisecond, with the slack of the idle clock under ``keep``."""
    end = NOW_MS + 30 * DAY * 1000 + slack_ms
    assert not has_ended(row(5, age_ms=0), policy, end - 1)
    assert has_ended(row(5, age_ms=0), policy, end)


@given(
    policies,
    st.integers(0, 200 * DAY * 1000),
    st.one_of(st.just(0), st.integers(NOW - DAY, NOW + DAY)),
)
def test_what_has_ended_is_what_is_refused_as_expired(policy, age_ms, expires_at):
    """The purge takes exactly the rows that no token could renew, but for a rewound one."""
    grant = row(5, age_ms=age_ms, expires_at=expires_at)
    refused = present(grant, 5, policy=policy).outcome is Outcome.EXPIRED
    assert has_ended(grant, policy, NOW_MS) == refused
    ends = refresh_expires_at(grant, policy)
    if refused:
        assert ends is not None and ends * 1000 <= NOW_MS
