"""What an app is, changed; switched off and on; and its grants taken back."""

from __future__ import annotations

from typing import Final

from remint.errors import ConfigurationError, StaleVersion
from remint.issuer.apps.apps import switch
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.console.forms import Problems
from remint.issuer.console.jsonfield import json_object, json_text
from remint.issuer.console.meanwhile import Meanwhile, meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.appframe import PATH, above, app_of
from remint.issuer.console.pages.question import is_meant, question
from remint.issuer.console.visit import Visit
from remint.issuer.grants.grants import revoke_app
from remint.issuer.tenants.companies import companies
from remint.store.records import App

_LABELS: Final = {
    "name": "Name",
    "description": "What it does",
    "scope": "Scope",
    "audience": "Audience",
    "company": "Company",
    "claims": "Claims of its own",
}
_COMPANIES: Final = 200


def show(visit: Visit) -> Shown:
    """The form, with what is there."""
    app = app_of(visit)
    return _form(visit, app, _held(app), Problems())


def change(visit: Visit) -> Shown | Goto:
    """Changes what was typed."""
    app = app_of(visit)
    typed = {name: visit.form.get(name, value) for name, value in _held(app).items()}
    problems = Problems(*_LABELS)
    try:
        with problems.collecting():
            change_app(
                visit.installation,
                app,
                _changes(typed),
                expected=visit.version,
                actor=visit.actor,
            )
            return Goto(visit.url("app", client_id=app.client_id), "Saved.")
    except StaleVersion:
        app = app_of(visit)
        held = _held(app)
        fields = [(label, typed[name], held[name]) for name, label in _LABELS.items()]
        return _form(visit, app, typed, problems, meanwhile(visit, fields, app))
    return _form(visit, app, typed, problems)


def _held(app: App) -> dict[str, str]:
    """What is there, as the form's fields have it."""
    return {
        "name": app.name,
        "description": app.description,
        "scope": app.scope,
        "audience": app.audience,
        "company": "" if app.company_id is None else str(app.company_id),
        "claims": json_text(app.claims),
    }


def _changes(typed: dict[str, str]) -> AppChanges:
    company = typed["company"]
    if company and not (company.isascii() and company.isdigit() and len(company) < 16):
        raise ConfigurationError("choose one of these", key="company", expected="a company")
    return AppChanges(
        name=typed["name"],
        description=typed["description"],
        scope=typed["scope"],
        audience=typed["audience"],
        company=int(company) if company else None,
        claims=json_object(typed["claims"], "claims"),
    )


def _form(
    visit: Visit,
    app: App,
    typed: dict[str, str],
    problems: Problems,
    late: Meanwhile | None = None,
) -> Shown:
    firms = companies(visit.installation, visit.here, limit=_COMPANIES)
    context = {
        "app": app,
        "crumbs": above(visit, app),
        "typed": typed,
        "errors": problems.errors,
        "meanwhile": late,
        "companies": [("", "None"), *((str(each.id), each.name) for each in firms)],
    }
    return Shown("pages/appedit.html", context, 412 if late else 422 if problems else 200)


def ask_to_disable(visit: Visit) -> Shown:
    """Asks before the app is disabled."""
    app = app_of(visit)
    return question(
        visit,
        title=f"Disable {app.name}?",
        text="Its next renewal is refused. Access tokens that are out live to their end.",
        go="Disable it",
        back=visit.url("app", client_id=app.client_id),
        fields={"version": app.version},
    )


def disable(visit: Visit) -> Goto:
    """Has the app refused from its next call on."""
    return _switch(visit, on=False, told="It is disabled: its next call is refused.")


def enable(visit: Visit) -> Goto:
    """Lets the app be served again."""
    return _switch(visit, on=True, told="It is enabled.")


def _switch(visit: Visit, *, on: bool, told: str) -> Goto:
    app = app_of(visit)
    switch(visit.installation, app, on=on, expected=visit.version, actor=visit.actor)
    return Goto(visit.url("app", client_id=app.client_id), told)


def ask_to_revoke(visit: Visit) -> Shown:
    """Asks before every grant of the app is revoked."""
    return _ask_to_revoke(visit, app_of(visit))


def revoke(visit: Visit) -> Shown | Goto:
    """Revokes every grant that the app has now."""
    app = app_of(visit)
    if not is_meant(visit, app.name):
        return _ask_to_revoke(visit, app, "What you typed is not the app's name.")
    revoke_app(visit.installation, app, expected=visit.version, actor=visit.actor)
    return Goto(visit.url("app", client_id=app.client_id), "Every grant of it was revoked.")


def _ask_to_revoke(visit: Visit, app: App, error: str = "") -> Shown:
    return question(
        visit,
        title=f"Revoke everything of {app.name}?",
        text="Every refresh token of it stops working at its next renewal. This cannot be undone.",
        go="Revoke all its grants",
        back=visit.url("app", client_id=app.client_id),
        fields={"version": app.version},
        phrase=app.name,
        error=error,
    )


PAGES: Final = (
    Page(
        method="GET",
        path=f"{PATH}/edit",
        name="app-edit",
        handler=show,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/edit",
        name="app-edit",
        handler=change,
        permission="apps:write",
        versioned=True,
        operation="change_app",
    ),
    Page(
        method="GET",
        path=f"{PATH}/disable",
        name="app-disable",
        handler=ask_to_disable,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/disable",
        name="app-disable",
        handler=disable,
        permission="apps:write",
        versioned=True,
        operation="disable_app",
    ),
    Page(
        method="POST",
        path=f"{PATH}/enable",
        name="app-enable",
        handler=enable,
        permission="apps:write",
        versioned=True,
        operation="enable_app",
    ),
    Page(
        method="GET",
        path=f"{PATH}/revoke",
        name="app-revoke",
        handler=ask_to_revoke,
        permission="grants:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/revoke",
        name="app-revoke",
        handler=revoke,
        permission="grants:write",
        versioned=True,
        operation="revoke_grants_of_app",
    ),
)
