"""What a vault seals opens in its place, under its key, and nowhere else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from remint.clock import system_entropy
from remint.errors import StoreError, VaultError
from remint.keeper.store.vault import Vault, first_keys, sealed_under
from remint.token.rootkey import RootKey

STORE = b"a store"
ROOT = RootKey(bytes(range(32)))
OTHER = RootKey(bytes(range(1, 33)))
KEYS = first_keys(STORE, ROOT, 0, system_entropy)
PLACE = ("connection", "id", "name", 1)


def vault(store: bytes = STORE, root: RootKey = ROOT, keys=KEYS) -> Vault:
    """A vault of these keys."""
    return Vault(store, keys, root, system_entropy, where="/a/store", source="the file keeper.key")


def test_what_was_sealed_is_unsealed():
    """By another vault of the same keys too; and sealed twice it looks different."""
    sealed = vault().seal(*PLACE, b"secret")
    assert vault().unseal(*PLACE, sealed) == b"secret"
    assert vault().seal(*PLACE, b"secret") != sealed
    assert b"secret" not in sealed


@pytest.mark.parametrize(
    "place",
    [
        ("answer", "id", "name", 1),
        ("connection", "other", "name", 1),
        ("connection", "id", "other", 1),
        ("connection", "id", "name", 2),
        ("connection", "idn", "ame", 1),
    ],
)
def test_what_was_moved_is_refused(place: tuple[str, str, str, int]):
    """For another purpose, row, name or version; and the error holds nothing of it."""
    sealed = vault().seal(*PLACE, b"secret")
    with pytest.raises(VaultError, match=r"/a/store: .* does not unseal") as caught:
        vault().unseal(*place, sealed)
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, StoreError)


@pytest.mark.parametrize("at", [0, 3, 4, 15, 16, 20, -1])
def test_what_was_changed_is_refused(at):
    """Wherever the bit is."""
    sealed = bytearray(vault().seal(*PLACE, b"secret"))
    sealed[at] ^= 1
    with pytest.raises(VaultError, match="does not unseal"):
        vault().unseal(*PLACE, bytes(sealed))


@pytest.mark.parametrize("size", [0, 3, 4, 16, 20, 31])
def test_what_was_cut_is_refused(size):
    """A torn write is not an error of ours."""
    with pytest.raises(VaultError, match="does not unseal"):
        vault().unseal(*PLACE, vault().seal(*PLACE, b"secret")[:size])


def test_another_root_key_is_told_at_once():
    """Which store, which source, and what would do."""
    with pytest.raises(
        VaultError, match=r"/a/store: .*another key than that of the file keeper\.key.*"
    ):
        vault(root=OTHER)


def test_another_store_s_keys_are_refused():
    """A key that was copied from one store to another opens nothing there."""
    with pytest.raises(VaultError, match="another key"):
        vault(store=b"b store")


def test_a_missing_data_key_is_told():
    """No marks without their key, and nothing to seal with without an active one."""
    for keys in (KEYS[:1], KEYS[1:], [KEYS[0], replace(KEYS[1], active=False)]):
        with pytest.raises(VaultError, match="a data key is missing"):
            vault(keys=keys)


def test_rows_have_keys_of_their_own():
    """The same nonce in two rows gives nothing away."""
    fixed = Vault(STORE, KEYS, ROOT, bytes)
    first = fixed.seal("connection", "a", "n", 1, b"\0" * 16)
    second = fixed.seal("connection", "b", "n", 1, b"\0" * 16)
    assert first[16:32] != second[16:32]


def test_an_older_key_unseals_and_the_active_one_seals():
    """Also what is asked to be sealed under the older one."""
    old = vault().seal(*PLACE, b"old")
    new_key = replace(vault().new_key(3, 5), active=True)
    both = vault(keys=[*(replace(key, active=False) for key in KEYS), new_key])
    assert both.unseal(*PLACE, old) == b"old"
    assert (sealed_under(old), sealed_under(both.seal(*PLACE, b"new"))) == (2, 3)
    assert sealed_under(both.seal(*PLACE, b"x", key=2)) == 2
    assert not vault().knows(both.seal(*PLACE, b"new"))
    assert both.knows(old)


def test_keys_are_rewrapped_under_another_root_key():
    """The data keys stay: what was sealed opens, with the new root key only."""
    sealed = vault().seal(*PLACE, b"secret")
    keys = vault().rewrapped(KEYS, OTHER)
    assert vault(root=OTHER, keys=keys).unseal(*PLACE, sealed) == b"secret"
    with pytest.raises(VaultError):
        vault(keys=keys)


def test_a_mark_tells_tokens_apart_and_nothing_else():
    """The same for the same token of one connection, whichever data key is active."""
    keys = [
        *(replace(key, active=False) for key in KEYS),
        replace(vault().new_key(3, 5), active=True),
    ]
    assert vault().mark("id", "a token") == vault(keys=keys).mark("id", "a token")
    marks = {vault().mark(id_, sent) for id_ in ("a", "b") for sent in ("", "x", "y")}
    assert len(marks) == 6
    assert {len(mark) for mark in marks} == {16}


def test_a_vault_shows_nothing_of_its_keys():
    """Nor does what it is made of."""
    assert repr(vault()) == "Vault(where='/a/store', active=2, …)"
    assert "********" in repr(ROOT)
