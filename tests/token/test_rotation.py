"""Key rotation along time: nobody ever meets a key that he cannot know, whatever the clock does."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remint.errors import KeyRingError
from remint.token.keyring import KeyRing, new_ring
from remint.token.rotation import Changes, rotated, rotation_due
from remint.token.schedule import DAY_SECONDS, Schedule
from remint.token.succession import with_signing_key, without
from tests.token.conftest import NOW_MS

DAY = DAY_SECONDS * 1000
HOUR = DAY // 24
SCHEDULE = Schedule()
KEPT = (SCHEDULE.longest_access_token + SCHEDULE.leeway) * 1000


def born(seed: int = 1) -> KeyRing:
    entropy = random.Random(seed).randbytes
    ring = new_ring(now_ms=NOW_MS, entropy=entropy)
    ring = with_signing_key(ring, "EdDSA", None, now_ms=NOW_MS, entropy=entropy)
    return with_signing_key(ring, "HS256", "api", now_ms=NOW_MS, entropy=entropy)


def rotate(ring: KeyRing, now_ms: int, changes: Changes | None = None, **options) -> KeyRing:
    changes = rotation_due(ring, now_ms, SCHEDULE) if changes is None else changes
    return rotated(
        ring,
        changes,
        now_ms=now_ms,
        schedule=SCHEDULE,
        entropy=random.Random(now_ms).randbytes,
        **options,
    )


def published(ring: KeyRing, now_ms: int) -> set[str]:
    return {jwk["kid"] for jwk in ring.jwks(now_ms)["keys"]}


def signer(ring: KeyRing, now_ms: int, algorithm="ES256") -> str:
    key = ring.signing_key(algorithm, now_ms)
    assert key is not None
    return key.kid


def test_nothing_is_due_for_a_young_ring():
    """And then the very same ring comes back."""
    ring = born()
    assert not rotation_due(ring, NOW_MS + 89 * DAY - 1, SCHEDULE)
    assert rotate(ring, NOW_MS + DAY) is ring


def test_a_signing_key_signs_for_ninety_days():
    """The successor is made a day early, signs on the day; the old one stays until its tokens are gone."""
    ring = born()
    old, made = signer(ring, NOW_MS), NOW_MS + 89 * DAY
    assert rotation_due(ring, made, SCHEDULE).signing == (("ES256", None), ("EdDSA", None))
    ring = rotate(ring, made)
    assert not rotation_due(ring, made, SCHEDULE)
    assert signer(ring, made + DAY - 1) == old
    new = signer(ring, made + DAY)
    assert new != old
    assert {old, new} <= published(ring, made)
    assert {old, new} <= published(ring, made + DAY + KEPT - 1)
    assert old not in published(ring, made + DAY + KEPT)


def test_mac_keys_mint_for_half_a_year_and_stay_for_good():
    """The successor waits ten seconds; the old key answers for its tokens for ever."""
    ring = born()
    old, made = ring.mint_key(NOW_MS), NOW_MS + 180 * DAY - 10_000
    assert not rotation_due(ring, made - 1, SCHEDULE).mac
    assert rotation_due(ring, made, SCHEDULE).mac
    ring = rotate(ring, made)
    assert not rotation_due(ring, made, SCHEDULE)
    assert ring.mint_key(made + 9_999) == old
    new = ring.mint_key(made + 10_000)
    assert new != old
    assert ring.mac_key(new.id) == new
    for day in range(180, 4000, 30):
        ring = rotate(ring, NOW_MS + day * DAY)
    assert ring.mac_key(old.id) == old


def test_forgotten_keys_leave_the_ring_after_their_grace():
    """With a note of their names, so that a backup does not bring them back."""
    ring = born()
    old = signer(ring, NOW_MS)
    ring = rotate(ring, NOW_MS + 89 * DAY)
    gone = NOW_MS + 90 * DAY + KEPT + SCHEDULE.grace * 1000
    assert old not in rotation_due(ring, gone - 1, SCHEDULE).forget
    assert old in rotation_due(ring, gone, SCHEDULE).forget
    ring = rotate(ring, gone)
    assert old not in {key.kid for key in ring.signing_keys}
    assert old in ring.dropped


def test_alias_and_hs256_keys_are_left_alone():
    """Legacy tokens are known by the one, and an audience holds the other."""
    before = ring = born()
    for day in range(0, 1000, 10):
        ring = rotate(ring, NOW_MS + day * DAY)
    assert ring.alias_keys == before.alias_keys
    assert ring.signing_key("HS256", NOW_MS + 999 * DAY, "api") == before.signing_key(
        "HS256", NOW_MS, "api"
    )


def test_an_operators_rotation_is_published_ahead_too():
    """Immediate means that it is begun, not that verifiers are surprised; twice in a row is harmless."""
    ring = born()
    old = signer(ring, NOW_MS)
    once = rotate(ring, NOW_MS, Changes(mac=True, signing=(("ES256", None),)))
    twice = rotate(once, NOW_MS + HOUR, Changes(signing=(("ES256", None),)))
    assert signer(twice, NOW_MS + DAY - 1) == old
    assert signer(twice, NOW_MS + DAY) == signer(once, NOW_MS + DAY)
    assert signer(twice, NOW_MS + DAY + HOUR) not in {old, signer(once, NOW_MS + DAY)}
    assert len(published(twice, NOW_MS + HOUR)) == 4


def test_an_emergency_ends_the_leaked_keys_at_once():
    """The new one signs now, its predecessors are gone for good; other families and MAC delays stay."""
    ring = rotate(born(), NOW_MS, Changes(signing=(("ES256", None),)))
    leaked = {key.kid for key in ring.signing_keys if key.algorithm == "ES256"}
    assert len(leaked) == 2
    new = rotate(ring, NOW_MS, Changes(mac=True, signing=(("ES256", None),)), emergency=True)
    for now_ms in (0, NOW_MS, NOW_MS + DAY):
        assert signer(new, now_ms) not in leaked
        assert not leaked & published(new, now_ms)
        assert signer(new, now_ms, "EdDSA") == signer(ring, now_ms, "EdDSA")
    assert leaked <= new.dropped
    assert new.mint_key(NOW_MS + 9_999) == ring.mint_key(NOW_MS)


def test_an_hs256_key_is_rotated_when_asked():
    """Its audience has the time of publishing ahead to take over the new one."""
    ring = rotate(born(), NOW_MS, Changes(signing=(("HS256", "api"),)))
    old, new = (ring.signing_key("HS256", NOW_MS + after, "api") for after in (DAY - 1, DAY))
    assert old is not None and new is not None
    assert old.private != new.private


def test_a_key_whose_successor_is_thrown_away_goes_on():
    """It neither retires nor leaves the JWKS."""
    ring = born()
    old = signer(ring, NOW_MS)
    ring = rotate(ring, NOW_MS, Changes(signing=(("ES256", None),)))
    ring = without(ring, [signer(ring, NOW_MS + DAY)], SCHEDULE)
    for day in (0, 2, 5000):
        assert signer(ring, NOW_MS + day * DAY) == old
        assert old in published(ring, NOW_MS + day * DAY)


def test_a_mac_key_is_thrown_away_only_when_told():
    """By its name; its number is not used again, and the last one stays."""
    ring = born()
    old = ring.mint_key(NOW_MS)
    with pytest.raises(KeyRingError, match="last MAC key"):
        without(ring, [old.name], SCHEDULE)
    ring = rotate(ring, NOW_MS, Changes(mac=True, forget=(old.name,)))
    assert ring.mac_key(old.id) is None
    assert ring.dropped == {old.name}
    draws = [old.id.to_bytes(4, "big"), b"\0\0\0\5", bytes(32)]
    again = rotated(
        ring,
        Changes(mac=True),
        now_ms=NOW_MS,
        schedule=SCHEDULE,
        entropy=lambda _size: draws.pop(0),
    )
    assert {key.id for key in again.mac_keys} == {ring.mac_keys[0].id, 5}


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_every_token_can_be_verified_all_its_life(seed):
    """Over three years: a key is published a day before it signs, and until its last token has expired."""
    ring, draw = born(seed), random.Random(seed)
    seen: dict[str, int] = dict.fromkeys(published(ring, NOW_MS), 0)
    expected: list[tuple[int, str]] = []
    now_ms = NOW_MS
    while now_ms < NOW_MS + 1000 * DAY:
        now_ms += draw.randrange(1, 2 * DAY)
        ring = rotate(ring, now_ms)
        document = published(ring, now_ms)
        for kid in document:
            seen.setdefault(kid, now_ms)
        kid = signer(ring, now_ms)
        assert seen[kid] + DAY <= now_ms
        expected.append((now_ms + SCHEDULE.longest_access_token * 1000, kid))
        expected = [(until, kid) for until, kid in expected if until > now_ms]
        assert {kid for _, kid in expected} <= document
    assert len(ring.signing_keys) <= 6
    assert len(ring.mac_keys) == 6


@given(st.lists(st.integers(-4000, 4000), max_size=30))
def test_a_clock_that_jumps_never_leaves_a_ring_without_keys(days):
    """There is always a signer, it is always in the JWKS, and no MAC key is ever lost."""
    ring = born()
    for day in days:
        now_ms = NOW_MS + day * DAY
        before = ring
        ring = rotate(ring, now_ms)
        assert not rotation_due(ring, now_ms, SCHEDULE)
        assert signer(ring, now_ms) in published(ring, now_ms)
        assert set(before.mac_keys) <= set(ring.mac_keys)
        assert ring.mint_key(now_ms) in before.mac_keys
        assert all(ring.mac_key(key.id) == key for key in ring.mac_keys)


def test_a_key_from_the_future_holds_no_rotation_up():
    """One made while the clock was a decade ahead waits for its time; rotation goes on without it."""
    ring = rotate(born(), NOW_MS + 3650 * DAY)
    early = rotation_due(ring, NOW_MS + 200 * DAY, SCHEDULE)
    assert early.mac and early.signing
    ring = rotate(ring, NOW_MS + 200 * DAY)
    new = signer(ring, NOW_MS + 202 * DAY)
    assert new not in {signer(ring, NOW_MS), signer(ring, NOW_MS + 4000 * DAY)}
    assert new in published(ring, NOW_MS + 202 * DAY)


def test_a_longer_lifetime_keeps_keys_published_longer():
    """The times of an ending key follow the schedule at the next change."""
    ring = rotate(born(), NOW_MS, Changes(signing=(("ES256", None),)))
    longer = replace(SCHEDULE, longest_access_token=30 * DAY_SECONDS)
    ring = rotated(
        ring,
        Changes(signing=(("EdDSA", None),)),
        now_ms=NOW_MS,
        schedule=longer,
        entropy=random.Random(3).randbytes,
    )
    assert signer(ring, NOW_MS) in published(ring, NOW_MS + 30 * DAY)
