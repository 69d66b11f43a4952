"""The users who may log in by password."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict
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
    ) -> None:
        """Adds a user. Raises ``Conflict`` if the name is taken in that workspace."""
        values = {
            "workspace_id": workspace_id,
            "username": username,
            "subject": subject,
            "password_hash": password_hash,
            "claims": msgspec.json.encode(claims).decode(),
            "created_at": self._database.now_ms() // 1000,
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(users).values(values))
        except IntegrityError:
            raise Conflict(f"a user named {username!r} exists already") from None

    def find(self, workspace_id: int, username: str) -> User | None:
        """The user of that name in that workspace."""
        query = (
            select(users, companies.c.number.label("number"), companies.c.name.label("company"))
            .select_from(users.outerjoin(companies, companies.c.id == users.c.company_id))
            .where(users.c.workspace_id == workspace_id, users.c.username == username)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
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

    def set_password_hash(self, user: User, password_hash: str) -> None:
        """Replaces a user's password hash."""
        with self._database.write() as connection:
            connection.execute(
                update(users).where(users.c.id == user.id).values(password_hash=password_hash)
            )
