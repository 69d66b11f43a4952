"""Where apps are installed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from remint.errors import Conflict, NotFound
from remint.store import versioned
from remint.store.catalogueversion import raise_catalogue_version
from remint.store.database import Database
from remint.store.records import App, AppInstallation, Workspace
from remint.store.schema import app_installations, apps, workspaces


class AppInstallations:
    """Reads and changes them. Every method is one transaction and may raise ``StoreUnavailable``.

    Each change raises the app's version; see ``Credentials`` for ``expected``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, app: App, workspace: Workspace, *, expected: int | None = None
    ) -> AppInstallation:
        """Installs ``app`` in ``workspace``. Raises ``Conflict`` if it is installed there."""
        values = {"app_id": app.id, "workspace_id": workspace.id, "created_at": self._now_s()}
        try:
            with self._database.write() as connection:
                self._raise_version(app.id, expected)
                row = connection.execute(
                    insert(app_installations).values(values).returning(*app_installations.c)
                ).one()
        except IntegrityError:
            raise Conflict(
                f"the app {app.client_id} is installed in the workspace {workspace.name!r} already"
            ) from None
        return AppInstallation(*row)

    def of_app(self, app: App) -> list[tuple[AppInstallation, Workspace]]:
        """Where ``app`` is installed now, oldest first."""
        return [_split(row) for row in self._rows(_live().where(_of(app)))]

    def find(self, app: App, number: int) -> tuple[AppInstallation, Workspace]:
        """That installation of ``app``. Raises ``NotFound`` where it has none of that number now."""
        rows = self._rows(_live().where(_of(app), app_installations.c.id == number))
        if not rows:
            raise NotFound(f"the app {app.client_id} has no installation number {number}")
        return _split(rows[0])

    def in_workspace(self, workspace_id: int) -> list[AppInstallation]:
        """What is installed in a workspace now, oldest first."""
        here = app_installations.c.workspace_id == workspace_id
        return [_split(row)[0] for row in self._rows(_live().where(here))]

    def near(self, workspace_id: int) -> list[tuple[AppInstallation, Workspace]]:
        """What is installed in a workspace, and in the open workspaces that belong to it; by workspace."""
        below = (workspaces.c.parent_id == workspace_id) & (workspaces.c.closed_at == 0)
        rows = self._rows(_live().where((workspaces.c.id == workspace_id) | below))
        return sorted(map(_split, rows), key=lambda place: place[1].id)

    def remove(
        self, app: App, installation: AppInstallation, *, expected: int | None = None
    ) -> None:
        """Takes ``app`` out of a workspace. Raises ``NotFound`` where somebody else just did."""
        mine = app_installations.c.id == installation.id
        with self._database.write() as connection:
            self._raise_version(app.id, expected)
            removed = (
                update(app_installations)
                .where(mine, _of(app), app_installations.c.removed_at == 0)
                .values(removed_at=self._now_s())
            )
            if not connection.execute(removed).rowcount:
                raise NotFound(
                    f"the app {app.client_id} has no installation number {installation.id}"
                )

    def remove_all_in(self, workspace: Workspace) -> None:
        """Takes every app out of ``workspace``."""
        with self._database.write() as connection:
            for each in self.in_workspace(workspace.id):
                self._raise_version(each.app_id, None)
            connection.execute(
                update(app_installations)
                .where(app_installations.c.workspace_id == workspace.id)
                .where(app_installations.c.removed_at == 0)
                .values(removed_at=self._now_s())
            )

    def _raise_version(self, app_id: int, expected: int | None) -> None:
        with self._database.write() as connection:
            versioned.change(connection, apps, app_id, {}, what="the app", expected=expected)
            raise_catalogue_version(connection)

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        with self._database.read() as connection:
            return list(connection.execute(query))

    def _now_s(self) -> int:
        return self._database.now_ms() // 1000


def _live() -> Select[Any]:
    joined = app_installations.join(workspaces, workspaces.c.id == app_installations.c.workspace_id)
    return (
        select(*app_installations.c, *workspaces.c)
        .select_from(joined)
        .where(app_installations.c.removed_at == 0)
        .order_by(app_installations.c.id)
    )


def _of(app: App) -> Any:
    return app_installations.c.app_id == app.id


def _split(row: Row[Any]) -> tuple[AppInstallation, Workspace]:
    columns = list(row)
    width = len(app_installations.c)
    return AppInstallation(*columns[:width]), Workspace(*columns[width:])
