"""Log-ins to the console. What is kept of a session's cookie is its SHA-256."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from remint.store.database import Database
from remint.store.peoplerecords import Session
from remint.store.schema import sessions

#: Built once: every page asks it.
_OF_COOKIE: Final = select(sessions).where(sessions.c.sha256 == bindparam("cookie"))


class Sessions:
    """Reads and changes sessions. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, session: Session) -> None:
        """Adds a session, and drops those of anybody that have run out."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= session.created_at))
            values = {name: getattr(session, name) for name in Session.__struct_fields__}
            connection.execute(insert(sessions).values(values))

    def find(self, sha256: bytes) -> Session | None:
        """The session that has that cookie. Whether it is still good is for the caller to say."""
        with self._database.read() as connection:
            row = connection.execute(_OF_COOKIE, {"cookie": sha256}).first()
        return None if row is None else Session(*row)

    def of_account(self, account_id: int) -> list[Session]:
        """The account's sessions, the one seen last first."""
        query = select(sessions).where(sessions.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(sessions.c.seen_at.desc())).all()
        return [Session(*row) for row in rows]

    def see(self, session: Session, seen_at: int) -> None:
        """Writes down when a session was last used."""
        mine = sessions.c.sha256 == session.sha256
        with self._database.write() as connection:
            connection.execute(update(sessions).where(mine).values(seen_at=seen_at))

    def end(self, account_id: int, sha256: bytes) -> bool:
        """Ends a session of that account. ``False`` if there is none of that cookie."""
        mine = (sessions.c.account_id == account_id) & (sessions.c.sha256 == sha256)
        with self._database.write() as connection:
            return connection.execute(delete(sessions).where(mine)).rowcount > 0

    def end_all(self, account_id: int, *, keep: bytes | None = None) -> int:
        """Ends every session of that account but for the one to ``keep``; says how many ended."""
        mine = sessions.c.account_id == account_id
        if keep is not None:
            mine &= sessions.c.sha256 != keep
        with self._database.write() as connection:
            return connection.execute(delete(sessions).where(mine)).rowcount
