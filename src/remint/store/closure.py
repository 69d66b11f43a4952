"""A database that nobody is to work on: a copy that is not finished, or one that was moved elsewhere.

A row of ``meta`` says so, and why. Whoever opens the installation is refused with these words.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from remint.errors import Conflict
from remint.store.schema import meta

CLOSED: Final = "closed"


def reason_of(connection: Connection) -> str | None:
    """Why the database is closed; ``None`` for one that is open."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == CLOSED))


def close(connection: Connection, reason: str) -> None:
    """Closes the database, or gives another reason for it."""
    reopen(connection)
    connection.execute(insert(meta).values(key=CLOSED, value=reason))


def reopen(connection: Connection) -> None:
    """Opens it."""
    connection.execute(delete(meta).where(meta.c.key == CLOSED))


def check_open(connection: Connection) -> None:
    """Raises ``Conflict`` for a database that is closed."""
    reason = reason_of(connection)
    if reason is not None:
        raise Conflict(f"nobody is to work on this database: {reason}")
