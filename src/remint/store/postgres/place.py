"""A database on a server, and the data directory of this machine beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from remint.clock import Clock
from remint.store.condition import Condition
from remint.store.database import Database
from remint.store.files import StoreFiles
from remint.store.postgres import condition, migration, saving
from remint.store.postgres.address import Address
from remint.store.postgres.backend import PostgresBackend
from remint.store.postgres.database import PostgresDatabase
from remint.store.protocols import GrantBackend


class PostgresPlace:
    """See ``Place``. With ``is_spread`` the hot statements name one grant each, for engines with shards."""

    is_shared = True

    def __init__(
        self, url: str, directory: Path, *, is_spread: bool, environ: Mapping[str, str]
    ) -> None:
        self.address = Address(url, environ, name="remint", key="database")
        self.files = StoreFiles(directory)
        self._is_spread = is_spread

    def exists(self) -> bool:
        """See ``Place``."""
        return migration.revision(self.address) is not None

    def holds_installation(self) -> bool:
        """See ``Place``."""
        return migration.holds_installation(self.address)

    def upgrade(self) -> None:
        """See ``Place``."""
        migration.upgrade(self.address)

    def database(self, clock: Clock) -> Database:
        """See ``Place``."""
        return PostgresDatabase(self.address, self.files, clock)

    def backend(self, clock: Clock) -> GrantBackend:
        """See ``Place``."""
        return PostgresBackend(self.address, self.files, clock, is_spread=self._is_spread)

    def condition(self, clock: Clock) -> Condition:
        """See ``Place``."""
        return condition.condition_of(self.address, clock)

    def is_in_use(self) -> bool:
        """See ``Place``; a pooler in between may hide who is behind it."""
        return condition.is_in_use(self.address)

    def save(self, to: Path) -> None:
        """See ``Place``; by ``pg_dump``."""
        saving.save(self.address, to)

    def put_back(self, saved: Path, aside: str) -> None:
        """See ``Place``; by ``pg_restore``, into an empty database."""
        saving.put_back(self.address, saved)

    def __str__(self) -> str:
        return str(self.address)
