"""Brings the schema of a database on a server to the present."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from remint.store import migrate
from remint.store.postgres.address import Address
from remint.store.postgres.connection import Connection
from remint.store.postgres.fault import unavailable

_SECONDS: Final = 600.0
#: Two processes that start at once take turns: 63 bits of nobody else's.
_TURN: Final = 0x52454D494E54


def revision(address: Address) -> str | None:
    """The revision that the database is at; ``None`` for a new one. Raises ``StoreUnavailable``."""
    found = _asked(address, "alembic_version", "SELECT version_num FROM alembic_version")
    return None if found is None else str(found)


def holds_installation(address: Address) -> bool:
    """Whether the database belongs to an installation already, and is not just a start cut short."""
    query = "SELECT value FROM meta WHERE key = 'installation_id'"
    return _asked(address, "meta", query) is not None


def upgrade(address: Address) -> None:
    """Creates or upgrades the schema. Does next to nothing when it is at ``HEAD``.

    Raises ``StoreUnavailable``, also for a database that a newer release has written, or in which this user
    may not make tables.
    """
    if revision(address) == migrate.HEAD:
        return
    # The turn is the transaction's: a pooler gives a session, and what it holds, to somebody else.
    with connected(address) as turn, turn.transaction():
        with (
            contextlib.suppress(
                psycopg.errors.UndefinedFunction, psycopg.errors.FeatureNotSupported
            ),
            turn.transaction(),
        ):
            turn.execute("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
        present = revision(address)
        if present != migrate.HEAD:
            engine = create_engine("postgresql+psycopg://", creator=lambda: _opened(address))
            try:
                migrate.run(engine, present)
            except DBAPIError as error:
                raise unavailable(error.orig or error, address) from None


def _asked(address: Address, table: str, query: str) -> Any:
    with connected(address) as connection:
        if connection.execute("SELECT to_regclass(%s)", (table,)).fetchall()[0][0] is None:
            return None
        row = connection.execute(query.encode()).fetchone()
        return None if row is None else row[0]


@contextlib.contextmanager
def connected(address: Address) -> Iterator[Connection]:
    """A connection that has time. Raises ``StoreUnavailable`` where there is none, or for what it answers."""
    try:
        with contextlib.closing(_opened(address)) as connection:
            connection.autocommit = True
            yield connection
    except psycopg.Error as error:
        raise unavailable(error, address) from None


def _opened(address: Address) -> Connection:
    connection = Connection.connect(**address.connect_with())
    connection.statement_seconds = _SECONDS
    return connection
