"""When a connection is renewed: properties of the windows and pauses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import Renewal
from remint.keeper.connection import Setup, Tokens
from remint.keeper.timing import (
    Timing,
    earliest_at_ms,
    leeway_ms,
    mandatory_at_ms,
    pause_ms,
    renew_at_ms,
    renewal_of,
)

NOW = 1_800_000_000_000
DAY = 86_400

lives = st.integers(0, 400 * DAY * 1000)
spans = st.integers(1, 400 * DAY)
fractions = st.floats(0, 1, exclude_max=True)


@st.composite
def tokens(draw: st.DrawFn) -> Tokens:
    return Tokens(
        "at",
        issued_at_ms=NOW,
        expires_at_ms=draw(st.none() | lives.map(NOW.__add__)),
        refresh_expires_at_ms=draw(st.none() | lives.map(NOW.__add__)),
    )


renewals = st.builds(
    Renewal,
    earliest_seconds=st.integers(0, DAY),
    keep_alive_seconds=st.none() | spans,
)
timings = st.builds(
    Timing,
    leeway_seconds=st.floats(0, 3600),
    advisory_seconds=st.floats(0, DAY),
    first_pause_seconds=st.floats(0.01, 60),
    longest_pause_seconds=st.floats(1, 3600),
)


@given(tokens(), timings)
def test_the_leeway_is_a_tenth_of_a_life_at_most(held: Tokens, timing: Timing):
    """However short the life and however long the leeway, most of the token's life is used."""
    leeway = leeway_ms(held, timing)
    assert 0 <= leeway <= timing.leeway_seconds * 1000
    if held.expires_at_ms is not None:
        assert leeway <= (held.expires_at_ms - NOW) / 10 + 1e-6


@given(tokens(), renewals, timings)
def test_callers_wait_only_near_the_end(held: Tokens, renewal: Renewal, timing: Timing):
    """Within its life, in the last tenth of it; never for a token without an end."""
    at = mandatory_at_ms(held, renewal, timing)
    if held.expires_at_ms is None:
        assert at is None
    else:
        assert at is not None
        assert held.expires_at_ms - leeway_ms(held, timing) <= at <= held.expires_at_ms


@given(tokens(), renewals, timings, fractions)
def test_renewed_in_time(held: Tokens, renewal: Renewal, timing: Timing, fraction: float):
    """Before the token ends, before the refresh token dies; never before the provider allows it."""
    at = renew_at_ms(held, renewal, timing, fraction)
    ends = [end for end in (held.expires_at_ms, held.refresh_expires_at_ms) if end is not None]
    if renewal.keep_alive_seconds is not None:
        ends.append(NOW + renewal.keep_alive_seconds * 1000)
    if not ends:
        assert at is None
        return
    assert at is not None
    earliest = earliest_at_ms(held, renewal)
    assert at >= NOW
    assert at >= earliest
    assert at <= max(min(ends), earliest)
    if held.expires_at_ms is not None:
        assert at <= held.expires_at_ms


@given(tokens(), renewals, timings, fractions, fractions)
def test_the_moment_is_drawn(
    held: Tokens, renewal: Renewal, timing: Timing, one: float, other: float
):
    """Tokens that were issued together are not renewed together: a greater fraction is later."""
    first, second = (renew_at_ms(held, renewal, timing, each) for each in sorted((one, other)))
    assert (first is None) is (second is None)
    if first is not None and second is not None:
        assert first <= second


def test_a_thousand_tokens_of_one_minute_are_spread():
    """Over half of the advisory window."""
    held = Tokens("at", issued_at_ms=NOW, expires_at_ms=NOW + 3_600_000)
    moments = [renew_at_ms(held, Renewal(), Timing(), each / 1000) for each in range(1000)]
    assert len(set(moments)) == 1000
    first, last = min(m for m in moments if m), max(m for m in moments if m)
    assert (first, last) == (NOW + 3_300_000, NOW + 3_449_850)


@given(st.integers(0, 10_000), timings, fractions)
def test_pauses_grow_to_a_bound(failures: int, timing: Timing, fraction: float):
    """Never none at all, never longer than the longest; with jitter."""
    pause = pause_ms(failures, timing, fraction)
    assert 0 <= pause <= timing.longest_pause_seconds * 1000
    assert pause_ms(failures + 1, timing, fraction) >= pause
    assert pause_ms(failures, timing, 0.0) <= pause


@given(renewals, st.sampled_from(["strict", "grace", "keep"]), st.none() | spans)
def test_what_a_connection_says_of_rotation_wins(
    declared: Renewal, rotation: str, grace_seconds: int | None
):
    """The dialect speaks of all its providers, the connection of one."""
    setup = Setup("oauth2", rotation=rotation, grace_seconds=grace_seconds)
    found = renewal_of(setup, declared)
    assert (found.rotation, found.grace_seconds) == (rotation, grace_seconds)
    assert found.keep_alive_seconds == declared.keep_alive_seconds
    assert renewal_of(Setup("oauth2"), declared) is declared
