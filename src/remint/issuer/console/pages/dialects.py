"""Dialects: each wire format drawn, with samples, refusals, its OpenAPI description, and who speaks it."""

from __future__ import annotations

import json
from typing import Any, Final

from remint import __version__
from remint.dialect import Dialect, openapi
from remint.errors import NotFound
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.visit import Visit
from remint.issuer.console.wiredrawing import answer_drawn, refusal_drawn, request_drawn
from remint.issuer.manual.dialecttold import told
from remint.issuer.tenants.workspaces import workspaces
from remint.store.records import App, Workspace

_WORKSPACES: Final = 20
_SPEAKERS: Final = 50


def dialects(visit: Visit) -> Shown:
    """Every dialect that is served here."""
    served = [each for each in visit.installation.dialects.values() if each.endpoints]
    return Shown("pages/dialects.html", {"dialects": [_brief(each) for each in served]})


def dialect(visit: Visit) -> Shown:
    """One of them, drawn."""
    found = visit.installation.dialects.get(visit.path["dialect"])
    if found is None or not found.endpoints:
        raise NotFound(f"there is no dialect {visit.path['dialect']!r}")
    speakers, described = _speakers(visit, found), told(found, visit.public_url)
    context = {
        "dialect": described,
        "calls": [_drawn(call) for call in found.form.served],
        "refusals": _refusals(found, described["refusals"]),
        "journey": _journey(found),
        "openapi": _described(found, visit.public_url),
        "openapi_href": f"{visit.root}/openapi/{found.name}.json",
        "speakers": speakers[:_SPEAKERS],
        "more_speakers": len(speakers) > _SPEAKERS,
    }
    return Shown("pages/dialect.html", context)


def _brief(dialect: Dialect) -> dict[str, Any]:
    return {
        "name": dialect.name,
        "title": dialect.title,
        "summary": dialect.summary,
        "addresses": [f"{each.method} {each.paths[0]}" for each in dialect.endpoints],
        "keeps": dialect.policy.get("rotation") == "keep",
        "is_ours": dialect.file.parent.name == "builtin",
    }


def _drawn(call: Any) -> dict[str, Any]:
    return {
        "grant": call.grant,
        "title": call.summary or call.grant,
        "request": request_drawn(call),
        "answer": answer_drawn(call),
    }


def _refusals(dialect: Dialect, described: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The refusals in words, each with its drawing."""
    return [
        {**each, "drawn": refusal_drawn(dialect.form.refusals[each["code"]])} for each in described
    ]


def _journey(dialect: Dialect) -> str:
    """What becomes of the refresh token that was sent."""
    sends = frozenset().union(*(endpoint.always_sends for endpoint in dialect.endpoints))
    if dialect.policy.get("rotation") != "keep":
        return "The refresh token of the answer replaces the one that was sent: keep the newest."
    if "refresh_token" in sends:
        return "The answer brings the same refresh token again: it stays good."
    return "No refresh token comes back: the one that was sent stays good."


def _described(dialect: Dialect, base_url: str) -> str:
    document = openapi([dialect], server_url=base_url, title=dialect.title, version=__version__)
    return json.dumps(document, indent=2, ensure_ascii=False)


def _speakers(visit: Visit, dialect: Dialect) -> list[tuple[App, Workspace]]:
    """The apps of that dialect, of the workspaces that the reader sees."""
    seen = workspaces(visit.installation, visit.principal)[:_WORKSPACES]
    by_id = {workspace.id: workspace for workspace in seen}
    found = visit.installation.catalogue.speaking(dialect.name, by_id, limit=_SPEAKERS + 1)
    return [(app, by_id[app.workspace_id]) for app in found]


PAGES: Final = (
    Page(method="GET", path="/console/dialects", name="dialects", handler=dialects),
    Page(method="GET", path="/console/dialects/{dialect}", name="dialect", handler=dialect),
)
