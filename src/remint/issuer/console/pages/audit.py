"""The audit trail: who did what, when, from where; searched, and taken along as JSON lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from starlette.responses import StreamingResponse

from remint.errors import ConfigurationError, NotFound
from remint.issuer.console.eventtold import Told, told
from remint.issuer.console.forms import Problems
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.paging import PAGE_ROWS
from remint.issuer.console.visit import Visit
from remint.issuer.people.access import Permission
from remint.issuer.upkeep.audit import EVENTS, Search, export, search
from remint.store.protocols import AuditEvent
from remint.store.records import App

_EVERYWHERE: Final = "-everywhere"
_DAY: Final = timedelta(days=1)
_FILTERS: Final = ("event", "actor", "app", "grant", "since", "until")


class Happened(msgspec.Struct, frozen=True):
    """A row of the page. ``raw`` is the event's detail as JSON, empty where there is none."""

    at_ms: int
    name: str
    told: Told
    actor: str
    origin: str
    app: App | None
    grant: str
    raw: str


def audit(visit: Visit) -> Shown:
    """What happened, newest first, with what it is searched by."""
    typed = {name: visit.query.get(name, "") for name in _FILTERS}
    problems = Problems(*_FILTERS, names={"client_id": "app"})
    found: list[tuple[int, AuditEvent]] = []
    with problems.collecting():
        query = _query(visit, typed)
        found = search(visit.installation, query, before=_before(visit), limit=PAGE_ROWS + 1)
    shown = found[:PAGE_ROWS]
    chosen = {name: value for name, value in typed.items() if value}
    here = visit.page.name
    context: dict[str, Any] = {
        "typed": typed,
        "errors": problems.errors,
        "events": [("", "Any"), *((name, name.replace("_", " ")) for name in sorted(EVENTS))],
        "happened": _happened(visit, [event for _, event in shown]),
        "is_filtered": bool(chosen),
        "own": visit.url(here),
        "newest": visit.url(here, **chosen) if "before" in visit.query else "",
        "older": visit.url(here, before=shown[-1][0], **chosen) if len(found) > PAGE_ROWS else "",
        "export": visit.url(_export_name(visit), **chosen),
    }
    return Shown("pages/audit.html", context, 422 if problems else 200)


def taken_along(visit: Visit) -> StreamingResponse:
    """The same as a file: one JSON object a line, oldest first, sent as it is read."""
    typed = {name: visit.query.get(name, "") for name in _FILTERS}
    lines = export(visit.installation, _query(visit, typed))
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines, headers=headers, media_type="application/jsonl")


def _query(visit: Visit, typed: dict[str, str]) -> Search:
    return Search(
        workspace_id=None if visit.workspace is None else visit.workspace.id,
        event=typed["event"] or None,
        client_id=typed["app"] or None,
        actor=typed["actor"] or None,
        grant=typed["grant"] or None,
        since_ms=_midnight(typed["since"], "since"),
        until_ms=_midnight(typed["until"], "until", after=_DAY),
    )


def _midnight(text: str, key: str, *, after: timedelta = timedelta()) -> int | None:
    """The first moment of a day in UTC, in milliseconds. Raises ``ConfigurationError``."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return round((day + after).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{text[:40]!r} is no day", key=key, expected="a day such as 2026-11-21"
        ) from None


def _before(visit: Visit) -> int | None:
    text = visit.query.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("there is no such page of the audit trail")
    return int(text)


def _happened(visit: Visit, events: list[AuditEvent]) -> list[Happened]:
    about = {event.app_id for event in events if event.app_id is not None}
    apps = visit.installation.catalogue.all_numbered(about)
    return [
        Happened(
            event.at_ms,
            event.event,
            told(event),
            event.actor,
            event.origin,
            None if event.app_id is None else apps.get(event.app_id),
            "" if event.grant_id is None else event.grant_id.hex(),
            json.dumps(event.detail, indent=2, ensure_ascii=False) if event.detail else "",
        )
        for event in events
    ]


def _export_name(visit: Visit) -> str:
    return "audit-export" if visit.workspace else f"audit-export{_EVERYWHERE}"


def _pages(path: str, suffix: str, permission: Permission) -> tuple[Page, ...]:
    """These pages for a workspace, or for the installation: the same but for where they are."""
    return (
        Page(method="GET", path=path, name=f"audit{suffix}", handler=audit, permission=permission),
        Page(
            method="GET",
            path=f"{path}.jsonl",
            name=f"audit-export{suffix}",
            handler=taken_along,
            permission=permission,
        ),
    )


PAGES: Final = (
    *_pages("/console/workspaces/{workspace}/audit", "", "audit:read"),
    *_pages("/console/audit", _EVERYWHERE, "accounts:read"),
)
