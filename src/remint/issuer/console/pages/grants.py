"""Grants: found, looked into and revoked, one at a time or all of a subject's."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from remint.errors import NotFound
from remint.grant.rules import STREAK_LIMIT
from remint.issuer.apps.policytold import rules_of
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import question
from remint.issuer.console.paging import PAGE_ROWS
from remint.issuer.console.visit import Visit
from remint.issuer.grants.grants import (
    Found,
    GrantState,
    count_up_to,
    grant_in,
    revoke_grant,
    revoke_subject,
    search_in,
    state_of,
)
from remint.issuer.grants.timeline import events_of, timeline
from remint.store.protocols import Held
from remint.store.records import App

_COUNTED: Final = 1000
_GRANT_DIGITS: Final = 32


class Row(msgspec.Struct, frozen=True):
    """A grant of the list. ``used_ms`` is when it was renewed last, 0 for never; ``renewals`` ``None`` where
    they are not counted.
    """

    id: str
    subject: str
    state: GrantState
    app: str
    made_ms: int
    used_ms: int
    renewals: int | None


def grants(visit: Visit) -> Shown | Goto:
    """The newest grants of the workspace, of an app, or of a subject; an id leads to its own page."""
    text, client_id = visit.query.get("q", ""), visit.query.get("app", "")
    if len(text) == _GRANT_DIGITS and _is_there(visit, text):
        return Goto(visit.url("grant", grant=text))
    app = _app_of(visit, client_id) or _app_of(visit, text)
    subject = text if text and (app is None or text != app.client_id) else None
    found = search_in(
        visit.installation,
        visit.here,
        app=app,
        subject=subject,
        cursor=visit.query.get("cursor"),
        limit=PAGE_ROWS,
    )
    apps = visit.installation.catalogue.names(visit.here.id)
    context = {
        "rows": _rows(visit, found, {each.id: each.name for each in apps}),
        "query": text,
        "client_id": client_id,
        "apps": [("", "Any"), *((each.client_id, each.name) for each in apps)],
        "subject": subject or "",
        "counted": _counted(visit, app) if app and not subject else "",
        **_pager(visit, found, {"q": text or None, "app": client_id or None}),
    }
    return Shown("pages/grants.html", context)


def one_grant(visit: Visit) -> Shown:
    """A grant: what it is, what happened to it and what will."""
    held, app = grant_in(visit.installation, visit.here, visit.path["grant"])
    events = events_of(visit.installation, held)
    now_ms = visit.now_ms
    context = {
        "grant": held.grant,
        "id": held.grant.id.hex(),
        "app": app,
        "state": state_of(held, now_ms),
        "scope": held.terms.scope,
        "claims": _claims(held.terms.claims),
        "rules": rules_of(held.terms.policy),
        "keeps": held.terms.policy.rotation == "keep",
        "idle_seconds": held.terms.policy.idle_lifetime_seconds,
        "moments": timeline(held, events, now_ms),
        "is_streak": held.grant.retry_streak >= STREAK_LIMIT,
    }
    return Shown("pages/grant.html", context)


def ask_revocation(visit: Visit) -> Shown:
    """Asks before a grant is revoked."""
    held, app = grant_in(visit.installation, visit.here, visit.path["grant"])
    return question(
        visit,
        title="Revoke this grant?",
        text=f"The app {app.name} can no longer renew for {held.grant.subject}. Access tokens that are out"
        " live to their end. This cannot be undone.",
        go="Revoke",
        back=visit.url("grant", grant=visit.path["grant"]),
    )


def revoke(visit: Visit) -> Goto:
    """Revokes a grant for good."""
    held, _ = grant_in(visit.installation, visit.here, visit.path["grant"])
    done = revoke_grant(visit.installation, held, actor=visit.actor)
    said = "The grant was revoked." if done else "The grant was revoked before."
    return Goto(visit.url("grant", grant=visit.path["grant"]), said)


def ask_subject(visit: Visit) -> Shown:
    """Asks whose grants are to be revoked, all of them."""
    return _asking(visit, visit.query.get("subject", ""), {})


def revoke_all_of(visit: Visit) -> Shown | Goto:
    """Revokes every grant of a subject in the workspace, at once however many there are."""
    subject, problems = visit.form["subject"], Problems("subject")
    if not subject:
        problems.add("subject", "Say whose grants, as it stands in the list of grants.")
        return _asking(visit, subject, problems.errors)
    revoke_subject(visit.installation, visit.here, subject, actor=visit.actor)
    return Goto(visit.url("grants", q=subject), f"Every grant of {subject} was revoked.")


def _asking(visit: Visit, subject: str, errors: Errors) -> Shown:
    context = {"subject": subject, "errors": errors}
    return Shown("pages/subjectrevoke.html", context, 422 if errors else 200)


def _is_there(visit: Visit, grant: str) -> bool:
    try:
        grant_in(visit.installation, visit.here, grant)
    except NotFound:
        return False
    return True


def _app_of(visit: Visit, client_id: str) -> App | None:
    """An app that may have grants in this workspace: of its own, or of its parent."""
    if not client_id:
        return None
    app = visit.installation.catalogue.find(client_id=client_id)
    if app is None or app.workspace_id not in (visit.here.id, visit.here.parent_id):
        return None
    return app


def _rows(visit: Visit, found: Found, names: dict[int, str]) -> list[Row]:
    # An app of the parent that is not installed here any more may have left grants.
    gone = {held.grant.app_id for held in found.grants} - set(names)
    others = visit.installation.catalogue.all_numbered(gone)
    names |= {number: app.name for number, app in others.items()}
    return [_row(held, names.get(held.grant.app_id, "gone"), visit.now_ms) for held in found.grants]


def _row(held: Held, app: str, now_ms: int) -> Row:
    grant, keeps = held.grant, held.terms.policy.rotation == "keep"
    return Row(
        grant.id.hex(),
        grant.subject,
        state_of(held, now_ms),
        app,
        grant.created_at * 1000,
        grant.advanced_at_ms if keeps or grant.generation else 0,
        None if keeps else grant.generation,
    )


def _counted(visit: Visit, app: App) -> str:
    """How many grants the app has, up to where counting stops; of a parent's app nothing is said."""
    if app.workspace_id != visit.here.id:
        return ""
    count = count_up_to(visit.installation, app, _COUNTED)
    if count >= _COUNTED:
        return f"{_COUNTED} grants or more"
    return f"{count} grant{'' if count == 1 else 's'}"


