"""New keys for a store that is in use."""

from __future__ import annotations

from typing import Final

from remint.keeper.store.keysource import AskedKey
from remint.keeper.store.rows import Row, resealed
from remint.keeper.store.sqlite import rows
from remint.keeper.store.sqlite.database import Database, translated
from remint.keeper.store.sqlite.datakeys import DataKeys

_RESEAL: Final = "UPDATE connection SET key_id = ?, trouble = ?, payload = ? WHERE id = ?"
_LEFT: Final = "SELECT count(*) FROM connection WHERE key_id < ?"
# An answer that nobody has read may lie in a room, or come into it, under the key that it was made for.
_DROP: Final = (
    "DELETE FROM data_key WHERE use = 'row' AND NOT active"
    " AND id NOT IN (SELECT key_id FROM room WHERE key_id IS NOT NULL)"
)


def rotate(database: Database, keys: DataKeys) -> None:
    """See ``SQLiteStore.rotate``."""
    with database.writing(durable=True) as connection:
        keys.rotated(connection)
    with database.reading() as connection:
        keys.reread(connection)


def reseal(database: Database, keys: DataKeys, limit: int) -> int:
    """See ``SQLiteStore.reseal``."""
    with database.writing(durable=True) as connection:
        vault = keys.reread(connection)
        found = connection.execute(rows.BY_OTHER_KEY, (vault.active, limit)).fetchall()
        for each in found:
            row = resealed(vault, Row._make(each))
            connection.execute(_RESEAL, (row.key_id, row.trouble, row.payload, row.id))
        left: int = connection.execute(_LEFT, (vault.active,)).fetchone()[0]
        if not left:
            connection.execute(_DROP)
    return left


def rewrap(database: Database, keys: DataKeys, key: AskedKey) -> None:
    """See ``SQLiteStore.rewrap``."""
    with translated(), database.writing(durable=True) as connection:
        source = keys.rewrapped(connection, key)
        store_id = keys.vault.store_id
    # Behind the commit: until then the old key opens the store, and from then on the staged one does.
    source.promote(store_id, source.chosen())
    with database.reading() as connection:
        keys.follow(connection, source)
