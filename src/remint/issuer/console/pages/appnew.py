"""Step 1 of making an app: what it is.

The form carries a client id that was drawn with it. Sent twice, or again after an answer that got lost, it
finds the app that it made the first time, and makes nothing.
"""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from remint.dialect import Dialect
from remint.errors import ConfigurationError, NotFound
from remint.issuer.apps.apps import AppDraft, app_in, create_app
from remint.issuer.apps.policychoices import policies
from remint.issuer.console.forms import Problems
from remint.issuer.console.jsonfield import json_object
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.visit import Visit
from remint.issuer.tenants.companies import companies
from remint.store.records import App
from remint.token.credentials import new_client_id

_TEXTS: Final = ("name", "description", "scope", "audience", "client_id", "number", "claims")
_CHOICES: Final = ("dialect", "preset", "company")
_MORE: Final = frozenset(
    {"scope", "audience", "preset", "company", "claims", "public", "client_id", "number"}
)
_COMPANIES: Final = 200


def describe(visit: Visit) -> Shown:
    """The empty form, with a client id drawn for it."""
    typed: dict[str, Any] = dict.fromkeys((*_TEXTS, *_CHOICES), "")
    typed |= {"public": False, "drawn": new_client_id(visit.installation.entropy)}
    return _form(visit, typed, Problems())


def create(visit: Visit) -> Shown | Goto:
    """Makes the app, and goes on to where it is installed."""
    typed: dict[str, Any] = {name: visit.form[name] for name in (*_TEXTS, *_CHOICES, "drawn")}
    typed["public"] = "public" in visit.form
    problems = Problems(*_TEXTS, *_CHOICES, "public")
    with problems.collecting():
        draft = _draft(visit, typed)
        app = (
            _made_before(visit, draft)
            or create_app(visit.installation, draft, actor=visit.actor).app
        )
        return Goto(visit.url("app-install", client_id=app.client_id))
    return _form(visit, typed, problems)


def _draft(visit: Visit, typed: dict[str, Any]) -> AppDraft:
    if not typed["name"]:
        raise ConfigurationError("it needs a name", key="name", expected="a few words")
    if typed["dialect"] not in dict(_served(visit)):
        raise ConfigurationError("choose one of these", key="dialect", expected="a dialect")
    return AppDraft(
        name=typed["name"],
        description=typed["description"],
        dialect=typed["dialect"],
        workspace=visit.here,
        client_id=typed["client_id"] or typed["drawn"],
        number=_number(typed["number"]),
        public=typed["public"],
        scope=typed["scope"],
        audience=typed["audience"],
        claims=json_object(typed["claims"], "claims") if typed["claims"] else {},
        preset=typed["preset"] or None,
        company=_number(typed["company"]),
        credentials_later=True,
    )


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ConfigurationError(f"{text!r} is no number", key="number", expected="digits alone")
    return int(text)


def _made_before(visit: Visit, draft: AppDraft) -> App | None:
    """The app that the same form made already, if it was sent before."""
    try:
        app = app_in(visit.installation, visit.here, draft.client_id)
    except NotFound:
        return None
    is_same = (app.name, app.dialect) == (draft.name, draft.dialect)
    return app if is_same else None


def _presets(visit: Visit) -> list[tuple[str, str]]:
    choices = policies(visit.installation)
    return [(each.name, each.title) for each in choices if each.kind == "preset"]


def _example(dialect: Dialect) -> Markup:
    """A sentence about a dialect, and how it is called."""
    endpoint = dialect.endpoints[0]
    called = Markup("{} <code>{} {}</code>")
    return called.format(dialect.summary, endpoint.method, endpoint.paths[0])


def _served(visit: Visit) -> list[tuple[str, Dialect]]:
    return [(name, each) for name, each in visit.installation.dialects.items() if each.endpoints]


def _form(visit: Visit, typed: dict[str, Any], problems: Problems) -> Shown:
    firms = companies(visit.installation, visit.here, limit=_COMPANIES)
    context = {
        "typed": typed,
        "errors": problems.errors,
        "more_is_open": not _MORE.isdisjoint(problems.errors),
        "dialects": [(name, each.title, _example(each)) for name, each in _served(visit)],
        "presets": [("", "As the dialect proposes"), *_presets(visit)],
        "companies": [("", "None"), *((str(each.id), each.name) for each in firms)],
    }
    return Shown("pages/appnew.html", context, 422 if problems else 200)


PAGES: Final = (
    Page(
        method="GET",
        path="/console/workspaces/{workspace}/apps/new",
        name="app-new",
        handler=describe,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path="/console/workspaces/{workspace}/apps/new",
        name="app-new",
        handler=create,
        permission="apps:write",
        operation="create_app",
    ),
)
