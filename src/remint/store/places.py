"""Where a store is: a data directory alone, or one beside a database on a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from remint.clock import Clock
from remint.errors import ConfigurationError
from remint.store.condition import Condition
from remint.store.database import Database
from remint.store.files import StoreFiles
from remint.store.protocols import GrantBackend
from remint.store.sqlite import condition, migration, saving
from remint.store.sqlite.backend import SQLiteBackend
from remint.store.sqlite.database import SQLiteDatabase

_SCHEMES = ("postgresql://", "postgres://")


class Place(Protocol):
    """One engine's place. ``files`` is this machine's data directory; others may share what ``is_shared``."""

    files: StoreFiles
    is_shared: bool

    def exists(self) -> bool:
        """Whether there is a database at all. Raises ``StoreUnavailable``."""

    def holds_installation(self) -> bool:
        """Whether it belongs to an installation already. Raises ``StoreUnavailable``."""

    def upgrade(self) -> None:
        """Creates the schema, or brings it to the present. Raises ``StoreUnavailable``."""

    def database(self, clock: Clock) -> Database:
        """The cold half."""

    def backend(self, clock: Clock) -> GrantBackend:
        """The hot half, for one thread."""

    def condition(self, clock: Clock) -> Condition:
        """What can be told of it without changing anything. Raises ``StoreUnavailable``."""

    def save(self, to: Path) -> None:
        """Copies it, as it is at one moment, to a new file. Raises ``StoreUnavailable``."""

    def put_back(self, saved: Path, aside: str) -> None:
        """Puts such a copy in place, while nobody works on it.

        A database that is there is set aside under that ending, or refused by ``Conflict`` where that cannot
        be. Raises ``StoreUnavailable``.
        """

    def is_in_use(self) -> bool:
        """Whether a server or a command works on it, other than this one. Raises ``StoreUnavailable``.

        Ask before anything is opened here.
        """


class SQLitePlace:
    """Everything in the data directory."""

    is_shared = False

    def __init__(self, directory: Path) -> None:
        self.files = StoreFiles(directory)

    def exists(self) -> bool:
        """See ``Place``."""
        return self.files.database.exists()

    def holds_installation(self) -> bool:
        """See ``Place``."""
        return migration.holds_installation(self.files)

    def upgrade(self) -> None:
        """See ``Place``."""
        migration.upgrade(self.files)

    def database(self, clock: Clock) -> Database:
        """See ``Place``."""
        return SQLiteDatabase(self.files.directory, clock)

    def backend(self, clock: Clock) -> GrantBackend:
        """See ``Place``."""
        return SQLiteBackend(self.files, clock)

    def condition(self, clock: Clock) -> Condition:
        """See ``Place``."""
        return condition.condition_of(self.files)

    def is_in_use(self) -> bool:
        """See ``Place``."""
        return self.exists() and condition.is_in_use(self.files)

    def save(self, to: Path) -> None:
        """See ``Place``."""
        saving.save(self.files, to)

    def put_back(self, saved: Path, aside: str) -> None:
        """See ``Place``."""
        saving.put_back(self.files, saved, aside)

    def __str__(self) -> str:
        return str(self.files.database)


def place_of(
    url: str, directory: Path, *, is_spread: bool = False, environ: Mapping[str, str] = os.environ
) -> Place:
    """The place that ``url`` names: "" for SQLite in ``directory``, else a ``postgresql://`` URL.

    Raises ``ConfigurationError``, also where psycopg is not installed.
    """
    if not url:
        return SQLitePlace(directory)
    if not url.startswith(_SCHEMES):
        raise ConfigurationError(
            "this is no address of a database",
            key="database",
            expected="postgresql://USER@HOST:PORT/DATABASE, or nothing for SQLite in the data directory",
        )
    try:
        from remint.store.postgres.place import PostgresPlace
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "psycopg":
            raise
        raise ConfigurationError(
            "PostgreSQL wants psycopg, which is not installed",
            key="database",
            expected="pip install 'remint[issuer,postgres]'",
        ) from None
    return PostgresPlace(url, directory, is_spread=is_spread, environ=environ)
