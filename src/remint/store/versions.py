"""Who won: a versioned row is changed only by those who saw what is there, and never half.

Every change of a row that two people may work on raises its ``version``, in the statement that changes it.
Every change that a server should look at raises the catalogue's version, by which other processes notice
that what they cached is stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Integer, String, Table, cast, insert, select, update

from remint.errors import NotFound, StaleVersion
from remint.store.schema import meta

_CATALOGUE: Final = "catalogue_version"


def change_row(
    connection: Connection,
    table: Table,
    number: int,
    values: Mapping[str, Any],
    *,
    what: str,
    expected: int | None = None,
) -> None:
    """Changes the row ``number`` and raises its version, if that is still ``expected``.

    ``None`` means that the caller does not mind what was there. ``what`` names the row in an error. Raises
    ``StaleVersion``, having changed nothing, and ``NotFound`` where there is no such row.
    """
    mine = table.c.id == number
    seen = mine if expected is None else mine & (table.c.version == expected)
    raised = {**values, "version": table.c.version + 1}
    if connection.execute(update(table).where(seen).values(raised)).rowcount:
        return
    if connection.scalar(select(table.c.id).where(mine)) is None:
        raise NotFound(f"{what} is not there any more")
    raise StaleVersion(f"{what} was changed meanwhile: look at it again, then decide anew")


def catalogue_version(connection: Connection) -> int:
    """Grows with every change to the catalogue."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == _CATALOGUE)) or 0)


def raise_catalogue_version(connection: Connection) -> None:
    """Tells other processes, within a second, that something changed."""
    raised = cast(cast(meta.c.value, Integer) + 1, String)
    query = update(meta).where(meta.c.key == _CATALOGUE).values(value=raised)
    if not connection.execute(query).rowcount:
        connection.execute(insert(meta).values(key=_CATALOGUE, value="1"))
