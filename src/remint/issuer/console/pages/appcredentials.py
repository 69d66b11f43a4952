"""What an app shows: its client secrets and API keys, made and ended."""

from __future__ import annotations

from typing import Final

from remint.errors import ConfigurationError
from remint.issuer.apps.credentials import (
    add_api_key,
    end_secret,
    revoke_api_key,
    rotate_secret,
)
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.appcopy import copy_page
from remint.issuer.console.pages.appframe import PATH, app_of
from remint.issuer.console.pages.question import question
from remint.issuer.console.visit import Visit
from remint.store.records import App

OVERLAPS: Final = {
    "0": "no longer",
    "3600": "1 hour more",
    "86400": "1 day more",
    "604800": "7 days more",
    "2592000": "30 days more",
}
"""How long the secret before a new one may go on, in seconds, and in words."""


def new_secret(visit: Visit) -> Shown:
    """A new client secret; the one before it stays good for as long as was chosen."""
    app = app_of(visit)
    overlap = visit.form.get("overlap", "0")
    if overlap not in OVERLAPS:
        raise ConfigurationError(
            f"{overlap!r} is none of the choices", key="overlap", expected=", ".join(OVERLAPS)
        )
    secret = rotate_secret(
        visit.installation,
        app,
        overlap_seconds=int(overlap),
        expected=visit.version,
        actor=visit.actor,
    )
    lead = "" if overlap == "0" else f"The one before it stays good {OVERLAPS[overlap]}."
    return copy_page(visit, app, {"client_secret": secret}, title="A new client secret", lead=lead)


def ask_to_end_secret(visit: Visit) -> Shown:
    """Asks before a client secret is ended."""
    app = app_of(visit)
    return _ask(visit, app, "End this client secret?", "End it")


def end(visit: Visit) -> Goto:
    """Ends a client secret now."""
    app = app_of(visit)
    end_secret(
        visit.installation, app, visit.number("secret"), expected=visit.version, actor=visit.actor
    )
    return Goto(visit.url("app", client_id=app.client_id), "The client secret was ended.")


def new_api_key(visit: Visit) -> Shown:
    """A further API key."""
    app = app_of(visit)
    key = add_api_key(visit.installation, app, expected=visit.version, actor=visit.actor)
    return copy_page(visit, app, {"api_key": key}, title="A new API key")


def ask_to_revoke_api_key(visit: Visit) -> Shown:
    """Asks before an API key is revoked."""
    app = app_of(visit)
    return _ask(visit, app, "Revoke this API key?", "Revoke it")


def revoke(visit: Visit) -> Goto:
    """Revokes an API key now."""
    app = app_of(visit)
    revoke_api_key(
        visit.installation, app, visit.number("key"), expected=visit.version, actor=visit.actor
    )
    return Goto(visit.url("app", client_id=app.client_id), "The API key was revoked.")


CONSEQUENCE: Final = "Whoever shows it is refused from the next call on. This cannot be undone."


def _ask(visit: Visit, app: App, title: str, go: str) -> Shown:
    return question(
        visit,
        title=title,
        text=CONSEQUENCE,
        go=go,
        back=visit.url("app", client_id=app.client_id),
        fields={"version": app.version},
    )


PAGES: Final = (
    Page(
        method="POST",
        path=f"{PATH}/secrets",
        name="app-secrets",
        handler=new_secret,
        permission="apps:write",
        versioned=True,
        operation="create_secret",
    ),
    Page(
        method="GET",
        path=f"{PATH}/secrets/{{secret}}/end",
        name="app-secret-end",
        handler=ask_to_end_secret,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/secrets/{{secret}}/end",
        name="app-secret-end",
        handler=end,
        permission="apps:write",
        versioned=True,
        operation="end_secret",
    ),
    Page(
        method="POST",
        path=f"{PATH}/api-keys",
        name="app-api-keys",
        handler=new_api_key,
        permission="apps:write",
        versioned=True,
        operation="create_api_key",
    ),
    Page(
        method="GET",
        path=f"{PATH}/api-keys/{{key}}/revoke",
        name="app-api-key-revoke",
        handler=ask_to_revoke_api_key,
        permission="apps:write",
    ),
    Page(
        method="POST",
        path=f"{PATH}/api-keys/{{key}}/revoke",
        name="app-api-key-revoke",
        handler=revoke,
        permission="apps:write",
        versioned=True,
        operation="revoke_api_key",
    ),
)
