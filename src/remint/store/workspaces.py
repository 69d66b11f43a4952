"""Workspaces: the tenants, and the development workspaces that belong to them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.catalogueversion import raise_catalogue_version
from remint.store.database import Database
from remint.store.journal import Entry
from remint.store.records import Workspace
from remint.store.schema import workspaces

PRODUCTION: Final = "production"
DEVELOPMENT: Final = "development"

#: Built once: every page asks them.
_NUMBERED: Final = select(workspaces).where(workspaces.c.id == bindparam("number"))
_OPEN: Final = select(workspaces).where(workspaces.c.closed_at == 0).order_by(workspaces.c.id)


class Workspaces:
    """Reads and changes workspaces. Every method is one transaction and may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Workspace]:
        """Every workspace, closed ones too, oldest first."""
        return self._many(select(workspaces).order_by(workspaces.c.id))

    def open(self, parent_id: int | None = None) -> list[Workspace]:
        """Those that are not closed, or those of them that belong to ``parent_id``; oldest first."""
        if parent_id is None:
            return self._many(_OPEN)
        return self._many(_OPEN.where(workspaces.c.parent_id == parent_id))

    def numbered(self, number: int) -> Workspace:
        """The workspace of that id, closed or not. Raises ``NotFound``."""
        found = self._many(_NUMBERED, number=number)
        if not found:
            raise NotFound(f"there is no workspace {number}")
        return found[0]

    def named(self, name: str) -> Workspace:
        """The open workspace of that name. Raises ``NotFound``."""
        query = select(workspaces).where(workspaces.c.name == name, workspaces.c.closed_at == 0)
        found = self._many(query)
        if not found:
            raise NotFound(f"there is no workspace named {name!r}")
        return found[0]

    def ensure(self, name: str, *, kind: str = PRODUCTION) -> Workspace:
        """The workspace of that name, made as of that kind if there is none."""
        with self._database.write():
            try:
                return self.named(name)
            except NotFound:
                return self.create(name, kind=kind)

    def create(
        self, name: str, *, kind: str = PRODUCTION, parent_id: int | None = None
    ) -> Workspace:
        """A new workspace. Raises ``Conflict`` for a taken name."""
        values = {
            "name": name,
            "kind": kind,
            "parent_id": parent_id,
            "created_at": self._now_s(),
        }
        try:
            with self._database.write() as connection:
                number = connection.scalar(
                    insert(workspaces).values(values).returning(workspaces.c.id)
                )
        except IntegrityError:
            raise _taken(name) from None
        return self.numbered(int(number or 0))

    def rename(self, workspace: Workspace, name: str, *, expected: int | None = None) -> Workspace:
        """Gives it another name. Raises ``Conflict`` for a taken one, and ``StaleVersion``."""
        try:
            return self._change(workspace, {"name": name}, expected)
        except IntegrityError:
            raise _taken(name) from None

    def close(self, workspace: Workspace, *, expected: int | None = None) -> Workspace:
        """Closes it for good. Its name is free again: it goes by another from now on.

        Raises ``StaleVersion``.
        """
        name = f"{workspace.name} (closed {workspace.id})"
        return self._change(workspace, {"name": name, "closed_at": self._now_s()}, expected)

    def revoke(self, workspace: Workspace) -> None:
        """Revokes every grant of its apps made until now, in O(1): raises its epoch."""
        mine = workspaces.c.id == workspace.id
        with self._database.write() as connection:
            raised = {"epoch": workspaces.c.epoch + 1}
            versioned.change(
                connection, workspaces, workspace.id, raised, expected=None, what=_what(workspace)
            )
            epoch = connection.scalars(select(workspaces.c.epoch).where(mine)).one()
            self._database.revoked(
                [Entry(at=self._now_s(), what="workspace", id=workspace.id, epoch=epoch)]
            )
            raise_catalogue_version(connection)

    def _change(
        self, workspace: Workspace, values: dict[str, Any], expected: int | None
    ) -> Workspace:
        with self._database.write() as connection:
            versioned.change(
                connection,
                workspaces,
                workspace.id,
                values,
                what=_what(workspace),
                expected=expected,
            )
            raise_catalogue_version(connection)
            return self.numbered(workspace.id)

    def _many(self, query: Select[Any], **values: Any) -> list[Workspace]:
        with self._database.read() as connection:
            return [Workspace(*row) for row in connection.execute(query, values)]

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def _what(workspace: Workspace) -> str:
    return f"the workspace {workspace.name!r}"


def _taken(name: str) -> Conflict:
    return Conflict(f"a workspace named {name!r} exists already")
