"""A PostgreSQL of our own, which can be stopped and started, and the place of a store in it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

from remint.keeper.store.keysource import AskedKey
from remint.keeper.store.postgres import PostgresStore
from remint.secret import Secret
from tests.keeper.store.places import SetClock

KEY = Secret(bytes(range(32)).hex())

_SETTINGS = {
    # A server that is killed loses nothing of what the system has; only a power cut needs the disk.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "150",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "max_wal_size": "32MB",
    "min_wal_size": "4MB",
}

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


class Cluster:
    """One server on a port of its own, in a folder that goes with it."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="remint-postgres-"))
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        self._identity: list[str] = []
        if os.geteuid() == 0:
            self._give_away()
        self.port = _free_port()
        self._run("initdb", "-A", "trust", "-U", "remint", "-N", "--wal-segsize=1")
        settings = {**_SETTINGS, "port": self.port, "unix_socket_directories": self._data}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()
        for name in ("settime", "plain"):
            self.execute("postgres", f"CREATE DATABASE {name}")
        for statement in _SET_TIME:
            self.execute("settime", statement)

    def url(self, database: str = "plain") -> str:
        """The address of one of the databases."""
        return f"postgresql://remint:open-sesame@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """The server answers then."""
        self._run("pg_ctl", "start", "-w", "-s", "-l", str(self._data / "log"))

    def stop(self, mode: str = "immediate") -> None:
        """As by a crash, unless ``mode`` is another."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", mode)

    def execute(self, database: str, statement: str) -> list[tuple[object, ...]]:
        """What a statement gives, by a connection of its own."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def cut(self, database: str = "plain") -> None:
        """Ends every connection that the stores have."""
        self.execute(
            database,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'remint-keeper'",
        )

    def clear(self, database: str) -> None:
        """As if no store had ever been there."""
        self.execute(database, "DROP SCHEMA IF EXISTS remint_keeper CASCADE")

    def raw(self) -> bytes:
        """Every byte of the data directory, logs and all."""
        self.execute("plain", "CHECKPOINT")
        return b"".join(path.read_bytes() for path in self._data.rglob("*") if path.is_file())

    def close(self) -> None:
        """The server and its folder are gone."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _give_away(self) -> None:
        """PostgreSQL refuses to run as root."""
        user = pwd.getpwnam("postgres")
        self.folder.chmod(0o755)
        os.chown(self._data, user.pw_uid, user.pw_gid)
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
        self._identity = ["setpriv", *ids, "--clear-groups"]

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._identity, str(self._programs / program), "-D", str(self._data)]
        subprocess.run(
            [*command, *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


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
        cluster.clear(database)

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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
