"""Which server it is: a standby that takes over, or a backup that is put back, begins a timeline of its own.

What was written last on the timeline before may be missing there. So nobody is given a lease on a new
timeline until everybody had the time to bring what it lacks; and its fences are above all that came before.
"""

# Only expressions from here are put together.
# ruff: noqa: S608

from __future__ import annotations

from typing import Final

import psycopg

from remint.keeper.store.postgres.rows import CLOCK_STEP_MS, NOW_MS
from remint.store.postgres.connection import Connection
from remint.store.postgres.safety import SAFELY

SETTLING_MS: Final = 10_000
"""Who hung on a machine that is gone is back by then: a statement and a connection take five seconds each."""

_CLOCK_STEP_MS: Final = 60_000
_FENCE_BITS: Final = 40

_NUMBER: Final = "remint_keeper.timeline()"
_IS_OVER: Final = (
    f"NOT settled_at_ms BETWEEN {NOW_MS} + 1 AND {NOW_MS} + {SETTLING_MS + CLOCK_STEP_MS}"
)
IS_SETTLED: Final = (
    f"EXISTS (SELECT FROM remint_keeper.store WHERE timeline = {_NUMBER} AND {_IS_OVER})"
)
"""Whether leases are given."""
FIRST_FENCE: Final = f"(({_NUMBER} - 1) << {_FENCE_BITS})"

# A server that is no primary has no timeline yet.
_FUNCTION: Final = """
    CREATE FUNCTION remint_keeper.timeline() RETURNS bigint LANGUAGE sql VOLATILE AS $$
        SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0 ELSE ('x' || substr(
            pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END
    $$"""
#: An engine whose copies never differ has one for good.
_FIXED: Final = (
    "CREATE FUNCTION remint_keeper.timeline() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'"
)
_SELECT: Final = f"SELECT {_NUMBER}"
_SELECT_SETTLING: Final = (
    f"SELECT timeline <> {_NUMBER}, CASE WHEN {_IS_OVER} THEN 0 ELSE settled_at_ms - {NOW_MS} END"
    " FROM remint_keeper.store"
)
_ARRIVE: Final = (
    f"UPDATE remint_keeper.store SET timeline = {_NUMBER}, settled_at_ms = {NOW_MS} + {SETTLING_MS}"
    f" WHERE timeline <> {_NUMBER} AND {SAFELY}"
)


def make_timeline(connection: Connection) -> None:
    """Makes the function that tells it. The caller has a transaction open."""
    try:
        with connection.transaction():
            connection.execute(_FUNCTION)
            connection.execute(_SELECT)
    except psycopg.errors.OperationalError:
        raise
    except psycopg.Error:
        connection.execute(_FIXED)


def timeline_of(connection: Connection) -> int:
    """The number of the server's timeline, from 1; 0 for one that is no primary."""
    found: int = connection.execute(_SELECT).fetchall()[0][0]
    return found


def settling_ms(connection: Connection) -> int:
    """How long until leases are given. Who finds a server that has taken over sees to it that it waits."""
    for _ in range(2):
        is_new, left_ms = connection.execute(_SELECT_SETTLING).fetchall()[0]
        if not is_new:
            return int(left_ms)
        connection.execute(_ARRIVE)
    return SETTLING_MS


def first_fence(timeline: int) -> int:
    """No fence of an earlier timeline is as great."""
    return (timeline - 1) << _FENCE_BITS
