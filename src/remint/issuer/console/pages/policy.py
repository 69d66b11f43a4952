"""An app's policy: each rule in words, and a form for all of them, to begin with from a standard's preset."""

from __future__ import annotations

from typing import Any, Final, get_args

from remint.errors import ConfigurationError, StaleVersion
from remint.grant import Policy
from remint.grant.policy import Algorithm
from remint.issuer.apps.changes import AppChanges, change_app
from remint.issuer.apps.policychoices import PolicyChoice, policies
from remint.issuer.apps.policytold import HOLDS, rules_of
from remint.issuer.console.forms import Problems
from remint.issuer.console.meanwhile import Meanwhile, meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.appframe import PATH, above, app_of, around
from remint.issuer.console.visit import Visit
from remint.store.records import App

_LIMITS: Final = ("idle_lifetime_seconds", "absolute_lifetime_seconds", "grants_per_subject")
_NUMBERS: Final = ("retry_window_seconds", "access_lifetime_seconds", *_LIMITS)
_BUDGET: Final = ("budget_renewals", "budget_per_seconds")
_FIELDS: Final = ("rotation", "access_algorithm", *_NUMBERS, *_BUDGET, "keep_unauthenticated")
_ROTATIONS: Final = (
    ("rotate", "Replaced by every renewal", "An old one that comes back shows a theft."),
    ("keep", "Stays the same", "For apps that show a secret with each call."),
)


def show(visit: Visit) -> Shown:
    """Every rule in words."""
    app = app_of(visit)
    alike = next((each for each in _choices(visit, app) if each.policy == app.policy), None)
    context = {
        "rules": [each for each in rules_of(app.policy) if _concerns(app, each.key)],
        "holds": HOLDS,
        "standard": "" if alike is None else f"As {alike.standard} has it.",
    }
    return Shown("pages/policy.html", around(visit, app, "Policy") | context)


def _concerns(app: App, key: str) -> bool:
    """Whether that rule says anything about an app that shows what this one does."""
    return key != "keep_unauthenticated" or app.authentication == "none"


def ask(visit: Visit) -> Shown:
    """The form, with the present rules or those of the preset that is asked for."""
    app = app_of(visit)
    wanted = visit.query.get("preset", "")
    chosen = next((each for each in _choices(visit, app) if each.name == wanted), None)
    policy = app.policy if chosen is None else chosen.policy
    return _form(visit, app, _typed(policy), Problems(), chosen=chosen)


def change(visit: Visit) -> Shown | Goto:
    """Changes the rules, for grants that are made from now on."""
    app = app_of(visit)
    typed = {name: visit.form[name] for name in _FIELDS}
    problems = Problems(*_FIELDS, names={"budget": "budget_renewals"})
    try:
        with problems.collecting():
            change_app(
                visit.installation,
                app,
                AppChanges(policy=_wanted(typed)),
                expected=visit.version,
                actor=visit.actor,
            )
            address = visit.url("app-policy", client_id=app.client_id)
            return Goto(address, "Saved. It holds for grants made from now on.")
    except StaleVersion:
        app = app_of(visit)
        held = _typed(app.policy)
        fields = [(name.replace("_", " "), typed[name], held[name]) for name in _FIELDS]
        return _form(visit, app, typed, problems, late=meanwhile(visit, fields, app))
    return _form(visit, app, typed, problems)


def _choices(visit: Visit, app: App) -> list[PolicyChoice]:
    """The presets, and the own policy of the app's dialect."""
    return [
        each
        for each in policies(visit.installation)
        if each.kind == "preset" or each.name == app.dialect
    ]


def _typed(policy: Policy) -> dict[str, str]:
    """A policy as the form's fields have it."""
    budget = policy.budget
    return {
        "rotation": policy.rotation,
        "access_algorithm": policy.access_algorithm,
        **{name: _shown(getattr(policy, name)) for name in _NUMBERS},
        "budget_renewals": "" if budget is None else str(budget.renewals),
        "budget_per_seconds": "" if budget is None else str(budget.per_seconds),
        "keep_unauthenticated": "on" if policy.keep_unauthenticated else "",
    }


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def _wanted(typed: dict[str, str]) -> dict[str, Any]:
    """The rules that the form asks for. Raises ``ConfigurationError`` for what is no number."""
    wanted: dict[str, Any] = {
        "rotation": typed["rotation"],
        "access_algorithm": typed["access_algorithm"],
        "keep_unauthenticated": bool(typed["keep_unauthenticated"]),
        "budget": None,
    }
    numbers = {name: _number(name, typed[name]) for name in (*_NUMBERS, *_BUDGET)}
    for name in _NUMBERS:
        if numbers[name] is None and name not in _LIMITS:
            raise ConfigurationError("it has to be there", key=name, expected="a whole number")
        wanted[name] = numbers[name]
    renewals, per_seconds = (numbers[name] for name in _BUDGET)
    if (renewals is None) != (per_seconds is None):
        missing = _BUDGET[0] if renewals is None else _BUDGET[1]
        raise ConfigurationError(
            "a budget needs both numbers", key=missing, expected="both, or none"
        )
    if renewals is not None:
        wanted["budget"] = {"renewals": renewals, "per_seconds": per_seconds}
    return wanted


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise ConfigurationError(f"{text!r} will not do", key=name, expected="a whole number")
    return int(text)


def _form(
    visit: Visit,
    app: App,
    typed: dict[str, str],
    problems: Problems,
    *,
    chosen: PolicyChoice | None = None,
    late: Meanwhile | None = None,
) -> Shown:
    choices = _choices(visit, app)
    context = {
        "app": app,
        "crumbs": [
            *above(visit, app),
            ("Policy", visit.url("app-policy", client_id=app.client_id)),
        ],
        "typed": typed,
        "errors": problems.errors,
        "meanwhile": late,
        "presets": [("", "What it has now"), *((each.name, each.title) for each in choices)],
        "preset": "" if chosen is None else chosen.name,
        "preset_words": "" if chosen is None else f"{chosen.standard}. {chosen.summary}",
        "rotations": _ROTATIONS,
        "algorithms": [(each, each) for each in get_args(Algorithm)],
    }
    return Shown("pages/policyedit.html", context, 412 if late else 422 if problems else 200)


PAGES: Final = (
    Page(
        method="GET",
        path=f"{PATH}/policy",
        name="app-policy",
        handler=show,
        permission="apps:read",
    ),
    Page(
        method="GET",
        path=f"{PATH}/policy/edit",
        name="app-policy-edit",
        handler=ask,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/policy/edit",
        name="app-policy-edit",
        handler=change,
        permission="apps:write",
        versioned=True,
        operation="change_app",
    ),
)
