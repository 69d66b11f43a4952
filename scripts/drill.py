"""Failover in earnest: two PostgreSQL servers under Patroni and etcd, killed in turn, and a table.

``python -m scripts.drill --rounds 10`` needs Debian's ``patroni`` and ``etcd-server`` beside PostgreSQL. In
each round the primary's machine dies (``kill -9`` of Patroni and PostgreSQL), 32 clients go on renewing, and
the dead one is brought back as a standby. Nobody promotes anything by hand.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.peers.postgres import programs
from bench.process import free_port
from remint.issuer.grants import revoke_grant
from remint.issuer.installation import Installation
from remint.issuer.issuing import issue
from remint.issuer.settings import Settings
from tests.failover.test_failover import CLIENTS, error_of, make_client
from tests.promises.honest import Company, company
from tests.servers import serving

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
        with contextlib.suppress(OSError):
            address = f"http://127.0.0.1:{self.rest_port}/primary"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        return False

    def followed(self, *, is_synchronous: bool) -> bool:
        """Whether a standby receives what it writes."""
        with contextlib.suppress(psycopg.Error):
            states = self.execute(
                "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
            )
            return bool(states) and (not is_synchronous or states[0][0] == "sync")
        return False

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What a statement gives."""
        where = f"host=127.0.0.1 port={self.port} user=remint dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def main() -> int:
    """Prints a line for each round. Raises if a client was logged out or a revocation undone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--synchronous", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="remint-drill-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        with _etcd(folder) as etcd_port:
            nodes = [
                Node(name, folder, etcd_port, is_synchronous=options.synchronous)
                for name in ("one", "two")
            ]
            try:
                _drill(nodes, folder, options.rounds, is_synchronous=options.synchronous)
            finally:
                for node in nodes:
                    node.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _drill(nodes: list[Node], folder: Path, rounds: int, *, is_synchronous: bool) -> None:
    nodes[0].start()
    _wait(nodes[0].is_primary)
    nodes[0].execute("CREATE DATABASE remint")
    nodes[1].start()
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
    data = Path(tempfile.mkdtemp(prefix="remint-issuer-", dir=folder)) / "data"
    settings = Settings(data_dir=data, database=f"postgresql://remint@{hosts}/remint")
    with closing(Installation(settings, environ={})) as installation:
        client = make_client(installation)
        made = [issue(installation, client.app, f"user-{n}") for n in range(CLIENTS + rounds)]
    tokens = [each.refresh_token.reveal() for each in made]
    print("| round | killed | seconds until all had renewed | renewed since | rewound | revoked |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    with (
        serving(settings, covered=False) as server,
        company(server.port, client, tokens[:CLIENTS]) as at_work,
    ):
        for number in range(rounds):
            primary, standby = sorted(nodes, key=lambda node: not node.is_primary())
            _wait(lambda node=primary: node.followed(is_synchronous=is_synchronous))
            _all_renew(at_work)
            with closing(Installation(settings, environ={})) as installation:
                revoke_grant(installation, made[CLIENTS + number].held)
            renewed = sum(chain.renewals for chain in at_work.chains)
            killed = time.monotonic()
            primary.kill()
            _all_renew(at_work)
            outage = time.monotonic() - killed
            renewed = sum(chain.renewals for chain in at_work.chains) - renewed
            for token in tokens[CLIENTS : CLIENTS + number + 1]:
                assert error_of(server.port, client, token) == "invalid_grant"
            ((rewound, revoked),) = standby.execute(
                "SELECT (SELECT count(*) FROM audit WHERE event = 'rewound'),"
                " (SELECT count(*) FROM grants WHERE revoked_at > 0)",
                "remint",
            )
            print(
                f"| {number + 1} | {primary.name} | {outage:.1f} | {renewed} | {rewound} | {revoked} |",
                flush=True,
            )
            primary.start()


def _all_renew(at_work: Company) -> None:
    wanted = [(chain, chain.renewals + 1) for chain in at_work.chains]
    _wait(lambda: all(chain.renewals >= count for chain, count in wanted))


def _wait(condition: Any) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
