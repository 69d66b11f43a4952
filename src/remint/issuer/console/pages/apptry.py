"""*Try it*: the call by which an app renews, made at its real address, and shown.

What is typed here is used for the call and kept nowhere; it stands on the page that answers, and there only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from remint.dialect import TokenAnswer
from remint.dialect.call import Call
from remint.dialect.inputs import Input
from remint.dialect.message import WireAnswer
from remint.errors import ConfigurationError, Refusal
from remint.issuer.console.forms import Problems
from remint.issuer.console.moments import span
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.pages.appframe import PATH, app_of, around
from remint.issuer.console.tryout import WITHIN, answer_to, claims_of, headers_text, request_text
from remint.issuer.console.visit import Visit
from remint.issuer.manual.dialecttold import pretty
from remint.issuer.manual.readycall import PLACES, ready_request, renewal_call
from remint.store.records import App

_KNOWN: Final = {"client_id": "Client id", "client_number": "Client number"}
_ORDER: Final = {meaning: place for place, meaning in enumerate(PLACES)}
_WHOLE: Final = frozenset({"int32", "int64", "integer"})


class Field(msgspec.Struct, frozen=True):
    """One value that is asked for; ``name`` is its meaning."""

    name: str
    title: str
    hint: str
    value: str
    is_secret: bool
    required: bool

    def __repr__(self) -> str:
        return f"Field(name={self.name!r}, …)"


class Outcome(msgspec.Struct, frozen=True):
    """What the call came to. ``again`` is what the next call carries."""

    is_success: bool
    title: str
    text: str
    status: int
    elapsed_ms: int
    request: str
    request_whole: str
    headers: str
    body: str
    refresh_token: str = ""
    claims: str = ""
    again: list[tuple[str, str]] = []

    def __repr__(self) -> str:
        return f"Outcome(status={self.status}, …)"


def ask(visit: Visit) -> Shown:
    """The empty form."""
    return _form(visit, app_of(visit), {})


def ask_with(visit: Visit) -> Shown:
    """The form, filled with credentials that were just made."""
    app = app_of(visit)
    return _form(visit, app, _typed(visit, app))


def make(visit: Visit) -> Shown:
    """Makes the call, and shows it."""
    app = app_of(visit)
    typed = _typed(visit, app)
    problems = Problems(*typed)
    with problems.collecting():
        outcome = _outcome(visit, app, typed)
        return _form(visit, app, {}, outcome=outcome)
    return _form(visit, app, typed, problems=problems)


def _inputs(app: App, call: Call) -> list[Input]:
    """What has to be given, credentials first: not what is known, nor what the app has none of.

    A secret that a call may do without is needed all the same from an app that has one.
    """
    unneeded = {*_KNOWN}
    if app.authentication != "secret":
        unneeded.add("client_secret")
    asked = [
        replace(each, required=True) if each.meaning == "client_secret" else each
        for each in call.inputs
        if each.meaning not in unneeded
    ]
    return sorted(asked, key=lambda each: _ORDER.get(each.meaning, len(_ORDER)))


def _typed(visit: Visit, app: App) -> dict[str, str]:
    call = renewal_call(visit.installation.dialects[app.dialect])
    return {
        each.meaning: visit.form.secret(each.meaning).reveal().strip()
        for each in _inputs(app, call)
    }


def _outcome(visit: Visit, app: App, typed: Mapping[str, str]) -> Outcome:
    call = renewal_call(visit.installation.dialects[app.dialect])
    given = _given(_inputs(app, call), typed)
    masked = {name: PLACES.get(name, value) for name, value in given.items()}

    def request(values: Mapping[str, Any], base_url: str) -> Any:
        return ready_request(visit.installation, app, call, values, base_url=base_url)

    started_ms = visit.installation.clock.monotonic_ms()
    answer = visit.run(answer_to(visit.issuer, request(given, WITHIN), origin=visit.origin))
    elapsed_ms = visit.installation.clock.monotonic_ms() - started_ms
    made = Outcome(
        is_success=False,
        title="",
        text="",
        status=answer.status,
        elapsed_ms=elapsed_ms,
        request=request_text(request(masked, visit.public_url)),
        request_whole=request_text(request(given, visit.public_url)),
        headers=headers_text(answer),
        body=pretty(answer.body),
    )
    return _judged(visit, app, call, typed, answer, made)


def _given(inputs: list[Input], typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, by meaning and of the right type; an optional field that was left empty is not sent."""
    given: dict[str, Any] = {}
    for each in inputs:
        text = typed[each.meaning]
        if not text and each.required:
            raise ConfigurationError("it is needed for the call", key=each.meaning)
        if text and each.type in _WHOLE and not text.removeprefix("-").isdigit():
            raise ConfigurationError("it is no whole number", key=each.meaning)
        given[each.meaning] = (int(text) if each.type in _WHOLE else text) if text else None
    return given


def _judged(
    visit: Visit,
    app: App,
    call: Call,
    typed: Mapping[str, str],
    answer: WireAnswer,
    made: Outcome,
) -> Outcome:
    """``made`` with what the dialect's own reader makes of the answer."""
    try:
        token: TokenAnswer = call.decode(answer, now_ms=visit.now_ms)
    except Refusal as refusal:
        return msgspec.structs.replace(made, title=refusal.code, text=refusal.description)
    claims = claims_of(token.access_token)
    newest = token.refresh_token or ""
    is_new = bool(newest) and newest != typed["refresh_token"]
    good_for = f"It is good for {span(token.expires_in)}. " if token.expires_in else ""
    stays = "" if is_new else "The refresh token that you sent stays good."
    return msgspec.structs.replace(
        made,
        is_success=True,
        title="Here is an access token",
        text=good_for + stays,
        refresh_token=newest if is_new else "",
        claims="" if claims is None else json.dumps(claims, indent=2, ensure_ascii=False),
        again=[*({**typed, "refresh_token": newest or typed["refresh_token"]}).items()],
    )


def _form(
    visit: Visit,
    app: App,
    typed: Mapping[str, str],
    *,
    problems: Problems | None = None,
    outcome: Outcome | None = None,
) -> Shown:
    call = renewal_call(visit.installation.dialects[app.dialect])
    known = [("client_id", app.client_id), ("client_number", app.number)]
    context = {
        "call": call,
        "known": [(_KNOWN[name], value) for name, value in known if value is not None],
        "inputs": [
            Field(
                each.meaning,
                each.title,
                _hint(each),
                typed.get(each.meaning, ""),
                each.secret,
                each.required,
            )
            for each in _inputs(app, call)
        ],
        "errors": problems.errors if problems else {},
        "outcome": outcome,
    }
    status = 422 if problems else 200
    shown = {**around(visit, app, "Try it"), **context}
    return Shown("pages/apptry.html", shown, status, shows_secret=bool(typed or outcome))


def _hint(each: Input) -> str:
    return "The newest one that you have." if each.meaning == "refresh_token" else ""


_ALONE: Final = "whoever holds the credentials makes the call itself, at the dialect's address"

PAGES: Final = (
    Page(method="GET", path=f"{PATH}/try", name="app-try", handler=ask, permission="apps:read"),
    Page(
        method="POST",
        path=f"{PATH}/try",
        name="app-try",
        handler=make,
        permission="apps:write",
        alone=_ALONE,
    ),
    Page(
        method="POST",
        path=f"{PATH}/try/with",
        name="app-try-with",
        handler=ask_with,
        permission="apps:write",
        alone="it changes nothing: it hands credentials from one page to the next",
    ),
)
