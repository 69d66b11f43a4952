"""Restoring a backup merges rings; a clone shares nothing with its original."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from remint.errors import KeyRingError
from remint.token.keyring import KeyRing, new_ring
from remint.token.restore import merged
from remint.token.ringfile import KeyRingFile
from remint.token.rotation import Changes, rotated
from remint.token.schedule import Schedule
from tests.token.conftest import NOW_MS

SCHEDULE = Schedule()
DAY = 86_400_000
EVERYTHING = Changes(mac=True, signing=(("ES256", None),))


def grown(ring: KeyRing, now_ms: int, changes: Changes = EVERYTHING, **options) -> KeyRing:
    return rotated(
        ring,
        changes,
        now_ms=now_ms,
        schedule=SCHEDULE,
        entropy=random.Random(now_ms).randbytes,
        **options,
    )


def merge(ring: KeyRing, other: KeyRing, now_ms: int) -> KeyRing:
    return merged(ring, other, now_ms=now_ms, schedule=SCHEDULE)


def test_an_older_backup_adds_nothing(ring):
    """Nor does a ring merged with itself."""
    newer = grown(ring, NOW_MS + DAY)
    assert merge(newer, ring, NOW_MS + 5 * DAY) == newer
    assert merge(newer, newer, NOW_MS + 5 * DAY) == newer


def test_a_newer_backup_gives_back_what_was_lost(ring):
    """Its keys verify at once, and take over only after everybody has had the time to know them."""
    newer = grown(ring, NOW_MS + DAY)
    now_ms = NOW_MS + 50 * DAY
    both = merge(ring, newer, now_ms)
    lost = next(key for key in newer.mac_keys if key not in ring.mac_keys)
    found = both.mac_key(lost.id)
    assert found is not None and found.secret == lost.secret
    assert both.mint_key(now_ms + 9_999) == ring.mint_key(now_ms)
    assert both.mint_key(now_ms + 10_000) == found
    old, new = ring.signing_keys[0].kid, newer.signing_keys[1].kid
    assert {jwk["kid"] for jwk in both.jwks(now_ms)["keys"]} == {old, new}
    signers = [both.signing_key("ES256", now_ms + after) for after in (DAY - 1, DAY)]
    assert [key and key.kid for key in signers] == [old, new]


def test_rings_that_went_separate_ways_keep_all_their_keys(ring):
    """Whichever way they are merged, every token of either verifies; merging again changes nothing."""
    one, two = grown(ring, NOW_MS + DAY), grown(ring, NOW_MS + 2 * DAY)
    now_ms = NOW_MS + 9 * DAY
    there, back = merge(one, two, now_ms), merge(two, one, now_ms)
    wanted = {key.id: key.secret for key in (*one.mac_keys, *two.mac_keys)}
    for both in (there, back):
        assert {key.id: key.secret for key in both.mac_keys} == wanted
        assert len(both.signing_keys) == 3
        assert merge(both, two, now_ms + DAY) == both
    assert there.mint_key(now_ms) == one.mint_key(now_ms)
    assert back.mint_key(now_ms) == two.mint_key(now_ms)


def test_what_was_thrown_away_stays_away(ring):
    """A backup from before an emergency does not bring the leaked keys back, whichever ring is merged in."""
    first = ring.mac_keys[0].name
    later = grown(ring, NOW_MS + DAY, replace(EVERYTHING, forget=(first,)), emergency=True)
    leaked = ring.signing_keys[0].kid
    for both in (merge(later, ring, NOW_MS + 2 * DAY), merge(ring, later, NOW_MS + 2 * DAY)):
        assert leaked not in {key.kid for key in both.signing_keys}
        assert first not in {key.name for key in both.mac_keys}
        assert {leaked, first} <= both.dropped


def test_several_alias_keys_may_meet(ring, entropy):
    """Ours stays the first, which derives; the other's is tried too."""
    other = replace(ring, alias_keys=new_ring(now_ms=NOW_MS, entropy=entropy).alias_keys)
    assert merge(ring, other, NOW_MS).alias_keys == (*ring.alias_keys, *other.alias_keys)


def test_another_installations_ring_is_refused(ring, entropy):
    """Its tokens name another installation: the keys would be of no use."""
    stranger = new_ring(now_ms=NOW_MS, entropy=entropy)
    with pytest.raises(KeyRingError, match="belongs to another installation"):
        merge(ring, stranger, NOW_MS)


def test_keys_that_contradict_each_other_are_refused(ring):
    """One name, two keys: neither is thrown away silently."""
    [key] = ring.mac_keys
    forged = replace(ring, mac_keys=(replace(key, secret=b"x" * 32),))
    with pytest.raises(KeyRingError, match=key.name):
        merge(ring, forged, NOW_MS)


def test_rings_that_threw_each_other_away_are_refused(ring):
    """There would be no MAC key left."""
    [key] = ring.mac_keys
    newer = grown(ring, NOW_MS, Changes(mac=True, forget=(key.name,)))
    hostile = replace(ring, dropped=frozenset(each.name for each in newer.mac_keys))
    with pytest.raises(KeyRingError, match="thrown the other's"):
        merge(newer, hostile, NOW_MS)


def test_files_merge_under_the_lock(ring_file, tmp_path, root_key, entropy):
    """The other ring comes from a backup's file, which may have its own root key."""
    ring = ring_file.create(NOW_MS)
    backup = KeyRingFile(tmp_path / "backup.json", root_key, entropy)
    backup.path.write_bytes(ring_file.path.read_bytes())
    newer = backup.rotate(NOW_MS, SCHEDULE, EVERYTHING)
    both = ring_file.merge(newer, NOW_MS + DAY, SCHEDULE)
    assert ring_file.load() == both
    assert {key.id for key in both.mac_keys} == {key.id for key in newer.mac_keys}
    assert both.revision == ring.revision + 1


def test_a_clone_has_an_id_and_keys_of_its_own(ring_file):
    """No key of the original is left, so none of its tokens works here, nor ours there."""
    original = ring_file.rotate(ring_file.create(NOW_MS).revision, SCHEDULE, EVERYTHING)
    clone = ring_file.clone(NOW_MS)
    assert ring_file.load() == clone
    assert clone.installation_id != original.installation_id
    assert not {key.secret for key in (*clone.mac_keys, *clone.alias_keys)} & {
        key.secret for key in (*original.mac_keys, *original.alias_keys)
    }
    assert not {key.private for key in clone.signing_keys} & {
        key.private for key in original.signing_keys
    }
    assert clone.revision == original.revision + 1
