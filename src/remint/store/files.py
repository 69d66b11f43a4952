"""Where the pieces of an installation lie in its data directory."""

from __future__ import annotations

from pathlib import Path

import msgspec


class StoreFiles(msgspec.Struct, frozen=True):
    """The files of one store, all in its data directory. Beside a PostgreSQL, all but the database."""

    directory: Path

    @property
    def database(self) -> Path:
        """SQLite's database; it keeps ``-wal`` and ``-shm`` beside it."""
        return self.directory / "remint.db"

    @property
    def lock(self) -> Path:
        """The file that writers queue at."""
        return self.directory / "write.lock"

    @property
    def journal(self) -> Path:
        """The revocation journal."""
        return self.directory / "revocations.jsonl"

    def identity(self) -> tuple[int, int]:
        """Tells one database file from another at the same path. Raises ``OSError`` if it is gone."""
        status = self.database.stat()
        return status.st_dev, status.st_ino
