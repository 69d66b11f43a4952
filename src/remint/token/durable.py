"""Files that are either there, whole and on the disk, or not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PRIVATE_MODE = 0o600


def replace_file(path: Path, data: bytes) -> None:
    """Puts ``data`` in place of ``path``, mode 0600.

    After a crash at any step ``path`` is the old file or the new one. The caller holds a lock: the temporary
    file beside it has a fixed name, so that what a crash leaves is cleared by the next write. Raises
    ``OSError``.
    """
    new = path.with_name(f".{path.name}.new")
    _write(new, data)
    new.replace(path)
    sync_directory(path.parent)


def create_file(path: Path, data: bytes, unique: str) -> None:
    """Writes ``data`` to ``path``, mode 0600, unless something is there: then ``FileExistsError``.

    ``unique`` sets the temporary file apart from other writers'. Raises ``OSError``.
    """
    new = path.with_name(f".{path.name}.{unique}")
    _write(new, data)
    try:
        # A rename would replace what is there, and O_EXCL on the file itself show it half-written.
        os.link(new, path)
    finally:
        new.unlink()
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes the names in a directory durable. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, PRIVATE_MODE)  # whatever the umask made of it
        file.write(data)
        file.flush()
        os.fsync(descriptor)
