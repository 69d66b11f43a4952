"""What ``remint grant revoke`` revokes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remint.issuer.defaults import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from remint.issuer.installation import Installation


def revoke_one_of(installation: Installation, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Revokes what ``chosen`` names by exactly one of its keys, and tells what was done.

    A ``subject`` may come with its ``workspace``.
    """
    from remint.issuer.actor import COMMAND
    from remint.issuer.grants import grants

    catalogue = installation.catalogue
    if "grant" in chosen:
        held = grants.find_grant(installation, chosen["grant"])
        done = grants.revoke_grant(installation, held, actor=COMMAND)
        return {"grant_id": held.grant.id.hex(), "revoked": True, "was_revoked": not done}
    if "app" in chosen:
        grants.revoke_app(installation, catalogue.app(chosen["app"]), actor=COMMAND)
        return {"client_id": chosen["app"], "revoked": True}
    workspace = installation.workspaces.named(chosen.get("workspace", DEFAULT_WORKSPACE))
    if "subject" in chosen:
        grants.revoke_subject(installation, workspace, chosen["subject"], actor=COMMAND)
        return {"workspace": workspace.name, "subject": chosen["subject"], "revoked": True}
    grants.revoke_workspace(installation, workspace, actor=COMMAND)
    return {"workspace": workspace.name, "revoked": True}
