"""An estate whose data is in PostgreSQL, and any number of machines that serve it."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from pathlib import Path
from typing import Any

import msgspec

from tests.postgrescluster import Cluster
from tests.promises.clock import FileClock
from tests.promises.estate import Estate
from tests.promises.server import Server, Zygote

#: The server's clock goes on by itself, and is set with the processes' own.
_SET_TIME = (
    "CREATE SCHEMA settime",
    "CREATE TABLE settime.ahead (ms bigint NOT NULL)",
    "INSERT INTO settime.ahead VALUES (0)",
    (
        "CREATE FUNCTION settime.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
        " $$ SELECT pg_catalog.clock_timestamp() + ms * interval '1 millisecond' FROM settime.ahead $$"
    ),
)
_PATH = "ALTER DATABASE {} SET search_path = public, settime, pg_catalog"
_numbers = itertools.count(1)


class _SharedClock(FileClock):
    """A clock that takes the server's along."""

    def __init__(self, path: Path, cluster: Cluster, database: str) -> None:
        super().__init__(path)
        self._cluster = cluster
        self._database = database

    def elapse(self, seconds: float) -> None:
        """See ``FileClock``."""
        self._move(seconds)
        super().elapse(seconds)

    def jump(self, seconds: float) -> None:
        """See ``FileClock``."""
        self._move(seconds)
        super().jump(seconds)

    def stop(self) -> None:
        """A server's clock cannot be stopped."""
        raise NotImplementedError

    def _move(self, seconds: float) -> None:
        statement = f"UPDATE settime.ahead SET ms = ms + {int(seconds * 1000)}"
        self._cluster.execute(self._database, statement)


class PostgresEstate(Estate):
    """An estate on the first machine of as many as ``machine`` makes."""

    def __init__(self, folder: Path, zygote: Zygote, cluster: Cluster, **settings: Any) -> None:
        self.cluster = cluster
        self.name = f"promise{next(_numbers)}"
        cluster.create(self.name)
        for statement in _SET_TIME:
            cluster.execute(self.name, statement)
        cluster.execute("postgres", _PATH.format(self.name))
        super().__init__(folder, zygote, database=cluster.url(self.name), **settings)
        self.clock = _SharedClock(folder / "clock", cluster, self.name)
        self._zygote = zygote
        self._machines: list[Server] = []

    @property
    def database(self) -> Path:
        """There is no file."""
        raise NotImplementedError

    def machine(self) -> Server:
        """One more machine, with the root key and nothing else. Its clock is the first one's."""
        data = self.data.with_name(f"machine-{len(self._machines)}") / "data"
        data.mkdir(parents=True, mode=0o700)
        shutil.copy(self.data / "root.key", data / "root.key")
        settings = msgspec.structs.replace(self.server.settings, data_dir=data, port=0)
        made = Server(self._zygote, settings, self.data.with_name("clock"))
        self._machines.append(made)
        return made

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""
        for value in values:
            statement = statement.replace("?", f"'{value}'", 1)
        return self.cluster.execute(self.name, statement)

    def close(self) -> None:
        """Every machine is off, and the database gone."""
        for server in (self.server, *self._machines):
            server.kill()
        with contextlib.suppress(Exception):
            self.cluster.drop(self.name)
