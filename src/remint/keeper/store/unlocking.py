"""Opening the vault of a store with the key that its source has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from remint.clock import Entropy
from remint.errors import RootKeyError, VaultError
from remint.keeper.store.keysource import KeySource
from remint.keeper.store.vault import SealedKey, Vault

STORE_ID_BYTES: Final = 16


def unlocked_vault(
    store_id: bytes,
    remembered: str,
    keys: Iterable[SealedKey],
    source: KeySource,
    entropy: Entropy,
    where: str,
) -> Vault:
    """The vault of the store with that id, made with the source ``remembered``, that holds ``keys``.

    Raises ``VaultError`` if the key is another's, and ``RootKeyError`` if there is none.
    """
    keys, told = list(keys), source.worded(remembered)
    try:
        root_key = source.find(store_id, remembered)
        return Vault(store_id, keys, root_key, entropy, where=where, source=told)
    except (VaultError, RootKeyError):
        # Somebody may have been putting another root key in place, and not come to the end of it.
        staged = source.staged(store_id, remembered)
        if staged is None:
            raise
    vault = Vault(store_id, keys, staged, entropy, where=where, source=told)
    source.promote(store_id, remembered)
    return vault
