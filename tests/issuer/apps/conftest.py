"""An installation with a clock that a test sets, and an app in a workspace of it."""

from __future__ import annotations

from typing import Any

import pytest

from remint.issuer.actor import Actor
from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.installation import Installation
from remint.store.records import App, Workspace
from tests.issuer.people.conftest import clock, installation, unused, workspace

__all__ = ["clock", "installation", "unused", "workspace"]

BY_BEN = Actor("ben@example.com", "192.0.2.7")


@pytest.fixture
def app(installation: Installation, workspace: Workspace) -> App:
    """An app that speaks the dialect of the contract."""
    return made(installation, workspace)


def made(
    installation: Installation, workspace: Workspace, name: str = "Acme Orders", **draft: Any
) -> App:
    """A new app; ``eshopbox`` unless the draft says otherwise."""
    fields = {"dialect": "eshopbox", **draft}
    return create_app(installation, AppDraft(name=name, workspace=workspace, **fields)).app


def again(installation: Installation, app: App) -> App:
    """The app as it is now."""
    return installation.catalogue.app(app.client_id)


def digest(installation: Installation) -> dict[str, list[Any]]:
    """Every row of every table, by table: equal where nothing was written."""
    from remint.store.schema import metadata

    with installation.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select())))
            for table in metadata.sorted_tables
        }