def _pager(visit: Visit, found: Found, query: dict[str, Any]) -> dict[str, str]:
    is_first = "cursor" not in visit.query
    older = found.next_cursor
    return {
        "newest": "" if is_first else visit.url("grants", **query),
        "older": visit.url("grants", **query, cursor=older) if older else "",
    }


def _claims(claims: dict[str, Any]) -> str:
    return json.dumps(claims, indent=2, ensure_ascii=False) if claims else ""


_PATH: Final = "/console/workspaces/{workspace}/grants"
_GRANT: Final = f"{_PATH}/{{grant}}"
_SUBJECT: Final = "/console/workspaces/{workspace}/subjects/revoke"
PAGES: Final = (
    Page(method="GET", path=_PATH, name="grants", handler=grants, permission="grants:read"),
    Page(method="GET", path=_GRANT, name="grant", handler=one_grant, permission="grants:read"),
    Page(
        method="GET",
        path=f"{_GRANT}/revoke",
        name="grant-revoke",
        handler=ask_revocation,
        permission="grants:write",
    ),
    Page(
        method="POST",
        path=f"{_GRANT}/revoke",
        name="grant-revoke",
        handler=revoke,
        permission="grants:write",
        operation="revoke_grant",
    ),
    Page(
        method="GET",
        path=_SUBJECT,
        name="subject-revoke",
        handler=ask_subject,
        permission="grants:write",
    ),
    Page(
        method="POST",
        path=_SUBJECT,
        name="subject-revoke",
        handler=revoke_all_of,
        permission="grants:write",
        operation="revoke_grants_of_subject",
    ),
)
