"""The key ring in memory: which key answers when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remint.token.keygen import new_mac_key, new_signing_key
from remint.token.keyring import KeyRing, new_ring
from remint.token.keys import MacKey
from tests.token.conftest import NOW_MS


def mac(number: int, mints_from_ms: int) -> MacKey:
    return MacKey(number, bytes([number]) * 32, mints_from_ms, mints_from_ms)


def test_a_new_ring_has_what_the_first_token_needs(ring):
    """An id, a MAC key, an alias key and an ES256 key; all serve at once, whatever the clock says."""
    assert len(ring.installation_id) == 16
    [mac_key], [alias_key], [signing_key] = ring.mac_keys, ring.alias_keys, ring.signing_keys
    assert {len(mac_key.secret), len(alias_key.secret)} == {32}
    assert mac_key.secret != alias_key.secret
    for now_ms in (0, NOW_MS, 2 * NOW_MS):
        assert ring.mint_key(now_ms) is mac_key
        assert ring.signing_key("ES256", now_ms) is signing_key


def test_two_installations_share_nothing():
    """Different entropy, different id and keys."""
    one, two = (
        new_ring(now_ms=0, entropy=lambda size, b=byte: bytes([b]) * size) for byte in (1, 2)
    )
    assert one.installation_id != two.installation_id
    assert one.mac_keys[0].secret != two.mac_keys[0].secret
    assert one.signing_keys[0].private != two.signing_keys[0].private


def test_the_mint_key_is_the_newest_that_everybody_knows(ring):
    """A key that still waits does not mint, but verifies."""
    ring = replace(ring, mac_keys=(mac(3, 300), mac(1, 100), mac(2, 200)))
    minting = {now_ms: ring.mint_key(now_ms).id for now_ms in (0, 100, 199, 200, 299, 300, 9999)}
    assert minting == {0: 1, 100: 1, 199: 1, 200: 2, 299: 2, 300: 3, 9999: 3}
    assert [ring.mac_key(number) for number in (1, 2, 3)] == list(ring.mac_keys)
    assert ring.mac_key(4) is None


def test_signing_keys_are_told_apart_by_algorithm_and_audience(make_key, ring):
    """HS256 has a key for each audience; no family answers for another."""
    keys = [make_key("RS256"), make_key("EdDSA"), make_key("HS256", "a"), make_key("HS256", "b")]
    ring = replace(ring, signing_keys=(*ring.signing_keys, *keys))
    assert ring.signing_key("RS256", NOW_MS) == keys[0]
    assert ring.signing_key("EdDSA", NOW_MS) == keys[1]
    assert ring.signing_key("HS256", NOW_MS, "a") == keys[2]
    assert ring.signing_key("HS256", NOW_MS, "b") == keys[3]
    assert ring.signing_key("HS256", NOW_MS) is None
    assert ring.signing_key("HS256", NOW_MS, "c") is None
    assert ring.signing_key("ES256", NOW_MS, "a") is None


def test_a_signing_key_waits_its_turn(ring, entropy):
    """Published is not yet signing."""
    [first] = ring.signing_keys
    second = new_signing_key("ES256", now_ms=NOW_MS, signs_from_ms=NOW_MS + 10, entropy=entropy)
    ring = replace(ring, signing_keys=(second, first))
    assert ring.signing_key("ES256", NOW_MS + 9) == first
    assert ring.signing_key("ES256", NOW_MS + 10) == second
    only = replace(ring, signing_keys=(second,))
    assert only.signing_key("ES256", NOW_MS) == second


def test_key_ids_are_never_zero_nor_taken():
    """Zero is drawn again, and so is an id in use."""
    draws = iter([bytes(4), (5).to_bytes(4, "big"), (6).to_bytes(4, "big"), b"s" * 32])
    key = new_mac_key(now_ms=0, mints_from_ms=0, entropy=lambda _size: next(draws), taken={5})
    assert key.id == 6
    assert key.name == "mac-00000006"


def test_a_ring_without_a_mac_key_cannot_be(ring):
    """Nor without an alias key: that would be a programmer's mistake."""
    with pytest.raises(AssertionError):
        KeyRing(ring.installation_id, (), ring.alias_keys, ())
    with pytest.raises(AssertionError):
        KeyRing(ring.installation_id, ring.mac_keys, (), ())


def test_an_hs256_key_can_be_handed_to_its_audience(make_key):
    """As a Secret, in hex; an asymmetric one cannot."""
    key = make_key("HS256", "https://api.example")
    assert bytes.fromhex(key.shared_secret().reveal()) == key.private
    with pytest.raises(AssertionError):
        make_key("ES256").shared_secret()
