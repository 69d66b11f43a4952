"""Installing apps: here, or in a development workspace; and what an installed app renews with.

An app that is installed in a workspace acts for that workspace, not for a person: its grant's subject is
``workspace:ID``, and the claim ``workspace`` says the id, as text.
"""

from __future__ import annotations

from typing import Final

import msgspec

from remint.errors import NotFound
from remint.grant import Revocation
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.grants.grants import issue_for
from remint.issuer.grants.issuing import Issued
from remint.issuer.installation import Installation
from remint.issuer.tenants.workspaces import create_workspace
from remint.issuer.tenants.workspaces import workspace as workspace_of
from remint.store.records import App, AppInstallation, Workspace
from remint.store.workspaces import DEVELOPMENT

WORKSPACE_CLAIM: Final = "workspace"


class InstalledApp(msgspec.Struct, frozen=True):
    """An app that was just installed. The refresh token in ``issued`` is shown once."""

    installation: AppInstallation
    workspace: Workspace
    issued: Issued


def install(
    installation: Installation,
    app: App,
    workspace: Workspace,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> InstalledApp:
    """Installs ``app`` in its own workspace, or in a development workspace of that, and makes its grant.

    Raises ``NotFound`` for any other workspace, ``Conflict`` where it is installed already or is disabled,
    ``ConfigurationError`` for a claim that its dialect's answers would lack, and ``StaleVersion``.
    """
    with installation.database.write():
        place = workspace_of(installation, workspace.id)
        if app.workspace_id not in (place.id, place.parent_id):
            raise NotFound(f"there is no workspace {place.id} that the app can be installed in")
        made = installation.app_installations.add(app, place, expected=expected)
        _note(installation, "app_installed", actor, app, made, place)
        return InstalledApp(made, place, _issue(installation, app, place, actor))


def install_in_development(
    installation: Installation,
    app: App,
    name: str,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> InstalledApp:
    """Makes a development workspace of that name beneath the app's own, and installs ``app`` in it.

    Raises ``Conflict`` for a taken name, and what ``install`` raises; then there is no workspace either.
    """
    with installation.database.write():
        parent = workspace_of(installation, app.workspace_id)
        place = create_workspace(installation, name, kind=DEVELOPMENT, parent=parent, actor=actor)
        return install(installation, app, place, expected=expected, actor=actor)


def uninstall(
    installation: Installation,
    app: App,
    installation_id: int,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> None:
    """Takes ``app`` out of a workspace, and revokes what it was granted for it.

    Raises ``NotFound`` and ``StaleVersion``.
    """
    with installation.database.write():
        found, place = installation.app_installations.find(app, installation_id)
        installation.app_installations.remove(app, found, expected=expected)
        _note(installation, "app_uninstalled", actor, app, found, place)
        installation.ledger.revoke_held_by(app.id, place.subject, Revocation.ASKED)


def new_refresh_token(
    installation: Installation, app: App, installation_id: int, *, actor: Actor = NOBODY
) -> Issued:
    """A further grant of an installation, and its refresh token, which is shown once. Earlier ones stay good.

    Raises ``NotFound``, and what ``issue_for`` raises.
    """
    with installation.database.write():
        _, place = installation.app_installations.find(app, installation_id)
        return _issue(installation, app, place, actor)


def installations_of(
    installation: Installation, app: App
) -> list[tuple[AppInstallation, Workspace]]:
    """Where ``app`` is installed, oldest first."""
    return installation.app_installations.of_app(app)


def installed_in(
    installation: Installation, workspace: Workspace
) -> list[tuple[AppInstallation, App]]:
    """What is installed in ``workspace``, oldest first; a development workspace has apps of its parent.

    The apps come without their secrets.
    """
    found = installation.app_installations.in_workspace(workspace.id)
    apps = installation.catalogue.all_numbered({each.app_id for each in found})
    return [(each, apps[each.app_id]) for each in found]


def _issue(installation: Installation, app: App, place: Workspace, actor: Actor) -> Issued:
    return issue_for(
        installation,
        app,
        place.subject,
        claims={WORKSPACE_CLAIM: str(place.id)},
        actor=actor,
        how="installation",
    )


def _note(
    installation: Installation,
    name: str,
    actor: Actor,
    app: App,
    made: AppInstallation,
    place: Workspace,
) -> None:
    note(installation, name, actor, app=app, id=made.id, installed_in=place.name)
