"""``remint app install``, ``uninstall`` and ``refresh-token``: where an app is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from remint.cli.opening import opened
from remint.cli.options import ClientId, Json
from remint.cli.output import tell
from remint.cli.whereabouts import Whereabouts
from remint.errors import NotFound

if TYPE_CHECKING:
    from remint.issuer.grants.issuing import Issued
    from remint.issuer.installation import Installation
    from remint.store.records import App, AppInstallation, Workspace

Where = Annotated[
    str,
    typer.Option(
        "--workspace",
        help="Where it is installed; else in the workspace that it belongs to.",
        metavar="NAME",
        show_default=False,
    ),
]
Development = Annotated[
    str,
    typer.Option(
        help="Make a development workspace of this name, and install it there.",
        metavar="NAME",
        show_default=False,
    ),
]


def install(
    client_id: ClientId,
    workspace: Where = "",
    development: Development = "",
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Installs an app, to act for a workspace. Its refresh token is shown once, now.

    It can be installed in the workspace that it belongs to and in development workspaces of that one.

        remint app install CLIENT_ID
        remint app install CLIENT_ID --development acme-test
        remint app install CLIENT_ID --workspace acme-test
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps import installations as appinstallations

    if workspace and development:
        raise typer.BadParameter("--workspace and --development exclude each other")
    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        if development:
            made = appinstallations.install_in_development(
                installation, found, development, actor=COMMAND
            )
        else:
            place = _place(installation, found, workspace)
            made = appinstallations.install(installation, found, place, actor=COMMAND)
    told = _told(found, made.workspace, made.issued)
    tell(told, as_json=as_json, secret="refresh token")


def uninstall(
    client_id: ClientId,
    workspace: Where = "",
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Takes an app out of a workspace, and revokes what it was granted for it."""
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps import installations as appinstallations

    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        place = _place(installation, found, workspace)
        there = _installed(installation, found, place)
        appinstallations.uninstall(installation, found, there.id, actor=COMMAND)
    told = {"client_id": client_id, "workspace": place.name, "installed": False}
    tell(told, as_json=as_json)


def refresh_token(
    client_id: ClientId,
    workspace: Where = "",
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Makes a further refresh token for where an app is installed, shown once. Earlier ones stay good.

    remint app refresh-token CLIENT_ID
    remint app refresh-token CLIENT_ID --workspace acme-test
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.apps import installations as appinstallations

    with opened(where) as installation:
        found = installation.catalogue.app(client_id)
        place = _place(installation, found, workspace)
        there = _installed(installation, found, place)
        issued = appinstallations.new_refresh_token(installation, found, there.id, actor=COMMAND)
    tell(_told(found, place, issued), as_json=as_json, secret="refresh token")


def _place(installation: Installation, app: App, name: str) -> Workspace:
    if name:
        return installation.workspaces.named(name)
    return installation.workspaces.numbered(app.workspace_id)


def _installed(installation: Installation, app: App, place: Workspace) -> AppInstallation:
    for each, where in installation.app_installations.of_app(app):
        if where.id == place.id:
            return each
    raise NotFound(f"the app {app.client_id} is not installed in the workspace {place.name!r}")


def _told(app: App, place: Workspace, issued: Issued) -> dict[str, Any]:
    return {
        "client_id": app.client_id,
        "workspace": place.name,
        "grant_id": issued.held.grant.id.hex(),
        "subject": issued.held.grant.subject,
        "refresh_token": issued.refresh_token.reveal(),
    }
