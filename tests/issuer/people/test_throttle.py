"""Who guesses passwords is slowed down, by user and by address."""

from __future__ import annotations

import pytest

from remint.errors import Refusal
from remint.grant import Budget
from remint.issuer.people.throttle import Throttle, house_of

NOW_MS = 1_800_000_000_000


@pytest.fixture
def throttle() -> Throttle:
    """Three failures in a minute."""
    return Throttle(Budget(3, 60))


def wait_for(throttle: Throttle, key: str, now_ms: int) -> int:
    """The seconds that ``key`` has to wait, 0 where it may go on."""
    try:
        throttle.charge(key, now_ms)
    except Refusal as refusal:
        return refusal.retry_after_seconds or 0
    return 0


def test_so_many_may_fail(throttle):
    """The fourth failure in a minute has to wait until the first is a third of it old."""
    assert [wait_for(throttle, "ada", NOW_MS) for _ in range(5)] == [0, 0, 0, 20, 20]
    assert wait_for(throttle, "ada", NOW_MS + 19_000) == 1
    assert wait_for(throttle, "ada", NOW_MS + 20_000) == 0
    assert wait_for(throttle, "ada", NOW_MS + 20_000) == 20


def test_it_is_refused_for_a_while(throttle):
    """The refusal says when to come back, and that the credentials are not to blame."""
    for _ in range(3):
        throttle.charge("ada", NOW_MS)
    with pytest.raises(Refusal) as caught:
        throttle.charge("ada", NOW_MS)
    assert (caught.value.code, caught.value.outcome) == ("slow_down", "later")
    assert caught.value.retry_after_seconds == 20


def test_each_key_for_itself(throttle):
    """One user's failures do not lock out another."""
    for _ in range(4):
        wait_for(throttle, "ada", NOW_MS)
    assert wait_for(throttle, "bob", NOW_MS) == 0


def test_success_costs_nothing(throttle):
    """An attempt that succeeded is given back, so that nobody is locked out by logging in often."""
    for _ in range(50):
        throttle.charge("ada", NOW_MS)
        throttle.refund("ada")
    assert wait_for(throttle, "ada", NOW_MS) == 0
    throttle.refund("nobody")


def test_the_memory_is_bounded(throttle, monkeypatch):
    """The keys unused for longest are forgotten."""
    monkeypatch.setattr("remint.issuer.people.throttle._KEPT", 10)
    for _ in range(3):
        throttle.charge("ada", NOW_MS)
    for number in range(10):
        throttle.charge(f"user-{number}", NOW_MS)
    assert wait_for(throttle, "ada", NOW_MS) == 0


@pytest.mark.parametrize(
    "address, house",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("no:address", "no:address"),
        ("", ""),
    ],
)
def test_a_house_has_one_address(address, house):
    """Who holds a network of IPv6 has no more tries than who holds one address of IPv4."""
    assert house_of(address) == house
