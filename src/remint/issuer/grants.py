"""Grants by command: issued with a look at what their answers will need, told, and revoked."""

from __future__ import annotations

from typing import Any

import msgspec

from remint.errors import Conflict, NotFound
from remint.grant import Revocation
from remint.grant.rules import has_ended
from remint.issuer.actor import NOBODY, Actor, event, note
from remint.issuer.claims import check_complete
from remint.issuer.dialects import find_dialect
from remint.issuer.installation import Installation
from remint.issuer.issuing import Issued, issue
from remint.store.protocols import Held
from remint.store.records import App, Workspace
from remint.store.sqlite.statements import grant_key

_REVOKED_WHY = {
    Revocation.REUSE: "reuse",
    Revocation.ASKED: "asked",
    Revocation.SUPERSEDED: "superseded",
}


class GrantState(msgspec.Struct, frozen=True):
    """What can be said of a grant: ``active``, ``revoked`` (and why) or ``expired``."""

    word: str
    why: str = ""


def issue_for(
    installation: Installation,
    app: App,
    subject: str,
    *,
    scope: str | None = None,
    claims: dict[str, Any] | None = None,
    actor: Actor = NOBODY,
    how: str = "command",
) -> Issued:
    """A grant of ``app`` for ``subject``.

    Raises ``ConfigurationError`` if its answers would lack a claim that the dialect always sends, and
    ``Conflict`` for a disabled app or a scope that it does not have.
    """
    if app.disabled_at:
        raise Conflict(f"the app {app.client_id} is disabled: enable it first")
    dialect = find_dialect(installation, app.dialect)
    check_complete(
        dialect,
        {**app.token_claims, **(claims or {})},
        whose=f"neither the grant nor its app {app.client_id}",
    )
    return issue(installation, app, subject, scope=scope, claims=claims, actor=actor, how=how)


def search(
    installation: Installation,
    *,
    client_id: str | None = None,
    subject: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> list[Held]:
    """Grants of an app, a subject or both, in the order of their ids. Raises ``NotFound``."""
    app = None if client_id is None else installation.catalogue.app(client_id)
    return installation.ledger.search(
        app_id=None if app is None else app.id,
        subject=subject,
        after=-1 if after is None else grant_key(parse_grant_id(after)),
        limit=limit,
    )


def find_grant(installation: Installation, text: str) -> Held:
    """The grant whose id ``text`` is, in hexadecimal. Raises ``NotFound``."""
    grant_id = parse_grant_id(text)
    held = installation.ledger.find(grant_id)
    if held is None:
        raise NotFound(f"there is no grant {text}")
    return held


def parse_grant_id(text: str) -> bytes:
    """A grant id from its 32 hexadecimal digits. Raises ``NotFound`` for what cannot be one.

    The message does not repeat what was given: it may be a refresh token, mistaken for an id.
    """
    try:
        grant_id = bytes.fromhex(text)
    except ValueError:
        grant_id = b""
    if len(grant_id) != 16:
        raise NotFound(
            "that is no grant id: one has 32 hexadecimal digits, see `remint grant list`"
        )
    return grant_id


def state_of(held: Held, now_ms: int) -> GrantState:
    """What a renewal of it would come to now."""
    grant = held.grant
    if grant.revoked_at:
        return GrantState("revoked", _REVOKED_WHY.get(Revocation(grant.revoked_why), ""))
    if grant.epoch != grant.current_epoch:
        return GrantState("revoked", "app, subject or workspace")
    return GrantState("expired" if has_ended(grant, held.terms.policy, now_ms) else "active")


def revoke_grant(installation: Installation, held: Held, *, actor: Actor = NOBODY) -> bool:
    """Revokes one grant for good; ``False`` if it was revoked before."""
    app = installation.catalogue.app_numbered(held.grant.app_id)
    revoked = event(installation, "grant_revoked", actor, app=app, grant_id=held.grant.id)
    return installation.ledger.revoke(held.grant.id, Revocation.ASKED, revoked)


def revoke_app(installation: Installation, app: App, *, actor: Actor = NOBODY) -> None:
    """Revokes every grant of ``app`` made until now, in O(1)."""
    with installation.database.write():
        installation.catalogue.revoke_app(app)
        note(installation, "app_revoked", actor, app=app)


def revoke_subject(
    installation: Installation, workspace: Workspace, subject: str, *, actor: Actor = NOBODY
) -> None:
    """Revokes every grant of ``subject`` in ``workspace`` made until now, in O(1)."""
    revoked = event(
        installation,
        "subject_revoked",
        actor,
        workspace_id=workspace.id,
        workspace=workspace.name,
        subject=subject,
    )
    installation.ledger.revoke_subject(workspace.id, subject, revoked)


def revoke_workspace(
    installation: Installation, workspace: Workspace, *, actor: Actor = NOBODY
) -> None:
    """Revokes every grant in ``workspace`` made until now, in O(1)."""
    with installation.database.write():
        installation.workspaces.revoke(workspace)
        note(
            installation,
            "workspace_revoked",
            actor,
            workspace_id=workspace.id,
            workspace=workspace.name,
        )
