"""Two PostgreSQL servers, of which one follows the other, on free ports and in temporary folders."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import psycopg

from bench.process import free_port

_SETTINGS: Final = {
    # A server that is killed loses nothing of what the system has; only a power cut needs the disk.
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "wal_keep_size": "256MB",
    "wal_retrieve_retry_interval": "100ms",
    "wal_receiver_timeout": "5s",
}
_PATIENCE_SECONDS: Final = 60


class Node:
    """One server. Not started yet."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._identity: list[str] = []
        self.data = folder
        self.port = free_port()
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres")
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            self._identity = ["setpriv", *ids, "--clear-groups"]

    def make(self) -> None:
        """A cluster of its own."""
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "remint", "-N", "--wal-segsize=1")
        self._set(**_SETTINGS)

    def follow(self, primary: Node) -> None:
        """A copy of ``primary`` that goes on receiving what is written there."""
        source = f"host=127.0.0.1 port={primary.port} user=remint application_name=standby"
        self._run(
            "pg_basebackup", "-D", self.data, "-d", source, "-R", "-X", "stream", "-c", "fast"
        )

    def start(self) -> None:
        """Answers then."""
        self._set(port=str(self.port), unix_socket_directories=str(self.data))
        self._run("pg_ctl", "-D", self.data, "start", "-w", "-s", "-l", self.data / "log")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What a statement gives."""
        where = f"host=127.0.0.1 port={self.port} user=remint dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def kill(self) -> None:
        """``kill -9`` of the server and of every process of its own."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    def promote(self) -> None:
        """Takes writes from now on."""
        self._run("pg_ctl", "-D", self.data, "promote", "-w", "-s")

    def stop(self) -> None:
        """As by a crash."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.data, "stop", "-s", "-m", "immediate")

    def set(self, **settings: str) -> None:
        """Changes settings while it runs."""
        self._set(**settings)
        self.execute("SELECT pg_reload_conf()")

    def _set(self, **settings: str) -> None:
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [*self._identity, str(self._programs / program), *map(str, arguments)],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_SECONDS,
        )


class Pair:
    """A primary and its standby, with an empty database ``remint``."""

    def __init__(self, programs: Path, *, is_synchronous: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="remint-failover-"))
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.primary = Node(programs, self.folder / "one")
        self.standby = Node(programs, self.folder / "two")
        self.primary.make()
        self.primary.start()
        self.primary.execute("CREATE DATABASE remint")
        self.standby.follow(self.primary)
        self.standby.start()
        self._wait_for_standby()
        if is_synchronous:
            self.primary.set(synchronous_standby_names="standby")
            self._wait_for_standby("sync")

    @property
    def url(self) -> str:
        """Both of them: whichever takes writes."""
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://remint@{hosts}/remint"

    def fail_over(self) -> None:
        """The primary dies, and somebody promotes the standby."""
        self.primary.kill()
        self.standby.promote()

    def hold_back(self) -> None:
        """The standby receives nothing any more, as over a line that is stuck."""
        ((sender,),) = self.primary.execute("SELECT pid FROM pg_stat_replication")
        os.kill(int(str(sender)), signal.SIGSTOP)

    def bytes_behind(self) -> int:
        """How far the standby is behind."""
        ((behind,),) = self.primary.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint FROM pg_stat_replication"
        )
        return int(str(behind))

    def close(self) -> None:
        """Both are gone, and their folders."""
        for node in (self.primary, self.standby):
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_for_standby(self, state: str = "") -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        query = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
        while True:
            states = [row[0] for row in self.primary.execute(query)]
            if states and state in ("", states[0]):
                return
            assert time.monotonic() < deadline, f"the standby does not follow: {states}"
            time.sleep(0.05)
