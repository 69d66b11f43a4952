"""Whether something between us and the server shares its connections out, as far as can be seen from here."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import psycopg

from remint.store.postgres.address import Address
from remint.store.postgres.connection import Call, Connection, Statement
from remint.store.postgres.fault import is_pooled

_OWN: Final = "SELECT pg_backend_pid()"
_KEPT: Final = Statement(b"remint_kept", b"SELECT 1")


class Pooling(NamedTuple):
    """How connections are shared out, and whether what was prepared on one is there at its next use."""

    by: Literal["nobody", "session", "transaction"]
    keeps_prepared: bool = True


def pooling_of(connection: Connection, address: Address) -> Pooling | None:
    """Looks at an open connection, and at a second one beside it. ``None`` where it cannot be told."""
    try:
        first = _server_of(connection)
        with Connection.connect(autocommit=True, **address.connect_with()) as other:
            other.statement_seconds = connection.statement_seconds
            with other.transaction():
                # This one keeps what it was given. If that was ours, or ours is another now, none is ours.
                theirs, again = _server_of(other), _server_of(connection)
            if theirs == first or again != first:
                return Pooling("transaction", _keeps_prepared(connection, other))
    except psycopg.Error:
        return None
    # A pooler answers with a number of its own where a server tells which process of it this is.
    return Pooling("nobody" if connection.info.backend_pid == first else "session")


def _keeps_prepared(connection: Connection, other: Connection) -> bool:
    try:
        for each in (connection, other):
            each.prepare([_KEPT])
        with other.transaction():
            for each in (other, connection):
                each.call([Call(_KEPT)])
    except psycopg.Error as error:
        if is_pooled(error):
            return False
        raise
    return True


def _server_of(connection: Connection) -> Any:
    [(pid,)] = connection.execute(_OWN).fetchall()
    return pid
