"""Companies: whose users and apps carry the same number and name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, String, cast, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.catalogueversion import raise_catalogue_version
from remint.store.database import Database
from remint.store.records import Company
from remint.store.schema import companies


class Companies:
    """Reads and changes them. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search(
        self, workspace_id: int, *, query: str = "", after: int = 0, limit: int = 50
    ) -> list[Company]:
        """Those of a workspace beyond the id ``after`` whose name or number has ``query`` in it."""
        wanted = select(companies).where(companies.c.workspace_id == workspace_id)
        if query:
            named = func.lower(companies.c.name).contains(query.lower(), autoescape=True)
            numbered = cast(companies.c.number, String).contains(query, autoescape=True)
            wanted = wanted.where(or_(named, numbered))
        return self._many(
            wanted.where(companies.c.id > after).order_by(companies.c.id).limit(limit)
        )

    def numbered(self, workspace_id: int, row: int) -> Company:
        """The company of that id in a workspace. Raises ``NotFound``."""
        return self._one(workspace_id, companies.c.id == row, f"company {row}")

    def with_number(self, workspace_id: int, number: int) -> Company:
        """The company that goes by ``number`` in a workspace. Raises ``NotFound``."""
        return self._one(workspace_id, companies.c.number == number, f"company number {number}")

    def create(self, workspace_id: int, number: int, name: str) -> Company:
        """A new company. Raises ``Conflict`` for a number that is taken in that workspace."""
        values = {
            "workspace_id": workspace_id,
            "number": number,
            "name": name,
            "created_at": self._database.now_ms() // 1000,
        }
        try:
            with self._database.write() as connection:
                made = connection.scalar(insert(companies).values(values).returning(companies.c.id))
        except IntegrityError:
            raise Conflict(f"a company with the number {number} exists already") from None
        return self.numbered(workspace_id, int(made or 0))

    def rename(self, company: Company, name: str, *, expected: int | None = None) -> Company:
        """Gives it another name, which its apps' tokens carry from then on. Raises ``StaleVersion``."""
        with self._database.write() as connection:
            versioned.change(
                connection,
                companies,
                company.id,
                {"name": name},
                what=f"the company {company.number}",
                expected=expected,
            )
            raise_catalogue_version(connection)
            return self.numbered(company.workspace_id, company.id)

    def _one(self, workspace_id: int, wanted: Any, what: str) -> Company:
        query = select(companies).where(companies.c.workspace_id == workspace_id, wanted)
        found = self._many(query)
        if not found:
            raise NotFound(f"there is no {what}")
        return found[0]

    def _many(self, query: Select[Any]) -> list[Company]:
        with self._database.read() as connection:
            return [Company(*row) for row in connection.execute(query)]
