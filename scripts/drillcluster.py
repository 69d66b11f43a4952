"""Two PostgreSQL servers under Patroni and etcd, in a temporary folder, whose machines can die."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.peers.postgres import programs
from bench.process import free_port

_TTL_SECONDS: Final = 20
_PATIENCE_SECONDS: Final = 120
_HBA: Final = [
    "local all all trust",
    "host all all 127.0.0.1/32 trust",
    "host replication all 127.0.0.1/32 trust",
]


class Node:
    """One machine: Patroni, and the PostgreSQL that it looks after."""

    def __init__(self, name: str, folder: Path, etcd_port: int, *, is_synchronous: bool) -> None:
        self.name = name
        self.port, self.rest_port = free_port(), free_port()
        self._log = folder / f"{name}.log"
        self._config = folder / f"{name}.json"
        self._data = folder / name
        self._process: subprocess.Popen[bytes] | None = None
        binaries = programs()
        assert binaries is not None
        parameters = {"unix_socket_directories": str(folder), "wal_log_hints": "on"}
        config = {
            "scope": "drill",
            "name": name,
            "etcd3": {"host": f"127.0.0.1:{etcd_port}"},
            "restapi": {
                "listen": f"127.0.0.1:{self.rest_port}",
                "connect_address": f"127.0.0.1:{self.rest_port}",
            },
            "bootstrap": {
                "dcs": {
                    "ttl": _TTL_SECONDS,
                    "loop_wait": 2,
                    "retry_timeout": 5,
                    "maximum_lag_on_failover": 64 << 20,
                    "synchronous_mode": is_synchronous,
                },
                "initdb": [{"auth": "trust"}, {"encoding": "UTF8"}],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{self.port}",
                "connect_address": f"127.0.0.1:{self.port}",
                "data_dir": str(self._data),
                "bin_dir": str((binaries / "postgres").resolve().parent),
                "pgpass": str(folder / f"{name}.pgpass"),
                "authentication": {
                    "superuser": {"username": "remint"},
                    "replication": {"username": "remint"},
                },
                "parameters": parameters,
                "pg_hba": _HBA,
                "basebackup": [{"checkpoint": "fast"}],
                "use_pg_rewind": True,
                "remove_data_directory_on_diverged_timelines": True,
                "remove_data_directory_on_rewind_failure": True,
            },
        }
        self._config.write_text(json.dumps(config))

    def start(self) -> None:
        """Patroni makes, clones or rewinds what it needs."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [*_identity(), shutil.which("patroni") or "patroni", str(self._config)],
                stdout=out,
                stderr=out,
                cwd="/",
            )

    def kill(self) -> None:
        """The machine is gone."""
        pids = [self._process.pid] if self._process else []
        with contextlib.suppress(OSError, ValueError, IndexError):
            main = int((self._data / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
            pids += [main, *map(int, children)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process:
            self._process.wait()
        self._process = None

    def is_primary(self) -> bool:
        """Whether it takes writes."""
        return self._is("primary")

    def is_synchronous(self) -> bool:
        """Whether Patroni would promote it, since the primary waits for it."""
        return self._is("synchronous")

    def is_followed(self) -> bool:
        """Whether a standby receives what it writes."""
        with contextlib.suppress(psycopg.Error):
            states = self.execute("SELECT state FROM pg_stat_replication")
            return states == [("streaming",)]
        return False

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What a statement gives."""
        where = f"host=127.0.0.1 port={self.port} user=remint dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def hold_back(self) -> None:
        """Its standby receives nothing any more, as over a line that is stuck."""
        ((sender,),) = self.execute("SELECT pid FROM pg_stat_replication")
        os.kill(sender, signal.SIGSTOP)

    def _is(self, role: str) -> bool:
        with contextlib.suppress(OSError):
            address = f"http://127.0.0.1:{self.rest_port}/{role}"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        return False


class Cluster:
    """A primary and its standby, in changing parts."""

    def __init__(self, folder: Path, nodes: list[Node], *, is_synchronous: bool) -> None:
        self.folder = folder
        self.is_synchronous = is_synchronous
        self._nodes = nodes

    @property
    def hosts(self) -> list[str]:
        """Where both are."""
        return [f"127.0.0.1:{node.port}" for node in self._nodes]

    def begin(self, database: str) -> None:
        """Both run, with an empty database."""
        self._nodes[0].start()
        wait(self._nodes[0].is_primary)
        self._nodes[0].execute(f"CREATE DATABASE {database}")
        self._nodes[1].start()

    def at_rest(self) -> tuple[Node, Node]:
        """The primary and the standby, once the one follows the other."""
        primary, standby = sorted(self._nodes, key=lambda node: not node.is_primary())
        wait(primary.is_followed)
        if self.is_synchronous:
            wait(standby.is_synchronous)
        return primary, standby


@contextlib.contextmanager
def cluster(*, is_synchronous: bool) -> Iterator[Cluster]:
    """Not begun yet; gone afterwards, with its folder."""
    folder = Path(tempfile.mkdtemp(prefix="remint-drill-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        with _etcd(folder) as etcd_port:
            names = ("one", "two")
            nodes = [Node(name, folder, etcd_port, is_synchronous=is_synchronous) for name in names]
            try:
                yield Cluster(folder, nodes, is_synchronous=is_synchronous)
            finally:
                for node in nodes:
                    node.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait(condition: Callable[[], bool]) -> None:
    """Until it holds. Raises ``TimeoutError`` after two minutes."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the cluster does not come to rest")
        time.sleep(0.05)


@contextlib.contextmanager
def _etcd(folder: Path) -> Iterator[int]:
    port, peer = free_port(), free_port()
    options = {
        "data-dir": folder / "etcd",
        "listen-client-urls": f"http://127.0.0.1:{port}",
        "advertise-client-urls": f"http://127.0.0.1:{port}",
        "listen-peer-urls": f"http://127.0.0.1:{peer}",
        "initial-advertise-peer-urls": f"http://127.0.0.1:{peer}",
        "initial-cluster": f"default=http://127.0.0.1:{peer}",
    }
    with (folder / "etcd.log").open("wb") as out:
        process = subprocess.Popen(
            ["etcd", *(f"--{name}={value}" for name, value in options.items())],
            stdout=out,
            stderr=out,
        )
    try:
        time.sleep(2)
        yield port
    finally:
        process.kill()
        process.wait()


def _identity() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid():
        return []
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
