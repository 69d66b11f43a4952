"""The data keys of a store in PostgreSQL: read, checked, rotated, and sealed under another root key."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from remint.clock import Clock, Entropy
from remint.errors import RootKeyError, StoreError, VaultError
from remint.keeper.connection import Held
from remint.keeper.store.keysource import AskedKey, KeySource
from remint.keeper.store.postgres.rows import Found
from remint.keeper.store.postgres.schema import STEPS, lock, upgrade, version_of
from remint.keeper.store.unlocking import STORE_ID_BYTES, unlocked_vault
from remint.keeper.store.vault import SealedKey, Vault, first_keys
from remint.store.postgres.connection import Connection
from remint.store.postgres.safety import wait_for_standby

_SELECT: Final = (
    "SELECT id, use, sealed, made_at_ms, active FROM remint_keeper.data_key ORDER BY id"
)
_INSERT: Final = "INSERT INTO remint_keeper.data_key VALUES (%s, %s, %s, %s, %s)"
_ACTIVE: Final = "SELECT id FROM remint_keeper.data_key WHERE active"
# Whatever is sealed under a key, or has room to be, points at it: the database itself holds on to the key.
_DROP: Final = (
    "DELETE FROM remint_keeper.data_key AS key WHERE use = 'row' AND NOT active"
    " AND NOT EXISTS (SELECT FROM remint_keeper.connection WHERE key_id = key.id)"
    " AND NOT EXISTS (SELECT FROM remint_keeper.answer WHERE key_id = key.id)"
)


def opened(
    connection: Connection, source: KeySource, clock: Clock, entropy: Entropy, where: str
) -> Vault:
    """The vault of the store in this database, which is made, or brought up to date, where that is needed.

    The key is checked before anything is written. Raises ``VaultError`` and ``RootKeyError`` about it.
    """
    version = version_of(connection)
    if version == len(STEPS):
        return unlocked(connection, source, entropy, where)
    if version:
        unlocked(connection, source, entropy, where)
    with connection.transaction():
        wait_for_standby(connection)
        lock(connection)
        is_new = version_of(connection) == 0
        upgrade(connection)
        if is_new:
            _fill(connection, source, clock, entropy)
        return unlocked(connection, source, entropy, where)


def unlocked(connection: Connection, source: KeySource, entropy: Entropy, where: str) -> Vault:
    """The vault of the store that is open here. Raises ``VaultError`` if the key is another's."""
    row = connection.execute("SELECT store_id, key_source FROM remint_keeper.store").fetchone()
    if row is None:
        raise StoreError(f"{where}: this is no keeper's store, or not all of one")
    store_id, remembered = row
    return unlocked_vault(store_id, remembered, _read(connection), source, entropy, where)


def _fill(connection: Connection, source: KeySource, clock: Clock, entropy: Entropy) -> None:
    store_id = entropy(STORE_ID_BYTES)
    root_key = source.find_or_make(store_id, entropy)
    row = (store_id, source.chosen())
    insert = "INSERT INTO remint_keeper.store VALUES (1, %s, %s, remint_keeper.timeline())"
    connection.execute(insert, row)
    for key in first_keys(store_id, root_key, clock.now_ms(), entropy):
        connection.execute(_INSERT, _row(key))


def _read(connection: Connection) -> list[SealedKey]:
    return [SealedKey(*found) for found in connection.execute(_SELECT).fetchall()]


def _row(key: SealedKey) -> tuple[object, ...]:
    return (key.id, key.use, key.sealed, key.made_at_ms, key.active)


class DataKeys:
    """The vault as it is now, whichever process rotated its keys."""

    def __init__(self, vault: Vault, source: KeySource, clock: Clock, entropy: Entropy) -> None:
        self.vault = vault
        self._source = source
        self._clock = clock
        self._entropy = entropy

    def for_writing(self, connection: Connection) -> Vault:
        """The vault with the key that is active now."""
        active = connection.execute(_ACTIVE).fetchone()
        if active is None or active[0] != self.vault.active:
            return self.reread(connection)
        return self.vault

    def for_reading(self, connection: Connection, sealed: bytes) -> Vault:
        """The vault with the key that sealed this, if there is one."""
        return self.vault if self.vault.knows(sealed) else self.reread(connection)

    def held(self, connection: Connection, found: Found) -> Held:
        """The connection in a row, unsealed. Raises ``VaultError``."""
        return found.held(self.for_reading(connection, found.row.payload))

    def reread(self, connection: Connection) -> Vault:
        """The vault with the keys that are there now."""
        where = str(self.vault.where)
        self.vault = unlocked(connection, self._source, self._entropy, where)
        return self.vault

    def rotate(self, connection: Connection) -> None:
        """Makes a new active key."""
        with connection.transaction():
            wait_for_standby(connection)
            lock(connection)
            vault = self.reread(connection)
            last = max(key.id for key in _read(connection))
            key = vault.new_key(last + 1, self._clock.now_ms())
            connection.execute("UPDATE remint_keeper.data_key SET active = false")
            connection.execute(_INSERT, (*_row(key)[:-1], True))
        self.reread(connection)

    def rewrap(self, connection: Connection, asked: AskedKey, *, is_again: bool) -> None:
        """Seals all data keys under another root key. ``is_again`` where that may have been done already."""
        source = replace(self._source, asked=asked)
        if is_again and self._is_under(connection, source):
            return
        with connection.transaction():
            wait_for_standby(connection)
            lock(connection)
            vault = self.reread(connection)
            root_key = source.stage(vault.store_id, self._entropy)
            for key in vault.rewrapped(_read(connection), root_key):
                update = "UPDATE remint_keeper.data_key SET sealed = %s WHERE id = %s"
                connection.execute(update, (key.sealed, key.id))
            update = "UPDATE remint_keeper.store SET key_source = %s"
            connection.execute(update, (source.chosen(),))
        # Behind the commit: until then the old key opens the store, and from then on the staged one does.
        source.promote(vault.store_id, source.chosen())
        self._source = source
        self.reread(connection)

    def _is_under(self, connection: Connection, source: KeySource) -> bool:
        try:
            where = str(self.vault.where)
            self.vault = unlocked(connection, source, self._entropy, where)
        except (RootKeyError, VaultError):
            return False
        self._source = source
        return True

    def drop_unused(self, connection: Connection) -> None:
        """Deletes the keys that nothing needs any more."""
        connection.execute(_DROP)
