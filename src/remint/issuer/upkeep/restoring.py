"""Restoring a backup: the database goes back in time, and what must not is merged.

Key rings are merged, and so are the journals of revocations: keys that were made since the backup stay good,
and what was revoked since stays revoked. A clone gets an id and keys of its own instead, so that no token of
the original works there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import msgspec
from sqlalchemy import delete, update

from remint.clock import Clock, Entropy
from remint.errors import ConfigurationError, Conflict
from remint.issuer.installation import Installation
from remint.issuer.keys import LONGEST_ACCESS_SECONDS
from remint.issuer.settings import Settings
from remint.issuer.upkeep.backup import DATABASE, JOURNAL, Manifest, engine_of, staging, unpack
from remint.secret import Secret
from remint.store.journal import Journal
from remint.store.places import Place, place_of
from remint.store.schema import meta, sessions
from remint.token.durable import replace_file
from remint.token.ringfile import KEY_RING_FILE, KeyRingFile
from remint.token.rootkey import load_root_key
from remint.token.schedule import Schedule


class Restored(msgspec.Struct, frozen=True):
    """What came back: ``installation`` is the id that it has now."""

    manifest: Manifest
    installation: str
    grants: int
    apps: int
    is_clone: bool


class Restoring:
    """Into the data directory, and the database, that ``settings`` name. Nobody works on them."""

    def __init__(
        self, settings: Settings, clock: Clock, entropy: Entropy, environ: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._environ = environ
        self._place: Place = place_of(
            settings.database,
            settings.data_dir,
            is_spread=settings.database_is_sharded,
            environ=environ,
        )

    def restore(
        self, file: IO[bytes], where: object, passphrase: Secret, *, as_clone: bool
    ) -> Restored:
        """Takes ``file`` apart, checks all of it, and puts it in place. Doing it again is harmless.

        Raises ``ConfigurationError`` or ``Conflict`` where it does not belong here, else as ``Installation``.
        """
        self._settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._place.is_in_use():
            other = ", or name another database, which is empty" if self._place.is_shared else ""
            raise Conflict(
                f"somebody works on {self._place}: stop every server and command first{other}"
            )
        with staging(self._settings.data_dir) as folder:
            manifest = unpack(file, where, passphrase, folder)
            if manifest.engine != engine_of(self._settings):
                raise ConfigurationError(
                    f"the backup is of {manifest.engine}",
                    key="database",
                    expected="a database of that engine; `remint database copy` moves it afterwards",
                )
            ring = self._restore_keys(folder, as_clone=as_clone)
            if not as_clone:
                self._merge_journal(folder / JOURNAL)
            aside = f"before-{self._clock.now_ms() // 1000}"
            self._place.put_back(folder / DATABASE, aside)
        self._settle(ring, as_clone=as_clone)
        return self._look(manifest, as_clone=as_clone)

    def _restore_keys(self, folder: Path, *, as_clone: bool) -> str:
        """The key ring that is to be: the backup's own, or both in one, or a new one. Its installation."""
        root_key = load_root_key(self._settings.root_key_path, self._environ)
        theirs = KeyRingFile(folder / KEY_RING_FILE, root_key, self._entropy).load()
        ours = KeyRingFile(self._settings.data_dir / KEY_RING_FILE, root_key, self._entropy)
        now_ms = self._clock.now_ms()
        if as_clone:
            if ours.exists():
                raise Conflict(f"{ours.path}: a clone wants a data directory without a key ring")
            replace_file(ours.path, (folder / KEY_RING_FILE).read_bytes())
            return ours.clone(now_ms).installation_id.hex()
        if not ours.exists():
            replace_file(ours.path, (folder / KEY_RING_FILE).read_bytes())
            return theirs.installation_id.hex()
        schedule = Schedule(
            signing_period=self._settings.signing_key_days * 86_400,
            mac_period=self._settings.mac_key_days * 86_400,
            longest_access_token=LONGEST_ACCESS_SECONDS,
        )
        return ours.merge(theirs, now_ms, schedule).installation_id.hex()

    def _merge_journal(self, saved: Path) -> None:
        now_s = self._clock.now_ms() // 1000
        present = Journal(self._place.files.journal)
        known = set(present.entries(now_s))
        lacking = [entry for entry in Journal(saved).entries(now_s) if entry not in known]
        if lacking:
            present.append(lacking)

    def _settle(self, installation: str, *, as_clone: bool) -> None:
        """Has the database belong to the ring, and ends sessions: some were ended since the backup."""
        self._place.upgrade()
        with (
            contextlib.closing(self._place.database(self._clock)) as database,
            database.write() as connection,
        ):
            named = update(meta).where(meta.c.key == "installation_id")
            connection.execute(named.values(value=installation))
            if as_clone:
                # The ring that machines share: the next to open the database puts the clone's there.
                connection.execute(delete(meta).where(meta.c.key == "key_ring"))
            connection.execute(delete(sessions))

    def _look(self, manifest: Manifest, *, as_clone: bool) -> Restored:
        """Opens it as a server would: that asserts the revocations."""
        installation = Installation(
            self._settings, clock=self._clock, entropy=self._entropy, environ=self._environ
        )
        try:
            return Restored(
                manifest,
                installation.keys.ring.installation_id.hex(),
                installation.ledger.count(),
                len(installation.catalogue.apps()),
                as_clone,
            )
        finally:
            installation.close()
