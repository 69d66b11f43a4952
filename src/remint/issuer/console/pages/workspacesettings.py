"""A workspace's settings: its name, its development workspaces, and its end."""

from __future__ import annotations

from typing import Final

from remint.errors import NotFound, StaleVersion
from remint.issuer.console.forms import Problems
from remint.issuer.console.meanwhile import Meanwhile, meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import is_meant, question
from remint.issuer.console.visit import Visit
from remint.issuer.grants.grants import revoke_workspace
from remint.issuer.tenants.workspaces import (
    close_workspace,
    create_workspace,
    rename_workspace,
    workspace,
)

_PATH: Final = "/console/workspaces/{workspace}/settings"
_MISTYPED: Final = "What you typed is not the workspace's name."


def show(visit: Visit) -> Shown:
    """The settings."""
    return _form(visit, name=visit.here.name)


def rename(visit: Visit) -> Shown | Goto:
    """Gives the workspace another name."""
    name, problems = visit.form["name"], Problems("name")
    try:
        with problems.collecting():
            renamed = rename_workspace(
                visit.installation, visit.here, name, expected=visit.version, actor=visit.actor
            )
            return Goto(visit.url("workspace-settings"), f"It is called {renamed.name} now.")
    except StaleVersion:
        visit.workspace = workspace(visit.installation, visit.here.id)
        late = meanwhile(visit, [("Name", name, visit.here.name)])
        return _form(visit, name=name, late=late)
    return _form(visit, name=name, problems=problems)


def make_development(visit: Visit) -> Shown | Goto:
    """Makes a development workspace that belongs to this one."""
    name = visit.form["development"]
    problems = Problems("development", names={"name": "development"})
    with problems.collecting():
        made = create_workspace(
            visit.installation, name, kind="development", parent=visit.here, actor=visit.actor
        )
        return Goto(visit.url("overview", workspace=made.id), f"{made.name} was made.")
    return _form(visit, name=visit.here.name, development=name, below=problems)


def ask_to_revoke(visit: Visit) -> Shown:
    """Asks before everything in the workspace is revoked."""
    return _ask_to_revoke(visit)


def revoke(visit: Visit) -> Shown | Goto:
    """Revokes every grant in the workspace."""
    if not is_meant(visit, visit.here.name):
        return _ask_to_revoke(visit, _MISTYPED)
    revoke_workspace(visit.installation, visit.here, actor=visit.actor)
    return Goto(visit.url("workspace-settings"), "Every grant in this workspace was revoked.")


def ask_to_close(visit: Visit) -> Shown:
    """Asks before a development workspace is closed."""
    return _ask_to_close(visit)


def close(visit: Visit) -> Shown | Goto:
    """Closes a development workspace."""
    if not is_meant(visit, visit.here.name):
        return _ask_to_close(visit, _MISTYPED)
    name, parent_id = visit.here.name, visit.here.parent_id
    close_workspace(visit.installation, visit.here, expected=visit.version, actor=visit.actor)
    return Goto(visit.url("overview", workspace=parent_id), f"{name} was closed.")


def _form(
    visit: Visit,
    *,
    name: str,
    development: str = "",
    problems: Problems | None = None,
    below: Problems | None = None,
    late: Meanwhile | None = None,
) -> Shown:
    here = visit.here
    children = visit.installation.workspaces.open(here.id)
    context = {
        "parent": _parent_name(visit),
        "children": [
            {
                "name": each.name,
                "href": visit.url("overview", workspace=each.id),
                "made_ms": each.created_at * 1000,
            }
            for each in children
        ],
        "typed": {"name": name, "development": development},
        "errors": problems.errors if problems else {},
        "errors_below": below.errors if below else {},
        "meanwhile": late,
    }
    status = 412 if late else 422 if problems or below else 200
    return Shown("pages/workspacesettings.html", context, status)


def _parent_name(visit: Visit) -> str:
    if visit.here.parent_id is None:
        return ""
    try:
        return workspace(visit.installation, visit.here.parent_id).name
    except NotFound:
        return "a closed workspace"


def _ask_to_revoke(visit: Visit, error: str = "") -> Shown:
    name = visit.here.name
    return question(
        visit,
        title=f"Revoke everything in {name}?",
        text="Every refresh token in this workspace stops working at its next renewal. "
        "Everybody has to connect anew. This cannot be undone.",
        go="Revoke everything",
        back=visit.url("workspace-settings"),
        phrase=name,
        error=error,
    )


def _ask_to_close(visit: Visit, error: str = "") -> Shown:
    name = visit.here.name
    return question(
        visit,
        title=f"Close {name}?",
        text="Everything in it is revoked, and it disappears. This cannot be undone.",
        go="Close it",
        back=visit.url("workspace-settings"),
        fields={"version": visit.here.version},
        phrase=name,
        error=error,
    )


PAGES: Final = (
    Page(
        method="GET",
        path=_PATH,
        name="workspace-settings",
        handler=show,
        permission="workspaces:write",
    ),
    Page(
        method="POST",
        path=_PATH,
        name="workspace-settings",
        handler=rename,
        permission="workspaces:write",
        versioned=True,
        operation="rename_workspace",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/development",
        name="workspace-development",
        handler=make_development,
        permission="developments:write",
        operation="create_development_workspace",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/revoke",
        name="workspace-revoke",
        handler=ask_to_revoke,
        permission="grants:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/revoke",
        name="workspace-revoke",
        handler=revoke,
        permission="grants:write",
        operation="revoke_grants_of_workspace",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/close",
        name="workspace-close",
        handler=ask_to_close,
        permission="workspaces:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/close",
        name="workspace-close",
        handler=close,
        permission="workspaces:write",
        versioned=True,
        operation="close_workspace",
    ),
)
