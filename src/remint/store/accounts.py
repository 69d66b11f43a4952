"""Who may log in to the console."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, exists, insert, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.database import Database
from remint.store.peoplerecords import Account
from remint.store.schema import accounts

#: Built once: every page asks it.
_NUMBERED: Final = select(accounts).where(accounts.c.id == bindparam("number"))
_ADDRESSED: Final = select(accounts).where(accounts.c.email == bindparam("email"))
_ENABLED_OPERATORS: Final = (accounts.c.operator == 1) & (accounts.c.disabled_at == 0)


class Accounts:
    """Reads and changes accounts. Every method is one transaction and may raise ``StoreUnavailable``.

    Addresses are kept as they are given: who calls has brought them into one form.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, email: str, name: str, password_hash: str, *, operator: bool) -> Account:
        """Adds an account. Raises ``Conflict`` if there is one of that address."""
        values = {
            "email": email,
            "name": name,
            "password_hash": password_hash,
            "operator": int(operator),
            "created_at": self._database.now_ms() // 1000,
        }
        try:
            with self._database.write() as connection:
                row_id = connection.scalar(insert(accounts).values(values).returning(accounts.c.id))
        except IntegrityError:
            raise Conflict(f"there is an account for {email} already") from None
        return self.numbered(int(row_id or 0))

    def find(self, email: str) -> Account | None:
        """The account of that address."""
        return self._one(_ADDRESSED, email=email)

    def numbered(self, account_id: int) -> Account:
        """The account of that id. Raises ``NotFound``."""
        found = self._one(_NUMBERED, number=account_id)
        if found is None:
            raise NotFound(f"there is no account {account_id}")
        return found

    def page(self, *, after: int, limit: int) -> list[Account]:
        """So many accounts, oldest first, from the one after the id ``after`` on."""
        query = select(accounts).where(accounts.c.id > after).order_by(accounts.c.id).limit(limit)
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(query)]

    def is_empty(self) -> bool:
        """Whether there is none yet."""
        with self._database.read() as connection:
            return not connection.scalar(select(exists().select_from(accounts)))

    def change(self, account: Account, values: dict[str, Any], *, expected: int | None) -> Account:
        """Writes columns of ``account``. Raises ``StaleVersion`` or ``NotFound``."""
        what = f"the account {account.email}"
        with self._database.write() as connection:
            versioned.change(connection, accounts, account.id, values, expected=expected, what=what)
            return self.numbered(account.id)

    def operators(self) -> set[int]:
        """The ids of the operators that are not disabled, held as they are until the transaction ends."""
        # Locked where an engine locks rows: else two who each remove the other would both find one left.
        query = select(accounts.c.id).where(_ENABLED_OPERATORS).with_for_update()
        with self._database.write() as connection:
            return set(connection.scalars(query))

    def _one(self, query: Select[Any], **values: Any) -> Account | None:
        with self._database.read() as connection:
            row = connection.execute(query, values).first()
        return None if row is None else _account(row)


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        operator=bool(row.operator),
        disabled_at=row.disabled_at,
        created_at=row.created_at,
        version=row.version,
    )
