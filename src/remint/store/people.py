"""The users who may log in by password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.database import Database
from remint.store.records import User, company_claims
from remint.store.schema import companies, users


class People:
    """Reads and changes users. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        workspace_id: int,
        username: str,
        *,
        subject: str,
        password_hash: str,
        claims: dict[str, Any],
        company_id: int | None = None,
    ) -> User:
        """Adds a user. Raises ``Conflict`` if the name is taken in that workspace."""
        values = {
            "workspace_id": workspace_id,
            "username": username,
            "subject": subject,
            "password_hash": password_hash,
            "claims": _json(claims),
            "company_id": company_id,
            "created_at": self._database.now_ms() // 1000,
        }
        try:
            with self._database.write() as connection:
                number = connection.scalar(insert(users).values(values).returning(users.c.id))
        except IntegrityError:
            raise Conflict(f"a user named {username!r} exists already") from None
        return self.numbered(workspace_id, int(number or 0))

    def find(self, workspace_id: int, username: str) -> User | None:
        """The user of that name in that workspace."""
        found = self._many(_users(workspace_id).where(users.c.username == username))
        return found[0] if found else None

    def numbered(self, workspace_id: int, number: int) -> User:
        """The user of that id in a workspace. Raises ``NotFound``."""
        found = self._many(_users(workspace_id).where(users.c.id == number))
        if not found:
            raise NotFound(f"there is no user {number}")
        return found[0]

    def search(
        self, workspace_id: int, *, query: str = "", after: int = 0, limit: int = 50
    ) -> list[User]:
        """Those of a workspace beyond the id ``after`` whose name has ``query`` in it, oldest first."""
        wanted = _users(workspace_id).where(users.c.id > after)
        if query:
            name = func.lower(users.c.username)
            wanted = wanted.where(name.contains(query.lower(), autoescape=True))
        return self._many(wanted.order_by(users.c.id).limit(limit))

    def change(self, user: User, values: Mapping[str, Any], *, expected: int | None = None) -> User:
        """Changes some of ``claims``, ``company_id``, ``disabled_at`` and ``password_hash``.

        Raises ``StaleVersion``, with nothing changed, where its version is not ``expected`` any more.
        """
        columns = dict(values)
        if "claims" in columns:
            columns["claims"] = _json(columns["claims"])
        what = f"the user {user.username!r}"
        with self._database.write() as connection:
            versioned.change(connection, users, user.id, columns, what=what, expected=expected)
            return self.numbered(user.workspace_id, user.id)

    def _many(self, query: Select[Any]) -> list[User]:
        with self._database.read() as connection:
            return [_user(row) for row in connection.execute(query)]


def _users(workspace_id: int) -> Select[Any]:
    joined = users.outerjoin(companies, companies.c.id == users.c.company_id)
    return (
        select(users, companies.c.number.label("number"), companies.c.name.label("company"))
        .select_from(joined)
        .where(users.c.workspace_id == workspace_id)
    )


def _user(row: Row[Any]) -> User:
    claims = msgspec.json.decode(row.claims)
    return User(
        id=row.id,
        workspace_id=row.workspace_id,
        username=row.username,
        subject=row.subject,
        password_hash=row.password_hash,
        claims=claims,
        disabled_at=row.disabled_at,
        created_at=row.created_at,
        company_id=row.company_id,
        version=row.version,
        token_claims={**claims, **company_claims(row.number, row.company)},
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
