"""What time it is on the server, and which server that is.

A pooler, or another proxy, can put another server in the place of one that has failed, and the connection to
it lives on as if nothing had been: the new one may be an older copy, which has forgotten revocations. So the
answer to every question comes with the name of who gave it.
"""

from __future__ import annotations

from typing import Final

import psycopg

from remint.store.postgres.connection import Connection, Statement

_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
#: One server process's start, and the file of the table: another where a database was made anew beside it.
_POSTGRESQL: Final = (
    "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint::text || ' '"
    " || coalesce(pg_relation_filepath(to_regclass('grants')), '')"
)
#: Its nodes are one server, which no failover takes back in time; a restored cluster is another one.
_COCKROACHDB: Final = "crdb_internal.cluster_id()::text"
_NONE: Final = "''"
_WAYS: Final = tuple(
    Statement(b"remint_select_moment", f"{_NOW}, {server}".encode())
    for server in (_POSTGRESQL, _COCKROACHDB, _NONE)
)


class AnotherServer(psycopg.OperationalError):
    """The answer comes from another server than the one that was connected to, and is not to be used."""

    def __init__(self) -> None:
        super().__init__(
            "answers come from one server and then from another: a pooler or proxy in between has to keep to"
            " the one that is the primary"
        )


def learn_moment(connection: Connection) -> tuple[Statement, int, str]:
    """How to ask this engine, and its answer: milliseconds since the epoch, and what names the server.

    The name is empty for an engine that cannot tell.
    """
    for way in _WAYS[:-1]:
        try:
            return way, *ask_moment(connection, way)
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
            continue
        except (psycopg.NotSupportedError, psycopg.errors.InsufficientPrivilege):
            continue
    return _WAYS[-1], *ask_moment(connection, _WAYS[-1])


def ask_moment(connection: Connection, way: Statement) -> tuple[int, str]:
    """The answer alone. The connection is in no transaction, or commits by itself."""
    [(now_ms, server)] = connection.execute(way.text).fetchall()
    return now_ms, server
