"""A new data key for a store that is in use."""

from __future__ import annotations

import contextlib

import psycopg

from remint.keeper.store.postgres import rows, statements
from remint.keeper.store.postgres.datakeys import DataKeys
from remint.keeper.store.rows import resealed
from remint.store.postgres.connection import Connection


def reseal(connection: Connection, keys: DataKeys, limit: int) -> int:
    """See ``PostgresStore.reseal``."""
    with connection.transaction():
        vault = keys.reread(connection)
        given = {"key_id": vault.active, "limit": limit}
        for values in connection.execute(statements.BY_OTHER_KEY, given).fetchall():
            row = resealed(vault, rows.found(values).row)
            connection.execute(statements.RESEAL, rows.values_of(row))
    left: int = connection.execute(statements.RESEALABLE, given).fetchall()[0][0]
    if not left:
        # Somebody is just writing under one of them: another time.
        with contextlib.suppress(psycopg.errors.ForeignKeyViolation):
            keys.drop_unused(connection)
    return left
