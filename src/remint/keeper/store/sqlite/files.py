"""Where the pieces of a keeper's store lie."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from remint.token.durable import PRIVATE_MODE

_PRIVATE_DIRECTORY = 0o700


class StoreFiles(msgspec.Struct, frozen=True):
    """The files of one store, all in its directory."""

    directory: Path

    @property
    def database(self) -> Path:
        """The database; SQLite keeps ``-wal`` and ``-shm`` beside it."""
        return self.directory / "connections.db"

    @property
    def lock(self) -> Path:
        """The file that writers queue at."""
        return self.directory / "write.lock"

    @property
    def owners(self) -> Path:
        """One locked file for each process that is there."""
        return self.directory / "owners"

    @property
    def spool(self) -> Path:
        """The rooms for answers."""
        return self.directory / "spool"

    def exists(self) -> bool:
        """Whether there is a database that somebody began to make."""
        return self.database.exists()

    def make(self) -> None:
        """Makes what is missing of the directories, closed to others. Raises ``OSError``."""
        self.directory.mkdir(_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        self.owners.mkdir(_PRIVATE_DIRECTORY, exist_ok=True)
        self.spool.mkdir(_PRIVATE_DIRECTORY, exist_ok=True)

    def make_database(self) -> None:
        """An empty file with the right mode, which SQLite gives to those beside it too."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        os.close(os.open(self.database, flags, PRIVATE_MODE))
