"""Members: who works in a workspace, and in what role."""

from __future__ import annotations

from remint.errors import Conflict
from remint.issuer.actor import Actor, note
from remint.issuer.installation import Installation
from remint.issuer.people.invitations import check_role
from remint.store.peoplerecords import Member
from remint.store.records import Role, Workspace


def members(installation: Installation, workspace: Workspace) -> list[Member]:
    """Who belongs to the workspace, oldest first."""
    return installation.members.of_workspace(workspace.id)


def member(installation: Installation, workspace: Workspace, member_id: int) -> Member:
    """The member of that id in the workspace. Raises ``NotFound``."""
    return installation.members.find(workspace.id, member_id)


def set_role(
    installation: Installation,
    member: Member,
    role: Role,
    *,
    expected: int | None = None,
    actor: Actor,
) -> Member:
    """Gives a member another role.

    Raises ``StaleVersion``, ``ConfigurationError`` for what is no role, and ``Conflict`` where the workspace
    would be left without an owner.
    """
    check_role(role)
    with installation.database.write():
        if role != "owner":
            _check_owners(installation, member)
        changed = installation.members.set_role(member, role, expected=expected)
        _note(installation, "member_role_changed", actor, member, role)
    return changed


def remove_member(
    installation: Installation, member: Member, *, expected: int | None = None, actor: Actor
) -> None:
    """Ends a membership: it holds from the person's next request on.

    Raises ``StaleVersion``, and ``Conflict`` where the workspace would be left without an owner.
    """
    with installation.database.write():
        _check_owners(installation, member)
        installation.members.remove(member, expected=expected)
        _note(installation, "member_removed", actor, member, member.role)


def _check_owners(installation: Installation, member: Member) -> None:
    workspace = installation.workspaces.numbered(member.workspace_id)
    # A development workspace has its parent's owners.
    if workspace.parent_id is None and installation.members.owners(workspace.id) == {member.id}:
        raise Conflict(f"{member.email} is the last owner: make somebody else one first")


def _note(installation: Installation, event: str, actor: Actor, member: Member, role: Role) -> None:
    note(
        installation,
        event,
        actor,
        workspace_id=member.workspace_id,
        account=member.email,
        role=role,
    )
