"""What can be told of a database on a server: its settings that matter here, its sizes, its standbys."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import psycopg

from remint.clock import Clock
from remint.store import migrate
from remint.store.condition import Condition
from remint.store.postgres.address import Address
from remint.store.postgres.connection import Connection
from remint.store.postgres.fault import POOLING, unavailable
from remint.store.postgres.pooling import pooling_of

_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'remint'"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)
#: One fact each; what an engine does not have is left out.
_FACTS: Final = {
    "engine": "SELECT version()",
    "database": "SELECT current_database()",
    "revision": "SELECT version_num FROM alembic_version",
    "installation": "SELECT value FROM meta WHERE key = 'installation_id'",
    "closed": "SELECT value FROM meta WHERE key = 'closed'",
    "bytes": "SELECT pg_database_size(current_database())",
    "bytes of grants": "SELECT pg_relation_size('grants')",
    "bytes of their indexes": "SELECT pg_indexes_size('grants')",
    "grants, about": "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'grants'::regclass",
    "fill factor": (
        "SELECT option_value::int FROM pg_class, pg_options_to_table(reloptions)"
        " WHERE oid = 'grants'::regclass AND option_name = 'fillfactor'"
    ),
    "share of updates that touched no index": (
        "SELECT round(n_tup_hot_upd::numeric / nullif(n_tup_upd, 0), 3)::float8"
        " FROM pg_stat_user_tables WHERE relid = 'grants'::regclass"
    ),
    "dead rows": "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'grants'::regclass",
    "last vacuum": (
        "SELECT greatest(last_autovacuum, last_vacuum)::text FROM pg_stat_user_tables"
        " WHERE relid = 'grants'::regclass"
    ),
    "is a standby": "SELECT pg_is_in_recovery()",
    "fsync": "SELECT current_setting('fsync')",
    "full_page_writes": "SELECT current_setting('full_page_writes')",
    "synchronous_commit": "SELECT current_setting('synchronous_commit')",
    "synchronous_standby_names": "SELECT current_setting('synchronous_standby_names')",
    "max_connections": "SELECT current_setting('max_connections')::int",
    "encrypted": "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "connections of Remint": _OTHERS,
}
_STANDBYS: Final = (
    "SELECT application_name, state, sync_state,"
    " pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint FROM pg_stat_replication"
)
_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_LAG_BYTES: Final = 16 << 20
_CLOCK_MS: Final = 5_000
_DEAD_SHARE: Final = 0.3
_HOT_SHARE: Final = 0.9
_MANY: Final = 10_000


def is_in_use(address: Address) -> bool:
    """Whether a server or a command is connected, as far as this server's list of connections shows."""
    with _connected(address) as connection:
        return bool(_one(connection, _OTHERS))


def condition_of(address: Address, clock: Clock) -> Condition:
    """Reads what the server tells of itself. Raises ``StoreUnavailable``."""
    with _connected(address) as connection:
        facts = {name: _one(connection, query) for name, query in _FACTS.items()}
        facts["newest revision"] = migrate.HEAD
        facts["clock ahead of this machine's, ms"] = (
            int(_one(connection, _NOW) or 0) - clock.now_ms()
        )
        if (pooling := pooling_of(connection, address)) is not None:
            facts["pooled by"] = pooling.by
            facts["keeps what was prepared"] = pooling.keeps_prepared
        with contextlib.suppress(psycopg.Error):
            facts["standbys"] = [
                {"name": name, "state": state, "sync_state": sync, "bytes behind": behind}
                for name, state, sync, behind in connection.execute(_STANDBYS)
            ]
    return Condition(facts, _advice(facts))


def _advice(facts: dict[str, Any]) -> list[str]:
    advice = []
    if facts["revision"] != facts["newest revision"]:
        advice.append("The schema is older than this release: `remint database migrate`.")
    if facts["fsync"] == "off":
        advice.append("fsync is off: a power cut loses renewals that were answered, or everything.")
    if facts["full_page_writes"] == "off":
        advice.append("full_page_writes is off: a power cut may damage the database.")
    if facts["is a standby"]:
        advice.append("This is a standby, which takes no writes: name the primary, or both.")
    if facts["synchronous_commit"] in ("off", "local") and facts["synchronous_standby_names"]:
        advice.append(
            f"synchronous_commit is {facts['synchronous_commit']}: a failover may forget renewals,"
            " which come back by themselves. First grants and revocations wait for the standby."
        )
    if not facts.get("keeps what was prepared", True):
        advice.append(f"{POOLING[0].upper()}{POOLING[1:]}. Until then renewals fail.")
    if abs(facts["clock ahead of this machine's, ms"]) > _CLOCK_MS:
        advice.append(
            "The two machines' clocks differ: access tokens may seem to be of the future."
        )
    advice += [
        f"The standby {standby['name']} is {standby['bytes behind']:,} bytes behind."
        for standby in facts.get("standbys", ())
        if (standby["bytes behind"] or 0) > _LAG_BYTES
    ]
    return advice + _of_the_table(facts)


def _of_the_table(facts: dict[str, Any]) -> list[str]:
    rows, dead = facts["grants, about"] or 0, facts["dead rows"] or 0
    advice = []
    if dead > _MANY and dead > rows * _DEAD_SHARE:
        advice.append("Many rows of grants are dead: autovacuum is off, too slow, or held up.")
    share = facts["share of updates that touched no index"]
    if share is not None and share < _HOT_SHARE and rows > _MANY:
        advice.append(
            "Many updates of grants touch its indexes: lower its fill factor (it is"
            f" {facts['fill factor'] or 100}), or end what reads for long."
        )
    return advice


def _one(connection: Connection, query: str) -> Any:
    try:
        row = connection.execute(query.encode()).fetchone()
    except psycopg.errors.OperationalError:
        raise
    except psycopg.Error:
        return None
    return None if row is None else row[0]


@contextlib.contextmanager
def _connected(address: Address) -> Any:
    try:
        with Connection.connect(autocommit=True, **address.connect_with()) as connection:
            yield connection
    except psycopg.Error as error:
        raise unavailable(error, address) from None
