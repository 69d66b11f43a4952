"""The place of a keeper's store in a PostgreSQL of our own, whose clock the cases set."""

from __future__ import annotations

from pathlib import Path

from remint.keeper.store.keysource import AskedKey
from remint.keeper.store.postgres import PostgresStore
from remint.secret import Secret
from tests.keeper.store.places import SetClock
from tests.postgrescluster import Cluster

KEY = Secret(bytes(range(32)).hex())

#: The server's clock, as the cases set it: what the store calls by its name is found here first.
_SET_TIME = (
    "CREATE SCHEMA settime",
    "CREATE TABLE settime.now (at timestamptz NOT NULL)",
    "INSERT INTO settime.now VALUES ('2027-01-15 08:00:00Z')",
    (
        "CREATE FUNCTION settime.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
        " AS 'SELECT at FROM settime.now'"
    ),
    "ALTER DATABASE settime SET search_path = settime, pg_catalog",
)


def with_settime(cluster: Cluster) -> Cluster:
    """``cluster`` with a database whose time is set."""
    cluster.create("settime")
    for statement in _SET_TIME:
        cluster.execute("settime", statement)
    return cluster


class _ServerClock(SetClock):
    """A clock that takes the server's along."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster

    def step(self, milliseconds: int) -> None:
        """Time passes, here and there."""
        super().step(milliseconds)
        self._cluster.execute(
            "settime",
            f"UPDATE settime.now SET at = at + interval '{milliseconds} milliseconds'",
        )


class PostgresPlace:
    """A database that any number of processes, on any number of machines, may open."""

    def __init__(self, directory: Path, cluster: Cluster, database: str = "settime") -> None:
        self.directory = directory
        self.cluster = cluster
        self.database = database
        self.key: AskedKey = KEY
        self.options = ""
        self.clock = _ServerClock(cluster)
        self._opened: list[PostgresStore] = []
        self.clear()

    def clear(self) -> None:
        """As if no store had ever been there."""
        self.cluster.execute(self.database, "DROP SCHEMA IF EXISTS remint_keeper CASCADE")

    def url(self) -> str:
        """Where the store is."""
        return self.cluster.url(self.database) + self.options

    def open(self, machine: str = "here", patience_seconds: float = 5) -> PostgresStore:
        """The store, as one more process would have it."""
        store = PostgresStore(
            self.url(),
            key=self.key,
            environ={},
            clock=self.clock,
            patience_seconds=patience_seconds,
            outbox=self.directory / machine,
        )
        self._opened.append(store)
        return store

    def close(self) -> None:
        """Nothing that was opened is left open."""
        for store in self._opened:
            store.close()
