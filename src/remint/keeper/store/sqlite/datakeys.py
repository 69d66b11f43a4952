"""The data keys of a SQLite store: read, checked, rotated, and sealed under another root key."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Final

from remint.clock import Clock, Entropy
from remint.errors import StoreError
from remint.keeper.store.keysource import AskedKey, KeySource
from remint.keeper.store.unlocking import STORE_ID_BYTES, unlocked_vault
from remint.keeper.store.vault import SealedKey, Vault, first_keys

_SELECT_KEYS: Final = "SELECT id, use, sealed, made_at_ms, active FROM data_key ORDER BY id"
_INSERT_KEY: Final = "INSERT INTO data_key (id, use, sealed, made_at_ms, active) VALUES (?,?,?,?,?)"


def first_rows(
    connection: sqlite3.Connection, source: KeySource, clock: Clock, entropy: Entropy
) -> None:
    """Writes down what a new store is and which keys it has. The caller has a transaction open."""
    store_id = entropy(STORE_ID_BYTES)
    root_key = source.find_or_make(store_id, entropy)
    connection.execute("INSERT INTO store VALUES (1, ?, ?)", (store_id, source.chosen()))
    for key in first_keys(store_id, root_key, clock.now_ms(), entropy):
        connection.execute(_INSERT_KEY, _key_row(key))


def unlocked(
    connection: sqlite3.Connection, source: KeySource, entropy: Entropy, where: str
) -> Vault:
    """The vault of the store that is open here. Raises ``VaultError`` if the key is another's."""
    row = connection.execute("SELECT store_id, key_source FROM store").fetchone()
    if row is None:
        raise StoreError(f"{where}: this is no keeper's store, or not all of one")
    store_id, remembered = row
    return unlocked_vault(store_id, remembered, read_keys(connection), source, entropy, where)


def read_keys(connection: sqlite3.Connection) -> list[SealedKey]:
    """All data keys, as they are kept."""
    rows = connection.execute(_SELECT_KEYS).fetchall()
    return [SealedKey(id_, use, sealed, at, bool(active)) for id_, use, sealed, at, active in rows]


class DataKeys:
    """The vault as it is now, whichever process rotated its keys."""

    def __init__(self, vault: Vault, source: KeySource, clock: Clock, entropy: Entropy) -> None:
        self._vault = vault
        self._source = source
        self._clock = clock
        self._entropy = entropy

    def for_writing(self, connection: sqlite3.Connection) -> Vault:
        """The vault with the key that is active in this transaction: an older one may be gone after it."""
        active = connection.execute("SELECT id FROM data_key WHERE active").fetchone()
        if active is None or active[0] != self._vault.active:
            return self.reread(connection)
        return self._vault

    def for_reading(self, connection: sqlite3.Connection, sealed: bytes) -> Vault:
        """The vault with the key that sealed this, if there is one."""
        return self._vault if self._vault.knows(sealed) else self.reread(connection)

    def reread(self, connection: sqlite3.Connection) -> Vault:
        """The vault with the keys that are there now."""
        where = str(self._vault.where)
        self._vault = unlocked(connection, self._source, self._entropy, where)
        return self._vault

    @property
    def vault(self) -> Vault:
        """The vault with the keys that were last read."""
        return self._vault

    def rotated(self, connection: sqlite3.Connection) -> None:
        """Writes a new active key down. The caller has a transaction open."""
        vault = self.reread(connection)
        last = connection.execute("SELECT max(id) FROM data_key").fetchone()[0]
        key = vault.new_key(last + 1, self._clock.now_ms())
        connection.execute("UPDATE data_key SET active = 0")
        connection.execute(_INSERT_KEY, (*_key_row(key)[:-1], 1))

    def rewrapped(self, connection: sqlite3.Connection, asked: AskedKey) -> KeySource:
        """Writes the keys down as sealed under another root key. The caller has a transaction open, and
        promotes the key in the source that this gives, once that is committed.
        """
        vault = self.reread(connection)
        source = replace(self._source, asked=asked)
        root_key = source.stage(vault.store_id, self._entropy)
        for key in vault.rewrapped(read_keys(connection), root_key):
            update = "UPDATE data_key SET sealed = ? WHERE id = ?"
            connection.execute(update, (key.sealed, key.id))
        connection.execute("UPDATE store SET key_source = ?", (source.chosen(),))
        return source

    def follow(self, connection: sqlite3.Connection, source: KeySource) -> None:
        """Goes on with what ``rewrapped`` gave."""
        self._source = source
        self.reread(connection)


def _key_row(key: SealedKey) -> tuple[object, ...]:
    return (key.id, key.use, key.sealed, key.made_at_ms, int(key.active))
