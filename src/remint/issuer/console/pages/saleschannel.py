"""An app as a sales channel: turned into one, by which field it knows products, and no more one."""

from __future__ import annotations

import json
from typing import Final

from remint.errors import StaleVersion
from remint.issuer.apps.saleschannels import (
    PRODUCT_IDENTIFIERS,
    end_sales_channel,
    turn_into_sales_channel,
)
from remint.issuer.console.forms import Problems
from remint.issuer.console.meanwhile import Meanwhile, meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.appframe import PATH, above, app_of, around
from remint.issuer.console.pages.question import question
from remint.issuer.console.visit import Visit
from remint.store.records import App

_PATH: Final = f"{PATH}/sales-channel"
_CLAIMS: Final = ("sales_channel", "product_identifier")
_END: Final = (
    "From the next renewal on its tokens carry neither the code nor the field. "
    "Orders that come in by it may be refused."
)


def show(visit: Visit) -> Shown:
    """What it is as a sales channel, or how it becomes one."""
    app = app_of(visit)
    context: dict[str, object] = {}
    if app.product_identifier:
        context = {
            "identifier": {
                "name": app.product_identifier,
                "words": PRODUCT_IDENTIFIERS[app.product_identifier],
            },
            "carried": json.dumps({name: app.token_claims[name] for name in _CLAIMS}, indent=2),
        }
    return Shown("pages/saleschannel.html", around(visit, app, "Sales channel") | context)


def ask_field(visit: Visit) -> Shown:
    """The next step: by which field it identifies products."""
    app = app_of(visit)
    return _form(visit, app, _held(app), Problems())


def choose_field(visit: Visit) -> Shown | Goto:
    """Makes it a sales channel that knows products by the field that was chosen."""
    app = app_of(visit)
    typed = {name: visit.form[name] for name in _held(app)}
    problems = Problems(*typed)
    try:
        with problems.collecting():
            changed = turn_into_sales_channel(
                visit.installation,
                app,
                typed["product_identifier"],
                code=typed["code"],
                expected=visit.version,
                actor=visit.actor,
            )
            address = visit.url("app-sales-channel", client_id=app.client_id)
            return Goto(address, f"It is the sales channel {changed.sales_channel}.")
    except StaleVersion:
        app = app_of(visit)
        held = _held(app)
        fields = [
            (label, typed[name], held[name])
            for name, label in (("product_identifier", "Product identifier"), ("code", "Code"))
        ]
        return _form(visit, app, typed, problems, meanwhile(visit, fields, app))
    return _form(visit, app, typed, problems)


def ask_to_end(visit: Visit) -> Shown:
    """Asks before the sales channel is ended."""
    app = app_of(visit)
    return question(
        visit,
        title="End the sales channel?",
        text=_END,
        go="End the sales channel",
        back=visit.url("app-sales-channel", client_id=app.client_id),
        fields={"version": app.version},
    )


def end(visit: Visit) -> Goto:
    """Makes it an app like any other."""
    app = app_of(visit)
    end_sales_channel(visit.installation, app, expected=visit.version, actor=visit.actor)
    address = visit.url("app-sales-channel", client_id=app.client_id)
    return Goto(address, "It is no sales channel any more.")


def _held(app: App) -> dict[str, str]:
    return {"product_identifier": app.product_identifier, "code": app.sales_channel or ""}


def _form(
    visit: Visit,
    app: App,
    typed: dict[str, str],
    problems: Problems,
    late: Meanwhile | None = None,
) -> Shown:
    context = {
        "app": app,
        "crumbs": [
            *above(visit, app),
            ("Sales channel", visit.url("app-sales-channel", client_id=app.client_id)),
        ],
        "typed": typed,
        "errors": problems.errors,
        "meanwhile": late,
        "identifiers": [(name, name, words) for name, words in PRODUCT_IDENTIFIERS.items()],
    }
    return Shown("pages/saleschannelfield.html", context, 412 if late else 422 if problems else 200)


PAGES: Final = (
    Page(method="GET", path=_PATH, name="app-sales-channel", handler=show, permission="apps:read"),
    Page(
        method="GET",
        path=f"{_PATH}/field",
        name="app-sales-channel-field",
        handler=ask_field,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/field",
        name="app-sales-channel-field",
        handler=choose_field,
        permission="apps:write",
        versioned=True,
        operation="set_sales_channel",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/end",
        name="app-sales-channel-end",
        handler=ask_to_end,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/end",
        name="app-sales-channel-end",
        handler=end,
        permission="apps:write",
        versioned=True,
        operation="end_sales_channel",
    ),
)
