"""The apps of a workspace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from remint.issuer.apps.apps import apps_in
from remint.issuer.apps.installations import installed_in
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.visit import Visit
from remint.store.records import App

_AT_ONCE: Final = 200
_SHOWN: Final = 100
#: How many rows a narrow search looks through before it says that there may be more.
_LOOKED_AT: Final = 5_000
_STATES: Final = {
    "": "Any",
    "enabled": "Enabled",
    "disabled": "Disabled",
    "channel": "Sales channels",
}


def show(visit: Visit) -> Shown:
    """The apps that fit what is asked for, and those of the parent that are installed here."""
    asked = {name: visit.query.get(name, "").strip() for name in ("q", "dialect", "state")}
    places = _places(visit)
    dialects = visit.installation.dialects
    found = [_row(app, dialects[app.dialect].title, places) for app in _found(visit, asked)]
    has_any = bool(found) or bool(apps_in(visit.installation, visit.here, limit=1))
    context = {
        "apps": has_any,
        "asked": asked,
        "found": found[:_SHOWN],
        "has_more": len(found) > _SHOWN,
        "borrowed": _borrowed(visit),
        "dialects": [
            ("", "Any"),
            *((name, each.title) for name, each in dialects.items() if each.endpoints),
        ],
        "states": list(_STATES.items()),
    }
    return Shown("pages/apps.html", context)


def _found(visit: Visit, asked: Mapping[str, str]) -> list[App]:
    """One more than is shown, if there are so many."""
    found: list[App] = []
    for app in _all(visit, asked["q"]):
        if _fits(app, asked):
            found.append(app)
            if len(found) > _SHOWN:
                break
    return found


def _all(visit: Visit, query: str) -> Iterator[App]:
    after = seen = 0
    while seen < _LOOKED_AT:
        batch = apps_in(visit.installation, visit.here, query=query, after=after, limit=_AT_ONCE)
        yield from batch
        if len(batch) < _AT_ONCE:
            return
        after, seen = batch[-1].id, seen + len(batch)


def _fits(app: App, asked: Mapping[str, str]) -> bool:
    if asked["dialect"] and app.dialect != asked["dialect"]:
        return False
    match asked["state"]:
        case "enabled":
            return not app.disabled_at
        case "disabled":
            return bool(app.disabled_at)
        case "channel":
            return app.sales_channel is not None
    return True


def _row(app: App, dialect: str, places: Mapping[int, list[str]]) -> dict[str, Any]:
    return {
        "client_id": app.client_id,
        "name": app.name,
        "dialect": dialect,
        "installed": ", ".join(places.get(app.id, [])),
        "state": "disabled" if app.disabled_at else "enabled",
        "kind": "warn" if app.disabled_at else "good",
        "channel": app.sales_channel,
        "made_ms": app.created_at * 1000,
    }


def _places(visit: Visit) -> dict[int, list[str]]:
    """Where each app is installed, of this workspace and its development workspaces, by name."""
    places: defaultdict[int, list[str]] = defaultdict(list)
    for each, place in visit.installation.app_installations.near(visit.here.id):
        name = "this workspace" if place.id == visit.here.id else place.name
        places[each.app_id].append(name)
    return places


def _borrowed(visit: Visit) -> list[dict[str, Any]]:
    """What a development workspace has of its parent."""
    parent_id = visit.here.parent_id
    if parent_id is None:
        return []
    parent = visit.installation.workspaces.numbered(parent_id)
    rows = []
    for each, app in installed_in(visit.installation, visit.here):
        if app.workspace_id == parent.id:
            href = visit.url("app", workspace=parent.id, client_id=app.client_id)
            rows.append(
                {
                    "name": app.name,
                    "owner": parent.name,
                    "href": href,
                    "made_ms": each.created_at * 1000,
                }
            )
    return rows


PAGES: Final = (
    Page(
        method="GET",
        path="/console/workspaces/{workspace}/apps",
        name="apps",
        handler=show,
        permission="apps:read",
    ),
)
