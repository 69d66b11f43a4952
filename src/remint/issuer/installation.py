"""One data directory, opened: what the server, the commands and the console all work on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select

from remint.clock import Clock, Entropy, SystemClock, system_entropy
from remint.dialect import Dialect, load_all
from remint.errors import ConfigurationError, KeyRingError, RootKeyError
from remint.issuer.keys import LONGEST_ACCESS_SECONDS, Keys
from remint.issuer.settings import Settings
from remint.issuer.sharedring import SharedRing
from remint.issuer.stores import Stores
from remint.store import closure
from remint.store.places import place_of
from remint.store.schema import meta
from remint.token.ringfile import KEY_RING_FILE, KeyRingFile
from remint.token.rootkey import ROOT_KEY_VARIABLE, RootKey, create_root_key, load_root_key
from remint.token.schedule import Schedule

_INSTALLATION: Final = "installation_id"


class Installation(Stores):
    """Settings, keys, storage and dialects of one issuer. ``close`` it when done."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        entropy: Entropy = system_entropy,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Opens the data directory, or makes a new one where there is nothing yet.

        Raises ``ConfigurationError`` (the root key, the key ring or a dialect is wrong) or
        ``StoreUnavailable``.
        """
        self.settings = settings
        self.clock = clock or SystemClock()
        self.entropy = entropy
        self.dialects: dict[str, Dialect] = load_all(settings.dialect_folders)
        self.place = place_of(
            settings.database,
            settings.data_dir,
            is_spread=settings.database_is_sharded,
            environ=environ,
        )
        self.files = self.place.files
        _make_directory(settings.data_dir)
        ring_path = settings.data_dir / KEY_RING_FILE
        is_new = not ring_path.exists()
        self._check_both(ring_path, is_new=is_new)
        # A second machine beside a database is not the first start of anything.
        is_first = is_new and not self.place.holds_installation()
        root_key = _root_key(settings, environ, entropy, is_new=is_first)
        # The database first: a start that is cut short here leaves no key ring, and is simply made again.
        self.place.upgrade()
        self.schedule = Schedule(
            signing_period=settings.signing_key_days * 86_400,
            mac_period=settings.mac_key_days * 86_400,
            longest_access_token=LONGEST_ACCESS_SECONDS,
        )
        self.database = self.place.database(self.clock)
        self.ring_file = KeyRingFile(ring_path, root_key, entropy)
        if self.place.is_shared:
            self.ring_file = SharedRing(ring_path, root_key, entropy, self.database, self.schedule)
        try:
            self.keys = self._opened_keys(is_first=is_first)
        except BaseException:
            self.database.close()
            raise

    def close(self) -> None:
        """Closes the database."""
        self.database.close()

    def _check_both(self, ring_path: Path, *, is_new: bool) -> None:
        """Refuses to make one half of an installation anew beside the other: it would log everybody out."""
        if is_new and self.place.holds_installation() and not self.place.is_shared:
            raise KeyRingError(
                "the database is here but the key ring is not: without it every refresh token is dead",
                file=ring_path,
                expected="the key ring that belongs to this database, from your backup",
            )
        if not is_new and not self.place.exists():
            raise ConfigurationError(
                "the key ring is here but the database is not: without it every refresh token is dead",
                file=str(self.place),
                expected="the database that belongs to this key ring, from your backup",
            )

    def _opened_keys(self, *, is_first: bool) -> Keys:
        file, now_ms = self.ring_file, self.database.now_ms()
        ring = file.load_or_create(now_ms) if is_first else file.load()
        self._check_installation(ring.installation_id.hex())
        # Before anything is granted under an epoch that a database put back has forgotten.
        self.database.assert_revocations()
        # Of several machines' clocks, the database's: they agree on when a key begins to mint.
        return Keys(file, ring, self.database.clock, self.schedule)

    def _check_installation(self, installation_id: str) -> None:
        with self.database.read() as connection:
            closure.check_open(connection)
            held = connection.scalar(select(meta.c.value).where(meta.c.key == _INSTALLATION))
        if held is None:
            self._claim(installation_id)
        elif held != installation_id:
            raise KeyRingError(
                "the key ring and the database belong to different installations",
                file=self.ring_file.path,
                expected=f"the key ring of installation {held}",
            )

    def _claim(self, installation_id: str) -> None:
        with self.database.write() as connection:
            # Another machine may have come first, with the ring that the two share.
            query = select(meta.c.key).where(meta.c.key == _INSTALLATION)
            if connection.scalar(query) is None:
                connection.execute(insert(meta).values(key=_INSTALLATION, value=installation_id))


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the data directory cannot be made: {error.strerror}",
            key="data_dir",
            expected="a directory that this user may write to",
        ) from None
    if shutil.disk_usage(path).free < 16 << 20:
        raise ConfigurationError(
            "the disk of the data directory is full", key="data_dir", expected="16 MiB free or more"
        )


def _root_key(
    settings: Settings, environ: Mapping[str, str], entropy: Entropy, *, is_new: bool
) -> RootKey:
    path = settings.root_key_path
    # Only the very first start of an installation may draw a root key: a later one opens nothing.
    may_create = is_new and settings.root_key_file is None and not environ.get(ROOT_KEY_VARIABLE)
    if may_create and not path.exists():
        try:
            return create_root_key(path, entropy)
        except RootKeyError:
            if not path.exists():
                raise
    return load_root_key(path, environ)
