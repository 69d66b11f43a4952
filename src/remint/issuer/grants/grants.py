"""Grants one by one and in pages: issued with a look at what their answers will need, listed, revoked."""

from __future__ import annotations

import base64
import struct
from functools import partial
from typing import Any, Final

import msgspec

from remint.errors import ConfigurationError, Conflict, NotFound
from remint.grant import Revocation
from remint.grant.rules import has_ended
from remint.issuer.actor import NOBODY, Actor, event, note
from remint.issuer.dialects import find_dialect
from remint.issuer.grants.claims import check_complete
from remint.issuer.grants.issuing import Issued, issue
from remint.issuer.installation import Installation
from remint.store.listing import Listing, Place, place_of
from remint.store.protocols import Held
from remint.store.records import App, Workspace

_REVOKED_WHY = {
    Revocation.REUSE: "reuse",
    Revocation.ASKED: "asked",
    Revocation.SUPERSEDED: "superseded",
}
_CURSOR: Final = ">qq"


class Found(msgspec.Struct, frozen=True):
    """A page of grants, newest first, and where the next one begins; ``None`` where there is none."""

    grants: list[Held]
    next_cursor: str | None


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


def search_in(
    installation: Installation,
    workspace: Workspace | None,
    *,
    app: App | None = None,
    subject: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Found:
    """Grants in a workspace (``None``: anywhere), newest first; of one app, of one subject, or of both.

    In a development workspace are those too that an app of its parent was granted for being installed there.
    Raises ``NotFound`` for an app of another workspace, and ``ConfigurationError`` for a cursor that is
    none.
    """
    beyond = None if cursor is None else _place(cursor)
    # One more than was asked for tells whether there is more.
    look = partial(_found, installation.listing, beyond=beyond, limit=limit + 1)
    if workspace is None:
        found = look(None, app, subject)
    else:
        found = []
        if app is None or app.workspace_id == workspace.id:
            found += look(workspace.id, app, subject)
        elif app.workspace_id != workspace.parent_id:
            raise NotFound(f"there is no app with the client id {app.client_id!r}")
        is_theirs = app is None or app.workspace_id == workspace.parent_id
        if workspace.parent_id and is_theirs and subject in (None, workspace.subject):
            found += look(workspace.parent_id, app, workspace.subject)
            found.sort(key=place_of, reverse=True)
    page = found[:limit]
    return Found(page, cursor_after(page[-1]) if len(found) > limit else None)


def _found(
    listing: Listing,
    workspace_id: int | None,
    app: App | None,
    subject: str | None,
    *,
    beyond: Place | None,
    limit: int,
) -> list[Held]:
    app_id = None if app is None else app.id
    if subject is not None:
        return listing.of_subject(
            subject, app_id=app_id, workspace_id=workspace_id, beyond=beyond, limit=limit
        )
    if app_id is not None:
        return listing.of_app(app_id, beyond=beyond, limit=limit)
    return listing.of_workspace(workspace_id, beyond=beyond, limit=limit)


def cursor_after(held: Held) -> str:
    """What ``search_in`` goes on from beyond this grant."""
    place = struct.pack(_CURSOR, *place_of(held))
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def count_up_to(installation: Installation, app: App, most: int) -> int:
    """How many grants ``app`` has, counted up to ``most``: all of them could be a great many."""
    return installation.listing.count(app.id, most)


def grant_in(installation: Installation, workspace: Workspace, text: str) -> tuple[Held, App]:
    """The grant in that workspace whose id ``text`` is, and its app. Raises ``NotFound``."""
    held = find_grant(installation, text)
    app = installation.catalogue.app_numbered(held.grant.app_id)
    is_borrowed = (
        app.workspace_id == workspace.parent_id and held.grant.subject == workspace.subject
    )
    if app.workspace_id != workspace.id and not is_borrowed:
        raise _no_grant(text)
    return held, app


def find_grant(installation: Installation, text: str) -> Held:
    """The grant whose id ``text`` is, in hexadecimal. Raises ``NotFound``."""
    grant_id = parse_grant_id(text)
    held = installation.ledger.find(grant_id)
    if held is None:
        raise _no_grant(text)
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


def revoke_app(
    installation: Installation, app: App, *, expected: int | None = None, actor: Actor = NOBODY
) -> None:
    """Revokes every grant of ``app`` made until now, in O(1). Raises ``StaleVersion``."""
    with installation.database.write():
        installation.catalogue.revoke_app(app, expected=expected)
        note(installation, "app_revoked", actor, app=app)


def revoke_subject(
    installation: Installation, workspace: Workspace, subject: str, *, actor: Actor = NOBODY
) -> None:
    """Revokes every grant of ``subject`` in ``workspace`` made until now, in O(1).

    If it is what apps of the parent act for that are installed there, theirs too.
    """
    revoked = event(
        installation,
        "subject_revoked",
        actor,
        workspace_id=workspace.id,
        workspace=workspace.name,
        subject=subject,
    )
    with installation.database.write():
        installation.ledger.revoke_subject(workspace.id, subject, revoked)
        if workspace.parent_id is not None and subject == workspace.subject:
            parent = installation.workspaces.numbered(workspace.parent_id)
            revoke_subject(installation, parent, subject, actor=actor)


def revoke_workspace(
    installation: Installation, workspace: Workspace, *, actor: Actor = NOBODY
) -> None:
    """Revokes every grant in ``workspace`` made until now, in O(1).

    So it does with what its parent's apps were granted for being installed there.
    """
    with installation.database.write():
        installation.workspaces.revoke(workspace)
        note(
            installation,
            "workspace_revoked",
            actor,
            workspace_id=workspace.id,
            workspace=workspace.name,
        )
        if workspace.parent_id is not None:
            parent = installation.workspaces.numbered(workspace.parent_id)
            revoke_subject(installation, parent, workspace.subject, actor=actor)


def _place(cursor: str) -> Place:
    try:
        return Place(*struct.unpack(_CURSOR, base64.urlsafe_b64decode(f"{cursor}==")))
    except (ValueError, struct.error):
        raise ConfigurationError(
            "is no place in this list",
            key="cursor",
            expected="the one that came with an earlier page",
        ) from None


def _no_grant(text: str) -> NotFound:
    return NotFound(f"there is no grant {text}")
