"""A store in a PostgreSQL of our own, whose time the cases set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from remint.clock import SystemClock
from remint.store.postgres.place import PostgresPlace
from tests.postgrescluster import Cluster
from tests.store.stores import NOW_MS, SetClock, Store

#: What the store calls by its name is found here first: the server's clock, as the cases set it.
_SET_TIME = (
    "CREATE SCHEMA settime",
    "CREATE TABLE settime.now (at_ms bigint NOT NULL)",
    f"INSERT INTO settime.now VALUES ({NOW_MS})",
    (
        "CREATE FUNCTION settime.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
        " AS 'SELECT to_timestamp(at_ms / 1000.0) FROM settime.now'"
    ),
)
_PATH = "ALTER DATABASE {} SET search_path = public, settime, pg_catalog"
#: As after a migration: no rows but the one that writers queue at, and every number given out anew.
_CLEAR = """
    CREATE PROCEDURE settime.clear() LANGUAGE plpgsql AS $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind = 'r' AND relname <> 'alembic_version' LOOP
            EXECUTE 'DELETE FROM public.' || quote_ident(name);
        END LOOP;
        PERFORM setval(oid::regclass, 1, false) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
        INSERT INTO public.meta (key, value) VALUES ('catalogue_version', '1');
        UPDATE settime.now SET at_ms = %d;
    END $$
"""
#: An engine with shards refuses what it cannot bring into one order; a server that is asked to does so, too.
_REFUSING = "ALTER DATABASE {} SET default_transaction_isolation = serializable"
_TEMPLATE = "empty"


def make_template(cluster: Cluster, directory: Path) -> None:
    """A migrated database without anything in it: copying it is quicker than migrating again."""
    cluster.create(_TEMPLATE)
    for statement in (*_SET_TIME, _CLEAR % NOW_MS):
        cluster.execute(_TEMPLATE, statement)
    place = _place(cluster, _TEMPLATE, directory, is_spread=False)
    place.upgrade()
    place.database(SystemClock()).close()


class ServerClock(SetClock):
    """A clock that takes the server's along."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        super().__init__()
        self._cluster = cluster
        self.database = database

    def step(self, milliseconds: int) -> None:
        """Time passes, here and there."""
        super().step(milliseconds)
        self._move(milliseconds)

    def jump(self, milliseconds: int) -> None:
        """Somebody sets both clocks."""
        super().jump(milliseconds)
        self._move(milliseconds)

    def _move(self, milliseconds: int) -> None:
        statement = f"UPDATE settime.now SET at_ms = at_ms + {milliseconds}"
        with contextlib.suppress(Exception):
            self._cluster.execute(self.database, statement)


class PostgresStore(Store):
    """One of the cluster's databases, emptied.

    ``is_spread`` has each statement name one grant, and the server refuse transactions that meet (40001).
    """

    def __init__(self, cluster: Cluster, directory: Path, *, is_spread: bool = False) -> None:
        self.cluster = cluster
        self.name = "spread" if is_spread else "store"
        self._copies: list[str] = []
        if _is_there(cluster, self.name):
            cluster.execute(self.name, "CALL settime.clear()")
        else:
            self._create(_TEMPLATE)
        directory.mkdir(parents=True, exist_ok=True)
        place = _place(cluster, self.name, directory, is_spread=is_spread)
        super().__init__(place, ServerClock(cluster, self.name))

    def close(self) -> None:
        """See ``Store``."""
        super().close()
        for copy in self._copies:
            self.cluster.drop(copy)

    @contextlib.contextmanager
    def gone(self) -> Iterator[None]:
        """See ``Store``. Time can be set meanwhile, by a connection that is open already."""
        self.clock.step(0)
        self._allow("false")
        self.cut()
        try:
            yield
        finally:
            self._allow("true")

    def cut(self) -> None:
        """Ends every connection that the stores have."""
        self.cluster.cut()

    def copy(self, target: Path) -> None:
        """See ``Store``."""
        self.database.close()
        self.cut()
        self._copies.append(self._named(target))
        self.cluster.create(self._copies[-1], self.name)

    def put_back(self, copy: Path) -> None:
        """See ``Store``."""
        at_ms = self.cluster.execute(self.name, "SELECT at_ms FROM settime.now")[0][0]
        self.cluster.drop(self.name)
        self._create(self._named(copy))
        self.cluster.execute(self.name, f"UPDATE settime.now SET at_ms = {at_ms}")
        self.clock.step(1_001)

    def _create(self, template: str) -> None:
        self.cluster.create(self.name, template)
        self.cluster.execute("postgres", _PATH.format(self.name))
        if self.name == "spread":
            self.cluster.execute("postgres", _REFUSING.format(self.name))

    def _named(self, copy: Path) -> str:
        return f"{self.name}_{copy.stem.replace('-', '_')}"

    def _allow(self, word: str) -> None:
        self.cluster.execute("postgres", f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS {word}")


def _place(cluster: Cluster, name: str, directory: Path, *, is_spread: bool) -> PostgresPlace:
    return PostgresPlace(cluster.url(name), directory, is_spread=is_spread, environ={})


def _is_there(cluster: Cluster, name: str) -> bool:
    return bool(cluster.execute("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))
