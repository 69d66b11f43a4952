"""Links that are good once. What is kept of a link's code is its SHA-256."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from remint.store.database import Database
from remint.store.peoplerecords import Invitation, Purpose
from remint.store.records import Role
from remint.store.schema import invitations


class NewInvitation(msgspec.Struct, frozen=True):
    """An invitation to be made. See ``Invitation``."""

    purpose: Purpose
    invited_by: str
    expires_at: int
    workspace_id: int | None = None
    account_id: int | None = None
    email: str = ""
    role: Role | str = ""


class Invitations:
    """Reads and changes invitations. Every method is one transaction and may raise ``StoreUnavailable``.

    An invitation is open until it is used, revoked or runs out.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewInvitation, sha256: bytes) -> Invitation:
        """Adds an invitation, and ends the open ones for the same purpose and person."""
        values = {
            **msgspec.structs.asdict(new),
            "sha256": sha256,
            "created_at": self._now_s(),
        }
        same = [
            invitations.c.purpose == new.purpose,
            invitations.c.workspace_id == new.workspace_id,
            invitations.c.account_id == new.account_id,
            invitations.c.email == new.email,
        ]
        with self._database.write() as connection:
            self._end(*same)
            row_id = connection.scalar(
                insert(invitations).values(values).returning(invitations.c.id)
            )
            (made,) = self._read(invitations.c.id == row_id)
        return made

    def find(self, sha256: bytes) -> Invitation | None:
        """The open invitation that has that code."""
        found = self._read(invitations.c.sha256 == sha256, *self._open())
        return found[0] if found else None

    def of_workspace(self, workspace_id: int) -> list[Invitation]:
        """The open invitations to that workspace, newest first."""
        return self._read(invitations.c.workspace_id == workspace_id, *self._open())

    def use(self, invitation: Invitation) -> bool:
        """Uses an invitation up. ``False`` if it is not open any more: somebody else did."""
        return self._mark({"used_at": self._now_s()}, invitations.c.id == invitation.id) == 1

    def revoke(self, workspace_id: int, invitation_id: int) -> bool:
        """Ends an open invitation to that workspace. ``False`` if there is none of that id."""
        return self._end(
            invitations.c.workspace_id == workspace_id, invitations.c.id == invitation_id
        )

    def revoke_all(self, purpose: Purpose, *, account_id: int | None = None) -> None:
        """Ends the open invitations for that purpose, and of that account if one is named."""
        conditions = [invitations.c.purpose == purpose]
        if account_id is not None:
            conditions.append(invitations.c.account_id == account_id)
        self._end(*conditions)

    def purge(self, before_s: int, *, limit: int) -> int:
        """Drops up to ``limit`` that had run out by then, used or not; says how many went."""
        # The newest stays: SQLite would give its number to the next.
        newest = select(func.max(invitations.c.id)).scalar_subquery()
        spent = (
            select(invitations.c.id)
            .where(invitations.c.expires_at <= before_s, invitations.c.id < newest)
            .order_by(invitations.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            ids = connection.scalars(spent).all()
        if ids:
            with self._database.write() as connection:
                connection.execute(delete(invitations).where(invitations.c.id.in_(ids)))
        return len(ids)

    def _end(self, *conditions: Any) -> bool:
        return self._mark({"revoked_at": self._now_s()}, *conditions) > 0

    def _mark(self, values: dict[str, int], *conditions: Any) -> int:
        """Marks open invitations; says how many. The condition is in the statement, so one alone wins."""
        statement = update(invitations).where(*conditions, *self._open()).values(values)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount

    def _open(self) -> tuple[Any, ...]:
        columns = invitations.c
        return columns.used_at == 0, columns.revoked_at == 0, columns.expires_at > self._now_s()

    def _read(self, *conditions: Any) -> list[Invitation]:
        query = select(invitations).where(*conditions).order_by(invitations.c.id.desc())
        with self._database.read() as connection:
            return [_invitation(row) for row in connection.execute(query)]

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def _invitation(row: Row[Any]) -> Invitation:
    kept = row._mapping
    return Invitation(**{name: kept[name] for name in Invitation.__struct_fields__})
