"""Who may do what: roles for people, scopes for keys, and one question that both answer.

A person has a role in a workspace; it holds in that one's development workspaces too. A key has scopes, for
one workspace (and its development workspaces) or for the whole installation. Operators may do everything
everywhere: they hold the data directory anyway.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

from remint.errors import Denied, NotFound
from remint.issuer.actor import Actor
from remint.store.records import Role, Workspace

Permission = Literal[
    "workspaces:read",
    "workspaces:write",
    "developments:write",
    "members:read",
    "members:write",
    "apps:read",
    "apps:write",
    "users:read",
    "users:write",
    "grants:read",
    "grants:write",
    "activity:read",
    "audit:read",
    "admin-keys:read",
    "admin-keys:write",
    "keys:read",
    "keys:write",
    "accounts:read",
    "accounts:write",
]
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)

#: What concerns the whole installation: no role in a workspace has it, nor a key that is bound to one.
INSTALLATION_WIDE: Final[frozenset[Permission]] = frozenset(
    {"keys:read", "keys:write", "accounts:read", "accounts:write"}
)
_OWNER: Final = frozenset(PERMISSIONS) - INSTALLATION_WIDE
_VIEWER: Final = frozenset(
    each for each in _OWNER if each.endswith(":read") and each != "admin-keys:read"
)
_DEVELOPER: Final[frozenset[Permission]] = _VIEWER | {
    "developments:write",
    "apps:write",
    "users:write",
    "grants:write",
}
ROLES: Final[dict[Role, frozenset[Permission]]] = {
    "owner": _OWNER,
    "developer": _DEVELOPER,
    "viewer": _VIEWER,
}


class Principal(msgspec.Struct, frozen=True):
    """Who asks: a person who is logged in, or a key. ``actor`` is what the audit trail says of them.

    ``roles`` are a person's, by workspace; ``scopes`` a key's, and ``workspace_id`` what it is bound to;
    ``expires_at`` is when it runs out, in seconds since the epoch, 0 for never.
    """

    actor: Actor
    account_id: int | None = None
    key_id: int | None = None
    is_operator: bool = False
    roles: dict[int, Role] = {}
    scopes: frozenset[Permission] = frozenset()
    workspace_id: int | None = None
    expires_at: int = 0

    def permissions(self, workspace: Workspace | None) -> frozenset[Permission]:
        """What they may do in ``workspace``; with ``None``, in the installation as a whole."""
        if self.is_operator:
            return frozenset(PERMISSIONS)
        if self.key_id is not None:
            reaches = self.workspace_id is None or (
                workspace is not None and self.workspace_id in (workspace.id, workspace.parent_id)
            )
            return self.scopes if reaches else frozenset()
        if workspace is None:
            return frozenset()
        held = [self.roles.get(workspace.id), self.roles.get(workspace.parent_id or 0)]
        return frozenset().union(*(ROLES[role] for role in held if role is not None))

    def may(self, permission: Permission, workspace: Workspace | None) -> bool:
        """Whether they may do that there."""
        return permission in self.permissions(workspace)

    def demand(self, permission: Permission, workspace: Workspace | None) -> None:
        """Raises ``Denied`` unless they may; ``NotFound`` for a workspace that they have no part in."""
        held = self.permissions(workspace)
        if permission in held:
            return
        if workspace is not None and not held:
            # Who has no part in a workspace does not learn that there is one.
            raise NotFound(f"there is no workspace {workspace.id}")
        raise Denied(f"that takes the permission {permission}", permission=permission)

    def demand_role(self, role: Role, workspace: Workspace) -> None:
        """Raises ``Denied`` unless they may do there all that ``role`` may: nobody gives what they lack."""
        for permission in sorted(ROLES[role] - self.permissions(workspace)):
            raise Denied(f"{role} has {permission}, which you do not have", permission=permission)
