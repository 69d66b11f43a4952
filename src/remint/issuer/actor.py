"""Who does something, and what the audit trail says of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from remint.issuer.installation import Installation
from remint.store.protocols import AuditEvent
from remint.store.records import App


class Actor(msgspec.Struct, frozen=True):
    """Whom the audit trail names (an e-mail address, a key's name, "command"), and where that came from."""

    name: str = ""
    origin: str = ""


COMMAND: Final = Actor("command")
NOBODY: Final = Actor()


def event(
    installation: Installation,
    name: str,
    actor: Actor,
    /,
    *,
    app: App | None = None,
    workspace_id: int | None = None,
    grant_id: bytes | None = None,
    **detail: Any,
) -> AuditEvent:
    """An event of now. One of an app is also one of the app's workspace. ``detail`` holds no secret."""
    if workspace_id is None and app is not None:
        workspace_id = app.workspace_id
    return AuditEvent(
        installation.clock.now_ms(),
        name,
        None if app is None else app.id,
        grant_id,
        actor.name,
        detail,
        workspace_id,
        actor.origin,
    )


def note(
    installation: Installation,
    name: str,
    actor: Actor,
    /,
    *,
    app: App | None = None,
    workspace_id: int | None = None,
    **detail: Any,
) -> None:
    """Leaves ``event`` in the audit trail: within the transaction of the change, if one is open."""
    happened = event(installation, name, actor, app=app, workspace_id=workspace_id, **detail)
    installation.trail.record([happened])
