"""A backup of an installation: one file, sealed under a passphrase.

The database comes first into it and the key ring after, so that the ring has every key that the database
mentions. The root key is not in it: the ring is of no use without that, and the two must not lie together.
"""

from __future__ import annotations

import contextlib
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

import msgspec

from remint.errors import ConfigurationError
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.secret import Secret
from remint.token.ringfile import KEY_RING_FILE
from remint.token.sealedstream import SealedReader, SealedWriter

DATABASE: Final = "database"
JOURNAL: Final = "revocations.jsonl"
_MANIFEST: Final = "manifest.json"
_PARTS: Final = (_MANIFEST, DATABASE, KEY_RING_FILE, JOURNAL)

Engine = Literal["sqlite", "postgresql"]


class Manifest(msgspec.Struct, frozen=True):
    """What a backup is of: which installation, on which engine, from when (seconds)."""

    installation: str
    engine: Engine
    at: int
    release: str


def engine_of(settings: Settings) -> Engine:
    """Which of the two an installation's database is."""
    return "postgresql" if settings.database else "sqlite"


def back_up(installation: Installation, file: IO[bytes], passphrase: Secret) -> Manifest:
    """Writes a backup while others work on the installation.

    Raises ``StoreUnavailable``, ``ConfigurationError`` where a program is missing, and ``OSError``.
    """
    from remint import __version__

    manifest = Manifest(
        installation.keys.ring.installation_id.hex(),
        engine_of(installation.settings),
        installation.clock.now_ms() // 1000,
        __version__,
    )
    with staging(installation.files.directory) as folder:
        (folder / _MANIFEST).write_bytes(msgspec.json.encode(manifest))
        installation.place.save(folder / DATABASE)
        (folder / KEY_RING_FILE).write_bytes(installation.ring_file.path.read_bytes())
        if journal := installation.database.journalled():
            (folder / JOURNAL).write_bytes(journal)
        sealed = SealedWriter(file, passphrase, installation.entropy)
        with tarfile.open(fileobj=cast(Any, sealed), mode="w|") as archive:
            for name in _PARTS:
                if (folder / name).exists():
                    archive.add(folder / name, arcname=name)
        sealed.finish()
    return manifest


def unpack(file: IO[bytes], where: object, passphrase: Secret, folder: Path) -> Manifest:
    """Takes a backup apart into ``folder``; nothing of it has been used when its end turns out to be missing.

    Raises ``ConfigurationError`` for what is no backup, or not as it was written.
    """
    sealed = SealedReader(file, where, passphrase)
    try:
        with tarfile.open(fileobj=cast(Any, sealed), mode="r|") as archive:
            for member in archive:
                if member.name in _PARTS and member.isfile():
                    archive.extract(member, folder, filter="data")
        sealed.drain()
        return msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (tarfile.TarError, msgspec.MsgspecError, FileNotFoundError):
        raise ConfigurationError(
            "is no backup of this release", file=str(where), expected="what `remint backup` wrote"
        ) from None


@contextlib.contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """A folder for the parts, on the disk of the data directory and as private; gone afterwards.

    Raises ``ConfigurationError`` where it cannot be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=".backup-", dir=directory)
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror}", file=directory) from None
    with made as folder:
        yield Path(folder)
