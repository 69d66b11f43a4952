"""A PostgreSQL of our own, which can be stopped and started."""

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


class Cluster:
    """One server on a port of its own, in a folder that goes with it."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="remint-postgres-"))
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        self._identity: list[str] = []
        self._kept: dict[str, psycopg.Connection[tuple[object, ...]]] = {}
        if os.geteuid() == 0:
            self._give_away()
        self.port = _free_port()
        self._run("initdb", "-A", "trust", "-U", "remint", "-N", "--wal-segsize=1")
        settings = {**_SETTINGS, "port": self.port, "unix_socket_directories": self._data}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()
        self.create("plain")

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
        """What a statement gives, by a connection that is kept for the next."""
        for is_last in (False, True):
            try:
                cursor = self._connected(database).execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                # It was cut, with the server or the database.
                self._let_go(database)
                if is_last:
                    raise
        raise AssertionError

    def create(self, database: str, template: str = "template0") -> None:
        """One more database."""
        self._let_go(template)
        self.execute("postgres", f"CREATE DATABASE {database} TEMPLATE {template}")

    def drop(self, database: str) -> None:
        """One less, whoever is connected to it."""
        self._let_go(database)
        self.execute("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def cut(self) -> None:
        """Ends every connection that the stores have."""
        self.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name LIKE 'remint%'",
        )

    def raw(self) -> bytes:
        """Every byte of the data directory, logs and all."""
        self.execute("plain", "CHECKPOINT")
        return b"".join(path.read_bytes() for path in self._data.rglob("*") if path.is_file())

    def close(self) -> None:
        """The server and its folder are gone."""
        for database in list(self._kept):
            self._let_go(database)
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connected(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        kept = self._kept.get(database)
        if kept is None or kept.closed:
            kept = self._kept[database] = psycopg.connect(self.url(database), autocommit=True)
        return kept

    def _let_go(self, database: str) -> None:
        kept = self._kept.pop(database, None)
        if kept is not None:
            kept.close()

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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
