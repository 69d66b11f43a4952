"""Where an app is installed: told, ended, and given new refresh tokens."""

from __future__ import annotations

from typing import Any, Final

from remint.issuer.apps.installations import (
    installations_of,
    new_refresh_token,
    uninstall,
)
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.appcopy import copy_page
from remint.issuer.console.pages.appframe import PATH, app_of, around
from remint.issuer.console.pages.question import question
from remint.issuer.console.visit import Visit
from remint.store.records import App, AppInstallation, Workspace


def installations(visit: Visit) -> Shown:
    """Every place where the app is installed."""
    app = app_of(visit)
    installed = installations_of(visit.installation, app)
    context = {
        "installed": [_row(visit, app, *each) for each in installed],
        # Here, and in as many development workspaces as somebody cares to make.
        "may_install": visit.here.parent_id is None,
    }
    return Shown("pages/appinstallations.html", around(visit, app, "Installations") | context)


def _row(
    visit: Visit, app: App, installed: AppInstallation, workspace: Workspace
) -> dict[str, Any]:
    place = {"client_id": app.client_id, "installation": installed.id}
    return {
        "id": installed.id,
        "name": workspace.name,
        "kind": workspace.kind,
        "href": visit.url("overview", workspace=workspace.id),
        "made_ms": installed.created_at * 1000,
        "grants_href": visit.url("grants", app=app.client_id, q=f"workspace:{workspace.id}"),
        "token_href": visit.url("app-refresh-token", **place),
        "uninstall_href": visit.url("app-uninstall", **place),
    }


def new_token(visit: Visit) -> Shown:
    """A further refresh token for an installation: a new grant beside those that it has."""
    app = app_of(visit)
    number = visit.number("installation")
    _, workspace = visit.installation.app_installations.find(app, number)
    issued = new_refresh_token(visit.installation, app, number, actor=visit.actor)
    return copy_page(
        visit,
        app,
        {"refresh_token": issued.refresh_token},
        title="A new refresh token",
        lead=f"For the workspace {workspace.name}. The one from before stays good beside it.",
    )


def ask_to_uninstall(visit: Visit) -> Shown:
    """Asks before an app is taken out of a workspace."""
    app = app_of(visit)
    _, workspace = visit.installation.app_installations.find(app, visit.number("installation"))
    return question(
        visit,
        title=f"Uninstall {app.name} from {workspace.name}?",
        text="Its refresh tokens there stop working at their next renewal, for good.",
        go="Uninstall",
        back=visit.url("app-installations", client_id=app.client_id),
        fields={"version": app.version},
    )


def take_out(visit: Visit) -> Goto:
    """Takes the app out of a workspace, and revokes its grants there."""
    app = app_of(visit)
    uninstall(
        visit.installation,
        app,
        visit.number("installation"),
        expected=visit.version,
        actor=visit.actor,
    )
    address = visit.url("app-installations", client_id=app.client_id)
    return Goto(address, "It was uninstalled, and its grants there were revoked.")


PAGES: Final = (
    Page(
        method="GET",
        path=f"{PATH}/installations",
        name="app-installations",
        handler=installations,
        permission="apps:read",
    ),
    Page(
        method="POST",
        path=f"{PATH}/installations/{{installation}}/refresh-token",
        name="app-refresh-token",
        handler=new_token,
        permission="apps:write",
        once=True,
        operation="create_refresh_token",
    ),
    Page(
        method="GET",
        path=f"{PATH}/installations/{{installation}}/uninstall",
        name="app-uninstall",
        handler=ask_to_uninstall,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/installations/{{installation}}/uninstall",
        name="app-uninstall",
        handler=take_out,
        permission="apps:write",
        versioned=True,
        operation="uninstall_app",
    ),
)
