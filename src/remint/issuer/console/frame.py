"""What every page of who is logged in has around it: where they are, and where else they can go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from remint.issuer.console.visit import Visit
from remint.issuer.people.access import Permission
from remint.issuer.tenants.workspaces import workspaces

_SWITCHER: Final = 20


class Entry(msgspec.Struct, frozen=True):
    """A line of the menu. It is current on its own page and on those whose path begins with its own."""

    label: str
    page: str
    symbol: str
    permission: Permission | None = None


_WORKSPACE: Final = (
    Entry("Overview", "overview", "overview", "activity:read"),
    Entry("Apps", "apps", "app", "apps:read"),
    Entry("Grants", "grants", "grant", "grants:read"),
    Entry("Users", "users", "person", "users:read"),
    Entry("Companies", "companies", "workspace", "users:read"),
    Entry("Members", "members", "members", "members:read"),
    Entry("Admin keys", "admin-keys", "key", "admin-keys:read"),
    Entry("Audit trail", "audit", "audit", "audit:read"),
    Entry("Settings", "workspace-settings", "settings", "workspaces:write"),
)
_EVERYWHERE: Final = (
    Entry("Dialects", "dialects", "dialect"),
    Entry("Signing keys", "signing-keys", "lock", "keys:read"),
    Entry("Admin keys for all", "admin-keys-everywhere", "key", "accounts:read"),
    Entry("Accounts", "accounts", "members", "accounts:read"),
    Entry("Everything that happened", "audit-everywhere", "audit", "accounts:read"),
)


def frame(visit: Visit) -> dict[str, Any]:
    """What ``frame.html`` shows around the page of ``visit``."""
    open_to_them = workspaces(visit.installation, visit.principal)[:_SWITCHER]
    here = visit.workspace
    groups = []
    if here is not None:
        groups.append({"label": "This workspace", "entries": list(_entries(visit, _WORKSPACE))})
    groups.append({"label": "Everywhere", "entries": list(_entries(visit, _EVERYWHERE))})
    return {
        "home": visit.url("home"),
        "workspace": here,
        "workspaces": [
            {
                "name": each.name,
                "kind": each.kind,
                "href": visit.url("overview", workspace=each.id),
            }
            for each in open_to_them
        ],
        "all_workspaces": visit.url("workspaces"),
        "navigation": groups,
        "account_href": visit.url("account"),
        "account_name": visit.somebody.name,
        "log_out_href": visit.url("log-out"),
        "notices": [{"kind": "good", "title": visit.flash, "text": ""}] if visit.flash else [],
    }


def _entries(visit: Visit, entries: tuple[Entry, ...]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if entry.page not in visit.pages:
            continue
        workspace = visit.workspace if entry in _WORKSPACE else None
        if entry.permission and not visit.principal.may(entry.permission, workspace):
            continue
        own, present = visit.pages[entry.page].path, visit.page.path
        is_current = present == own or (entry.page != "overview" and present.startswith(f"{own}/"))
        yield {
            "label": entry.label,
            "href": visit.url(entry.page),
            "symbol": entry.symbol,
            "is_current": is_current,
        }
