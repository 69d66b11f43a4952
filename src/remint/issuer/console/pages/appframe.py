"""What every page of an app has around it: the way down to it, and its parts."""

from __future__ import annotations

from typing import Any, Final

from remint.issuer.apps.apps import app_in
from remint.issuer.console.visit import Visit
from remint.issuer.people.access import Permission
from remint.store.records import App

#: Below the address of the list of apps.
PATH: Final = "/console/workspaces/{workspace}/apps/{client_id}"

# Label, page, what it takes to see it. The last two are pages of the workspace, narrowed to this app.
_PARTS: Final[tuple[tuple[str, str, Permission], ...]] = (
    ("Overview", "app", "apps:read"),
    ("Installations", "app-installations", "apps:read"),
    ("Sales channel", "app-sales-channel", "apps:read"),
    ("Policy", "app-policy", "apps:read"),
    ("Try it", "app-try", "apps:read"),
    ("Grants", "grants", "grants:read"),
    ("Events", "audit", "audit:read"),
)


def app_of(visit: Visit) -> App:
    """The app that the page is of. Raises ``NotFound`` where the workspace has none of that id."""
    return app_in(visit.installation, visit.here, visit.path["client_id"])


def around(visit: Visit, app: App, part: str) -> dict[str, Any]:
    """What ``appbase.html`` shows: ``part`` is the label of the part that the page is."""
    parts = []
    for label, page, permission in _PARTS:
        if not visit.may(permission):
            continue
        own = page.startswith("app")
        href = (
            visit.url(page, client_id=app.client_id) if own else visit.url(page, app=app.client_id)
        )
        parts.append((label, href, label == part))
    return {"app": app, "part": part, "parts": parts, "crumbs": [("Apps", visit.url("apps"))]}


def above(visit: Visit, app: App) -> list[tuple[str, str]]:
    """The way down to a page of ``app`` that is none of its parts."""
    return [("Apps", visit.url("apps")), (app.name, visit.url("app", client_id=app.client_id))]
