"""Policies: what may be said, and how a mistake is told."""

from __future__ import annotations

import pytest

from remint.grant import PRESETS, Budget, Policy, policy_from
from remint.grant.policy import UNAUTHENTICATED_WINDOW_SECONDS, for_client


@pytest.mark.parametrize(
    "mapping, message",
    [
        ({"rotation": "sometimes"}, "sometimes.*rotation"),
        ({"retry_window_seconds": "60"}, "Expected `int`, got `str`.*retry_window_seconds"),
        ({"retry_window_seconds": -1}, "retry_window_seconds must be from 0 to 3600"),
        ({"retry_window_seconds": 3601}, "retry_window_seconds must be from 0 to 3600"),
        ({"idle_lifetime_seconds": 0}, "idle_lifetime_seconds must be 1 or more"),
        ({"absolute_lifetime_seconds": -5}, "absolute_lifetime_seconds must be 1 or more"),
        ({"grants_per_subject": 0}, "grants_per_subject must be 1 or more"),
        ({"access_lifetime_seconds": 0}, "access_lifetime_seconds must be 1 or more"),
        ({"access_algorithm": "none"}, "none.*access_algorithm"),
        ({"budget": {"renewals": 0, "per_seconds": 1}}, "at least 1 renewal.*budget"),
        ({"budget": {"renewals": 5}}, "per_seconds.*budget"),
        ({"budget": {"renewals": 5, "per_seconds": 1, "burst": 2}}, "burst.*budget"),
        ({"retry_window": 60}, "unknown field `retry_window`"),
    ],
)
def test_a_mistake_names_its_key(mapping, message):
    """The message says which key is wrong and what would do."""
    with pytest.raises(ValueError, match=message):
        policy_from(mapping)


def test_a_mapping_changes_only_what_it_names():
    """The rest comes from the base, or the defaults."""
    base = Policy(retry_window_seconds=5, budget=Budget(3, 60))
    assert policy_from({"idle_lifetime_seconds": None}, base) == Policy(
        retry_window_seconds=5, budget=Budget(3, 60), idle_lifetime_seconds=None
    )
    assert policy_from({}) == Policy()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_its_client(name):
    """A preset for public clients rotates; all of them survive being written down and read again."""
    policy = PRESETS[name]
    assert for_client(policy, authenticates=not name.endswith("public"))
    assert policy_from({}, policy) == policy


def test_the_window_of_a_client_that_does_not_authenticate_is_short():
    """At most 15 s; a shorter one stays; a client that authenticates keeps its own."""
    assert for_client(Policy(), authenticates=True) == Policy()
    assert for_client(Policy(), authenticates=False).retry_window_seconds == (
        UNAUTHENTICATED_WINDOW_SECONDS
    )
    short = Policy(retry_window_seconds=3)
    assert for_client(short, authenticates=False) == short


def test_keep_without_authentication_must_be_meant():
    """RFC 9700 §2.2.2 wants it rotated: the error says so and what to write."""
    keep = Policy(rotation="keep")
    assert for_client(keep, authenticates=True) is keep
    with pytest.raises(ValueError, match=r"RFC 9700 §2\.2\.2.*keep_unauthenticated = true"):
        for_client(keep, authenticates=False)
    meant = Policy(rotation="keep", keep_unauthenticated=True)
    assert for_client(meant, authenticates=False).rotation == "keep"


@pytest.mark.parametrize(
    "idle_seconds, granularity_ms",
    [(None, 0), (1, 100), (3600, 360_000), (36_000, 3_600_000), (30 * 86_400, 3_600_000)],
)
def test_the_idle_clock_is_written_once_an_hour_at_most(idle_seconds, granularity_ms):
    """Or after a tenth of the lifetime, where that is less."""
    assert Policy(idle_lifetime_seconds=idle_seconds).idle_granularity_ms == granularity_ms
