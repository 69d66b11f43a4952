"""What creations were answered, for a day, so that asking again does not create again.

A row holds no credential: the answer is sealed under what only its caller has. Of a form of the console that
is good once there is no answer, only that it was sent.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict
from remint.store.database import Database
from remint.store.schema import idempotency

KEPT_SECONDS: Final = 86_400


class Kept(msgspec.Struct, frozen=True):
    """An answer: of which request (a keyed hash, 32 bytes), its status, and the rest of it, sealed."""

    request_sha256: bytes
    status: int
    sealed: bytes


class Idempotency:
    """Reads and keeps answers. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, sha256: bytes) -> Kept | None:
        """What was answered under that name, unless it is older than a day."""
        query = select(
            idempotency.c.request_sha256, idempotency.c.status, idempotency.c.sealed
        ).where(idempotency.c.sha256 == sha256, idempotency.c.created_at > self._oldest())
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else Kept(*row)

    def put(self, sha256: bytes, kept: Kept) -> None:
        """Keeps an answer, in the place of one that is older than a day.

        Raises ``Conflict`` where somebody else was quicker.
        """
        old = (idempotency.c.sha256 == sha256) & (idempotency.c.created_at <= self._oldest())
        values = {
            "sha256": sha256,
            **msgspec.structs.asdict(kept),
            "created_at": self._database.now_ms() // 1000,
        }
        try:
            with self._database.write() as connection:
                connection.execute(delete(idempotency).where(old))
                connection.execute(insert(idempotency).values(values))
        except IntegrityError:
            raise Conflict("the same request was answered just now") from None

    def drop(self, sha256: bytes) -> None:
        """Forgets what was answered under that name."""
        with self._database.write() as connection:
            connection.execute(delete(idempotency).where(idempotency.c.sha256 == sha256))

    def purge(self, *, limit: int) -> int:
        """Drops up to ``limit`` answers that are older than a day; says how many went."""
        old = (
            select(idempotency.c.sha256)
            .where(idempotency.c.created_at <= self._oldest())
            .order_by(idempotency.c.created_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            names = list(connection.scalars(old))
        if names:
            with self._database.write() as connection:
                connection.execute(delete(idempotency).where(idempotency.c.sha256.in_(names)))
        return len(names)

    def _oldest(self) -> int:
        return self._database.now_ms() // 1000 - KEPT_SECONDS
