"""Workspaces: who sees them, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from remint.errors import Conflict, NotFound
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.grants.grants import revoke_workspace
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name
from remint.store.records import Workspace
from remint.store.workspaces import DEVELOPMENT, PRODUCTION

if TYPE_CHECKING:
    from remint.issuer.people.access import Principal

Kind = Literal["production", "development"]


def workspaces(installation: Installation, principal: Principal | None = None) -> list[Workspace]:
    """The open workspaces that ``principal`` has a part in, or all of them, oldest first."""
    found = installation.workspaces.open()
    if principal is None:
        return found
    return [each for each in found if principal.permissions(each)]


def workspace(installation: Installation, number: int) -> Workspace:
    """The workspace of that id. Raises ``NotFound``, for a closed one too."""
    found = installation.workspaces.numbered(number)
    if found.closed_at:
        raise NotFound(f"there is no workspace {number}")
    return found


def create_workspace(
    installation: Installation,
    name: str,
    *,
    kind: Kind = PRODUCTION,
    parent: Workspace | None = None,
    actor: Actor = NOBODY,
) -> Workspace:
    """Makes a workspace. A development one has a ``parent``, which is none itself.

    Raises ``Conflict`` for a taken name or a parent that will not do.
    """
    called = clean_name(name)
    _check_parent(kind, parent)
    with installation.database.write():
        parent_id = None if parent is None else workspace(installation, parent.id).id
        made = installation.workspaces.create(called, kind=kind, parent_id=parent_id)
        _note(installation, "workspace_created", actor, made, kind=kind)
    return made


def home_of(
    installation: Installation, named: str | Workspace, *, actor: Actor = NOBODY
) -> Workspace:
    """The workspace that something is made in; one that is only named is made if there is none."""
    if isinstance(named, Workspace):
        return workspace(installation, named.id)
    with installation.database.write():
        try:
            return installation.workspaces.named(named)
        except NotFound:
            return create_workspace(installation, named, actor=actor)


def rename_workspace(
    installation: Installation,
    renamed: Workspace,
    name: str,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> Workspace:
    """Gives it another name. Raises ``Conflict`` for a taken one, and ``StaleVersion``."""
    called = clean_name(name)
    with installation.database.write():
        changed = installation.workspaces.rename(renamed, called, expected=expected)
        _note(installation, "workspace_renamed", actor, changed, before=renamed.name)
    return changed


def close_workspace(
    installation: Installation,
    closed: Workspace,
    *,
    expected: int | None = None,
    actor: Actor = NOBODY,
) -> None:
    """Closes a development workspace for good: what was granted in it ends, and its apps are refused.

    Apps of its parent are no longer installed there. Raises ``Conflict`` for any other workspace, and
    ``StaleVersion``.
    """
    if closed.kind != DEVELOPMENT:
        raise Conflict(f"{closed.name!r} is no development workspace: only those can be closed")
    with installation.database.write():
        workspace(installation, closed.id)
        installation.workspaces.close(closed, expected=expected)
        installation.catalogue.disable_all_in(closed)
        installation.app_installations.remove_all_in(closed)
        _note(installation, "workspace_closed", actor, closed)
        revoke_workspace(installation, closed, actor=actor)


def _check_parent(kind: Kind, parent: Workspace | None) -> None:
    if (kind == DEVELOPMENT) != (parent is not None):
        raise Conflict("a development workspace belongs to another one, and no other does")
    if parent is not None and parent.kind == DEVELOPMENT:
        raise Conflict(f"{parent.name!r} is a development workspace: it can have none of its own")


def _note(
    installation: Installation, name: str, actor: Actor, place: Workspace, **detail: Any
) -> None:
    note(installation, name, actor, workspace_id=place.id, workspace=place.name, **detail)
