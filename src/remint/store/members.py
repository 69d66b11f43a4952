"""Who belongs to a workspace, and in what role."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.database import Database
from remint.store.peoplerecords import Member
from remint.store.records import Role
from remint.store.schema import accounts, members

#: Built once: every page asks it.
_ROLES: Final = select(members.c.workspace_id, members.c.role).where(
    members.c.account_id == bindparam("account")
)
_JOINED: Final = members.join(accounts, accounts.c.id == members.c.account_id)


class Members:
    """Reads and changes memberships. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, workspace_id: int, account_id: int, role: Role) -> Member:
        """Gives an account a role in a workspace. Raises ``Conflict`` if it has one there."""
        values = {
            "workspace_id": workspace_id,
            "account_id": account_id,
            "role": role,
            "created_at": self._database.now_ms() // 1000,
        }
        try:
            with self._database.write() as connection:
                row_id = connection.scalar(insert(members).values(values).returning(members.c.id))
        except IntegrityError:
            raise Conflict("that account is a member of the workspace already") from None
        return self.find(workspace_id, int(row_id or 0))

    def find(self, workspace_id: int, member_id: int) -> Member:
        """The member of that id in that workspace. Raises ``NotFound``."""
        found = self._read(members.c.workspace_id == workspace_id, members.c.id == member_id)
        if not found:
            raise NotFound(f"the workspace has no member {member_id}")
        return found[0]

    def of_workspace(self, workspace_id: int) -> list[Member]:
        """Who belongs to that workspace, oldest first."""
        return self._read(members.c.workspace_id == workspace_id)

    def of_account(self, account_id: int) -> list[Member]:
        """Where that account belongs to, oldest first."""
        return self._read(members.c.account_id == account_id)

    def roles(self, account_id: int) -> dict[int, Role]:
        """The account's role by workspace."""
        with self._database.read() as connection:
            rows = connection.execute(_ROLES, {"account": account_id})
            return {row[0]: row[1] for row in rows}

    def owners(self, workspace_id: int) -> set[int]:
        """The ids of the owners who can log in, held as they are until the transaction ends."""
        query = (
            select(members.c.id)
            .select_from(_JOINED)
            .where(members.c.workspace_id == workspace_id, members.c.role == "owner")
            .where(accounts.c.disabled_at == 0)
            # Locked where an engine locks rows: else two who each remove the other would both find one left.
            .with_for_update()
        )
        with self._database.write() as connection:
            return set(connection.scalars(query))

    def set_role(self, member: Member, role: Role, *, expected: int | None) -> Member:
        """Gives a member another role. Raises ``StaleVersion`` or ``NotFound``."""
        with self._database.write() as connection:
            versioned.change(
                connection,
                members,
                member.id,
                {"role": role},
                expected=expected,
                what=_named(member),
            )
            return self.find(member.workspace_id, member.id)

    def remove(self, member: Member, *, expected: int | None) -> None:
        """Ends a membership. Raises ``StaleVersion`` or ``NotFound``."""
        with self._database.write() as connection:
            versioned.remove(connection, members, member.id, expected=expected, what=_named(member))

    def _read(self, *conditions: Any) -> list[Member]:
        query = (
            select(members, accounts.c.email, accounts.c.name)
            .select_from(_JOINED)
            .where(*conditions)
            .order_by(members.c.id)
        )
        with self._database.read() as connection:
            return [_member(row) for row in connection.execute(query)]


def _named(member: Member) -> str:
    return f"the member {member.email}"


def _member(row: Row[Any]) -> Member:
    return Member(
        id=row.id,
        workspace_id=row.workspace_id,
        account_id=row.account_id,
        role=row.role,
        created_at=row.created_at,
        version=row.version,
        email=row.email,
        name=row.name,
    )
