"""Finding and writing rows."""

from __future__ import annotations

import sqlite3
from typing import Final

from remint.keeper.connection import Held
from remint.keeper.store.rows import Row, mark_of, row_of
from remint.keeper.store.vault import Vault

__all__ = ["Row", "mark_of"]

COLUMNS: Final = ", ".join(Row._fields)
# S608, here and below: only the names of columns are put together.
_SELECT: Final = f"SELECT {COLUMNS} FROM connection"  # noqa: S608
BY_NAME: Final = f"{_SELECT} WHERE name = ?"
BY_ID: Final = f"{_SELECT} WHERE id = ?"
BEHIND_NAME: Final = f"{_SELECT} WHERE name > ? ORDER BY name LIMIT ?"
BY_OTHER_KEY: Final = f"{_SELECT} WHERE key_id < ? LIMIT ?"
RENEWING: Final = f"{_SELECT} WHERE state = 'renewing' AND state <> 'fresh'"
_INSERT: Final = (
    f"INSERT INTO connection ({COLUMNS})"  # noqa: S608
    f" VALUES ({','.join('?' * len(Row._fields))})"
)


def row(connection: sqlite3.Connection, select: str, value: str) -> Row | None:
    """The row that ``BY_NAME`` or ``BY_ID`` finds."""
    found = connection.execute(select, (value,)).fetchone()
    return None if found is None else Row._make(found)


def insert(connection: sqlite3.Connection, held: Held, vault: Vault, fence: int) -> None:
    """A new row, whose leases begin behind ``fence``."""
    connection.execute(_INSERT, row_of(held, vault, fence))
