"""Steps 2 and 3 of making an app: installed, and its credentials shown in the same moment.

An app that was made here has no secret before: it is drawn when it is shown, so that none lies about that
nobody ever saw, and whoever leaves in between has lost nothing.
"""

from __future__ import annotations

from typing import Any, Final

from remint.errors import ConfigurationError, StaleVersion
from remint.issuer.apps.credentials import add_api_key, rotate_secret
from remint.issuer.apps.installations import install, install_in_development, installations_of
from remint.issuer.console.forms import Problems
from remint.issuer.console.meanwhile import Meanwhile, meanwhile
from remint.issuer.console.page import Page, Shown
from remint.issuer.console.pages.appcopy import copy_page
from remint.issuer.console.pages.appframe import PATH, above, app_of
from remint.issuer.console.visit import Visit
from remint.secret import Secret
from remint.store.records import App, Workspace

_NEW: Final = "new"
_TOLD: Final = {
    "secret": "Its client secret and its refresh token are drawn now, and shown once on the next page.",
    "api_key": "Its API key and its refresh token are drawn now, and shown once on the next page.",
    "none": "Its refresh token is drawn now, and shown once on the next page.",
}


def ask_where(visit: Visit) -> Shown:
    """Step 2: where to install it."""
    app = app_of(visit)
    typed = {"place": str(visit.here.id), "name": _proposal(visit, app)}
    return _form(visit, app, typed, Problems())


def put_in(visit: Visit) -> Shown:
    """Installs it, and shows what was made: step 3."""
    app = app_of(visit)
    typed = {"place": visit.form["place"], "name": visit.form["name"]}
    problems = Problems("place", "name")
    try:
        with problems.collecting():
            return _installed(visit, app, typed)
    except StaleVersion:
        # Sent twice, or somebody else was faster: either way there is nothing more to do here.
        app = app_of(visit)
        return _form(visit, app, typed, problems, meanwhile(visit, [], app))
    return _form(visit, app, typed, problems)


def _installed(visit: Visit, app: App, typed: dict[str, str]) -> Shown:
    installation, actor = visit.installation, visit.actor
    place = next((each for each in _places(visit, app) if str(each.id) == typed["place"]), None)
    if place is None and typed["place"] != _NEW:
        if app.version != visit.version:
            raise StaleVersion("the places to choose from are others by now")
        raise ConfigurationError("choose one of these", key="place", expected="a workspace")
    if place is None:
        # To install takes apps:write; the workspace that is made with it takes more.
        visit.principal.demand("developments:write", visit.here)
    is_first = _is_first(visit, app)
    with installation.database.write():
        # The first step checks the version: who was slower has nothing drawn and nothing installed.
        shown = _draw(visit, app) if is_first else {}
        expected = None if shown else visit.version
        if place is None:
            made = install_in_development(
                installation, app, typed["name"], expected=expected, actor=actor
            )
        else:
            made = install(installation, app, place, expected=expected, actor=actor)
    return copy_page(
        visit,
        app,
        shown | {"refresh_token": made.issued.refresh_token},
        title="Copy the credentials" if is_first else "A new installation",
        lead=f"{app.name} is installed in {made.workspace.name}. "
        "Put these where it keeps its secrets.",
        is_first=is_first,
    )


def _draw(visit: Visit, app: App) -> dict[str, Secret | None]:
    installation, version, actor = visit.installation, visit.version, visit.actor
    if app.authentication == "secret":
        secret = rotate_secret(installation, app, overlap_seconds=0, expected=version, actor=actor)
        return {"client_secret": secret}
    if app.authentication == "api_key":
        return {"api_key": add_api_key(installation, app, expected=version, actor=actor)}
    return {}


def _is_first(visit: Visit, app: App) -> bool:
    """Whether nothing of it was ever shown: then its credentials come with the installation."""
    if installations_of(visit.installation, app):
        return False
    if app.authentication == "api_key":
        return not visit.installation.credentials.api_keys(app)
    return not app.secrets


def _places(visit: Visit, app: App) -> list[Workspace]:
    """Where it can be installed and is not: here, and in the development workspaces."""
    taken = {workspace.id for _, workspace in installations_of(visit.installation, app)}
    near = [visit.here, *visit.installation.workspaces.open(visit.here.id)]
    return [each for each in near if each.id not in taken]


def _proposal(visit: Visit, app: App) -> str:
    """A name for a development workspace that is free, as far as those that belong here go."""
    taken = {each.name for each in visit.installation.workspaces.open(visit.here.id)}
    name = f"{app.name} development"
    return next(
        each for each in (name, *(f"{name} {n}" for n in range(2, 1000))) if each not in taken
    )


def _form(
    visit: Visit,
    app: App,
    typed: dict[str, str],
    problems: Problems,
    late: Meanwhile | None = None,
) -> Shown:
    may_develop = visit.here.parent_id is None and visit.may("developments:write")
    places = [
        (
            str(each.id),
            f"This workspace: {each.name}" if each.id == visit.here.id else each.name,
            "Where it works for real." if each.id == visit.here.id else "A development workspace.",
        )
        for each in _places(visit, app)
    ]
    if may_develop:
        places.append(
            (_NEW, "A new development workspace", "For trying it out: made in the same moment.")
        )
    if typed["place"] not in {value for value, _, _ in places} and places:
        typed = {**typed, "place": places[0][0]}
    context: dict[str, Any] = {
        "app": app,
        "crumbs": above(visit, app),
        "is_first": _is_first(visit, app),
        "told": _TOLD[app.authentication],
        "places": places,
        "may_develop": may_develop,
        "typed": typed,
        "errors": problems.errors,
        "meanwhile": late,
    }
    return Shown("pages/appinstall.html", context, 412 if late else 422 if problems else 200)


PAGES: Final = (
    Page(
        method="GET",
        path=f"{PATH}/install",
        name="app-install",
        handler=ask_where,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/install",
        name="app-install",
        handler=put_in,
        permission="apps:write",
        versioned=True,
        operation="install_app",
    ),
)
