"""An app: what it is, what it shows, the call that renews, and what is still missing."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from remint.issuer.apps.installations import installations_of
from remint.issuer.console.charts import Chart
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.pages.appcredentials import CONSEQUENCE, OVERLAPS
from remint.issuer.console.pages.appframe import PATH, app_of, around
from remint.issuer.console.pages.overview import STRETCHES, look, outcomes_of
from remint.issuer.console.visit import Visit
from remint.issuer.manual.curl import curl_line, folded
from remint.issuer.manual.readycall import ready_request, renewal_call
from remint.issuer.tenants.companies import company
from remint.store.activity import app_series
from remint.store.records import ApiKey, App, ClientSecret

_NEW_SECONDS: Final = 86_400
_SHOWS: Final = {
    "secret": "a client secret",
    "api_key": "an API key",
    "none": "nothing: it cannot keep a secret",
}


class Credential(msgspec.Struct, frozen=True):
    """A secret or a key as a row: ``until_ms`` is when it ends, 0 for not by itself."""

    id: int
    hint: str
    made_ms: int
    state: str
    kind: str
    until_ms: int
    end_href: str
    end_label: str
    question: str
    consequence: str = CONSEQUENCE


class Step(msgspec.Struct, frozen=True):
    """Something that is still to be done, and the page that does it."""

    title: str
    text: str
    label: str
    href: str
    symbol: str


def show(visit: Visit) -> Shown:
    """The first part of an app's page."""
    app = app_of(visit)
    dialect = visit.installation.dialects[app.dialect]
    credentials = _credentials(visit, app)
    call = renewal_call(dialect)
    request = ready_request(visit.installation, app, call, {}, base_url=visit.public_url)
    line = folded(curl_line(request))
    context = {
        "dialect": dialect,
        "missing": _missing(visit, app, has_credentials=bool(credentials)),
        "about": _about(visit, app, dialect.title),
        "credentials": credentials,
        "overlaps": list(OVERLAPS.items()),
        "outcomes": _renewals(visit, app),
        "calls": [{"title": f"{call.method} {call.path}", "line": line}],
    }
    return Shown("pages/app.html", around(visit, app, "Overview") | context)


def _renewals(visit: Visit, app: App) -> Chart | None:
    """What its calls came to lately, for who may see that."""
    if not visit.may("activity:read"):
        return None
    return outcomes_of(look(visit, app_series(app.id), STRETCHES["week"]))


def _about(visit: Visit, app: App, dialect: str) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [("Dialect", dialect), ("It shows", _SHOWS[app.authentication])]
    if app.number is not None:
        facts.append(("Number", app.number))
    facts += [
        ("Scope", app.scope or "none"),
        ("Audience", app.audience or f"{visit.installation.settings.base_url} (this issuer)"),
    ]
    if app.company_id is not None:
        firm = company(visit.installation, visit.here, app.company_id)
        facts.append(("Company", f"{firm.name} ({firm.number})"))
    if app.claims:
        facts.append(("Claims of its own", json.dumps(app.claims, ensure_ascii=False)))
    return facts


def _credentials(visit: Visit, app: App) -> list[Credential]:
    """What is good of its secrets or keys, the newest first."""
    if app.authentication == "api_key":
        held = visit.installation.credentials.api_keys(app)
        return [_key_row(visit, app, key) for key in reversed(held) if not key.revoked_at]
    now_s = visit.now_ms // 1000
    return [
        _secret_row(visit, app, secret)
        for secret in app.secrets
        if not secret.expires_at or secret.expires_at > now_s
    ]


def _secret_row(visit: Visit, app: App, secret: ClientSecret) -> Credential:
    return Credential(
        id=secret.id,
        hint=secret.hint,
        made_ms=secret.created_at * 1000,
        state="good until" if secret.expires_at else "good",
        kind="warn" if secret.expires_at else "good",
        until_ms=secret.expires_at * 1000,
        end_href=visit.url("app-secret-end", client_id=app.client_id, secret=secret.id),
        end_label="End it",
        question="End this client secret?",
    )


def _key_row(visit: Visit, app: App, key: ApiKey) -> Credential:
    return Credential(
        id=key.id,
        hint=key.hint,
        made_ms=key.created_at * 1000,
        state="good",
        kind="good",
        until_ms=0,
        end_href=visit.url("app-api-key-revoke", client_id=app.client_id, key=key.id),
        end_label="Revoke it",
        question="Revoke this API key?",
    )


def _missing(visit: Visit, app: App, *, has_credentials: bool) -> list[Step]:
    """What whoever makes an app still has to do, the most pressing first."""
    installed = installations_of(visit.installation, app)
    needs_credentials = app.authentication != "none" and not has_credentials
    if needs_credentials and not installed:
        return [
            Step(
                "Install it, and copy its credentials",
                "Nothing was handed out yet. Its credentials are drawn when you install it.",
                "Install it",
                visit.url("app-install", client_id=app.client_id),
                "plus",
            )
        ]
    if needs_credentials:
        name = "client secret" if app.authentication == "secret" else "API key"
        return [
            Step(
                f"Make a {name}" if name[0] != "A" else f"Make an {name}",
                "It has none that is good, so it cannot renew anything.",
                "To its credentials",
                "#credentials",
                "key",
            )
        ]
    is_new = visit.now_ms // 1000 - app.created_at < _NEW_SECONDS
    if not is_new:
        return []
    return list(_optional(visit, app, is_installed=bool(installed)))


def _optional(visit: Visit, app: App, *, is_installed: bool) -> list[Step]:
    steps = []
    if not is_installed:
        steps.append(
            Step(
                "Install it",
                "An installation has a refresh token of its own: for this workspace, or for trials.",
                "Install it",
                visit.url("app-install", client_id=app.client_id),
                "plus",
            )
        )
    if not app.sales_channel:
        steps.append(
            Step(
                "Optional: turn it into a sales channel",
                "If it manages inventory, or creates and manages orders.",
                "Sales channel",
                visit.url("app-sales-channel", client_id=app.client_id),
                "channel",
            )
        )
    return steps


PAGES: Final = (Page(method="GET", path=PATH, name="app", handler=show, permission="apps:read"),)
