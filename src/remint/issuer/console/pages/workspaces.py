"""The choice of a workspace, and a new one."""

from __future__ import annotations

from typing import Any, Final

from remint.issuer.console.forms import Problems
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.visit import Visit
from remint.issuer.tenants.workspaces import create_workspace, workspaces
from remint.store.records import Workspace


def choose(visit: Visit) -> Shown:
    """Every workspace that the reader has a part in."""
    return _form(visit, {"name": ""}, Problems())


def make(visit: Visit) -> Shown | Goto:
    """Makes a production workspace."""
    typed = {"name": visit.form["name"]}
    problems = Problems("name")
    with problems.collecting():
        made = create_workspace(visit.installation, typed["name"], actor=visit.actor)
        return Goto(visit.url("overview", workspace=made.id), f"{made.name} was made.")
    return _form(visit, typed, problems)


def _form(visit: Visit, typed: dict[str, str], problems: Problems) -> Shown:
    there = workspaces(visit.installation, visit.principal)
    names = {each.id: each.name for each in there}
    context = {
        "rows": [_row(visit, each, names) for each in there],
        "may_create": visit.may("workspaces:write"),
        "typed": typed,
        "errors": problems.errors,
    }
    return Shown("pages/workspaces.html", context, 422 if problems else 200)


def _row(visit: Visit, workspace: Workspace, names: dict[int, str]) -> dict[str, Any]:
    parent_id = workspace.parent_id or 0
    return {
        "name": workspace.name,
        "kind": workspace.kind,
        "parent": names.get(parent_id, "another workspace") if parent_id else "",
        "href": visit.url("overview", workspace=workspace.id),
        "part": _part(visit, workspace),
        "made_ms": workspace.created_at * 1000,
    }


def _part(visit: Visit, workspace: Workspace) -> str:
    roles = visit.principal.roles
    role = roles.get(workspace.id) or roles.get(workspace.parent_id or 0)
    if role is not None:
        return role
    return "operator" if visit.principal.is_operator else ""


PAGES: Final = (
    Page(method="GET", path="/console/workspaces", name="workspaces", handler=choose),
    Page(
        method="POST",
        path="/console/workspaces",
        name="workspaces",
        handler=make,
        permission="workspaces:write",
        operation="create_workspace",
    ),
)
