"""The catalogue's version: by it other processes notice, within a second, that what they cached is stale."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Integer, String, cast, insert, select, update

from remint.store.schema import meta

_KEY: Final = "catalogue_version"


def catalogue_version(connection: Connection) -> int:
    """Grows with every change to what a server caches."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == _KEY)) or 0)


def raise_catalogue_version(connection: Connection) -> None:
    """Raises it, within the transaction of the change."""
    raised = cast(cast(meta.c.value, Integer) + 1, String)
    query = update(meta).where(meta.c.key == _KEY).values(value=raised)
    if not connection.execute(query).rowcount:
        connection.execute(insert(meta).values(key=_KEY, value="1"))
