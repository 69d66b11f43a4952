"""The key ring of an installation on several machines: in the database, with a copy on each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select, update

from remint.clock import Entropy
from remint.errors import Conflict, KeyRingError
from remint.store.database import Database
from remint.store.schema import meta
from remint.token.keyring import KeyRing, new_ring
from remint.token.restore import merged
from remint.token.ringcodec import decode_ring, encode_ring
from remint.token.ringfile import KeyRingFile
from remint.token.rootkey import RootKey
from remint.token.schedule import Schedule

RING_ROW: Final = "key_ring"
"""The row of ``meta`` that holds the ring."""
_PLACE: Final = "the key ring in the database"


class SharedRing(KeyRingFile):
    """A ``KeyRingFile`` whose ring all machines beside one database share, sealed as in the file.

    The database's row is the ring; who changes it holds the row that all writers queue at. The file is this
    machine's copy: a database that went back in time gets from the copies what it has forgotten. Methods
    raise ``StoreUnavailable`` too.
    """

    def __init__(
        self,
        path: Path,
        root_key: RootKey,
        entropy: Entropy,
        database: Database,
        schedule: Schedule,
    ) -> None:
        super().__init__(path, root_key, entropy)
        self._database = database
        self._schedule = schedule
        self._seen_row: str | None = None

    def load(self) -> KeyRing:
        """See ``KeyRingFile``. What only this machine's copy has comes back into the database."""
        with self._database.read() as connection:
            row = _row(connection)
        if row is not None and self.exists():
            ring = self._decoded(row)
            if _has_all(ring, copy := super().load()):
                if ring != copy:
                    with self._locked():
                        self._put(ring)
                self._seen_row = row
                return ring
        return self.update(lambda ring: ring)

    def changed(self) -> bool:
        """See ``KeyRingFile``. One read of a row, and one ``stat``."""
        with self._database.read() as connection:
            row = _row(connection)
        return row != self._seen_row or super().changed()

    def create(self, now_ms: int) -> KeyRing:
        """See ``KeyRingFile``."""
        with self._database.write() as connection:
            if self.exists() or _row(connection) is not None:
                raise Conflict(f"{_PLACE}: there is one already")
            return self.load_or_create(now_ms)

    def load_or_create(self, now_ms: int) -> KeyRing:
        """See ``KeyRingFile``."""
        with self._database.write() as connection:
            if self.exists() or _row(connection) is not None:
                return self.update(lambda ring: ring)
            return self._share(connection, new_ring(now_ms=now_ms, entropy=self._entropy))

    def update(self, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """See ``KeyRingFile``. The database has the change first: no copy is ahead of what was told."""
        with self._database.write() as connection:
            held, ring = self._newest(connection)
            changed = change(ring)
            if changed == held:
                return self._kept(changed, _row(connection))
            return self._share(connection, changed)

    def _newest(self, connection: Connection) -> tuple[KeyRing | None, KeyRing]:
        """The database's ring, and that with what only the copy has."""
        row = _row(connection)
        if row is None:
            # From before there was one in the database; or that went back to before there was.
            return None, super().load()
        held = self._decoded(row)
        if not self.exists():
            return held, held
        copy = super().load()
        if _has_all(held, copy):
            return held, held
        now_ms = self._database.now_ms()
        union = merged(held, copy, now_ms=now_ms, schedule=self._schedule)
        return held, replace(union, revision=max(held.revision, copy.revision))

    def _share(self, connection: Connection, ring: KeyRing) -> KeyRing:
        ring = replace(ring, revision=ring.revision + 1)
        row = encode_ring(ring, self._root_key, self._entropy).decode()
        query = update(meta).where(meta.c.key == RING_ROW).values(value=row)
        if not connection.execute(query).rowcount:
            connection.execute(insert(meta).values(key=RING_ROW, value=row))
        return self._kept(ring, row)

    def _kept(self, ring: KeyRing, row: str | None) -> KeyRing:
        """Within the transaction: a copy that is ahead of a commit that failed is merged at the next load."""
        if not self.exists() or super().load() != ring:
            with self._locked():
                self._put(ring)
        self._seen_row = row
        return ring

    def _decoded(self, row: str) -> KeyRing:
        return decode_ring(row.encode(), self._root_key, _PLACE)


def _row(connection: Connection) -> str | None:
    return connection.scalar(select(meta.c.value).where(meta.c.key == RING_ROW))


def _has_all(ring: KeyRing, other: KeyRing) -> bool:
    """Whether ``ring`` knows every key of ``other``, or threw it away. Raises for another installation's."""
    if ring.installation_id != other.installation_id:
        raise KeyRingError(
            "this machine's key ring and the database's belong to different installations",
            expected="the data directory of a machine of this installation, or a new one",
        )
    known = _names(ring) | ring.dropped
    return _names(other) <= known and other.dropped <= ring.dropped


def _names(ring: KeyRing) -> set[str]:
    keys = {key.name for key in (*ring.mac_keys, *ring.alias_keys)}
    return keys | {key.kid for key in ring.signing_keys}
