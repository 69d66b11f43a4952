"""Bearer keys of the admin API. What is kept of a key is its SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select, update

from remint.store.database import Database
from remint.store.peoplerecords import AdminKey
from remint.store.schema import admin_keys

_BETWEEN: Final = " "


class NewAdminKey(msgspec.Struct, frozen=True):
    """A key to be kept. See ``AdminKey``."""

    workspace_id: int | None
    name: str
    scopes: Sequence[str]
    hint: str
    created_by: str
    expires_at: int = 0


class AdminKeys:
    """Reads and changes admin keys. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewAdminKey, sha256: bytes) -> AdminKey:
        """Adds a key."""
        values = {
            **msgspec.structs.asdict(new),
            "scopes": _BETWEEN.join(new.scopes),
            "sha256": sha256,
            "created_at": self._now_s(),
        }
        with self._database.write() as connection:
            row_id = connection.scalar(insert(admin_keys).values(values).returning(admin_keys.c.id))
            (made,) = self._read(admin_keys.c.id == row_id)
        return made

    def find(self, sha256: bytes) -> AdminKey | None:
        """The key that has that fingerprint, also one that was revoked or has run out."""
        found = self._read(admin_keys.c.sha256 == sha256)
        return found[0] if found else None

    def of_workspace(self, workspace_id: int | None) -> list[AdminKey]:
        """The keys of that workspace, oldest first; with ``None``, those of the whole installation."""
        return self._read(admin_keys.c.workspace_id == workspace_id)

    def revoke(self, workspace_id: int | None, key_id: int) -> bool:
        """Ends a key of that workspace for good. ``False`` if no live one has that id."""
        mine = (admin_keys.c.workspace_id == workspace_id) & (admin_keys.c.id == key_id)
        live = admin_keys.c.revoked_at == 0
        ended = update(admin_keys).where(mine & live).values(revoked_at=self._now_s())
        with self._database.write() as connection:
            return connection.execute(ended).rowcount > 0

    def _read(self, condition: Any) -> list[AdminKey]:
        query = select(admin_keys).where(condition).order_by(admin_keys.c.id)
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(query)]

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def _key(row: Row[Any]) -> AdminKey:
    return AdminKey(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        scopes=tuple(row.scopes.split(_BETWEEN)) if row.scopes else (),
        hint=row.hint,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
