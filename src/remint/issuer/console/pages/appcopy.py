"""The page on which credentials are shown, once, and what can be done with them there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from remint.issuer.console.page import Page, Shown
from remint.issuer.console.pages.appframe import PATH, above, app_of
from remint.issuer.console.visit import Visit
from remint.issuer.manual.curl import curl_line, folded
from remint.issuer.manual.readycall import ready_request, renewal_call
from remint.secret import Secret
from remint.store.records import App

_LABELS: Final = {
    "client_id": "Client id",
    "client_number": "Client number",
    "client_secret": "Client secret",
    "api_key": "API key",
    "refresh_token": "Refresh token",
}
_ONCE: Final = (
    "Copy what you need before you leave this page. "
    "Nobody can show it again; a new one can be made at any time."
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~:/+=-]+")


class Credential(msgspec.Struct, frozen=True):
    """One value to copy; ``name`` is its meaning."""

    name: str
    label: str
    value: str
    hint: str = ""


def copy_page(
    visit: Visit,
    app: App,
    secrets: Mapping[str, Secret | None],
    *,
    title: str,
    lead: str = "",
    is_first: bool = False,
) -> Shown:
    """Shows what was just made for ``app``: ``secrets`` by meaning, those that there are."""
    made = {name: secret.reveal() for name, secret in secrets.items() if secret is not None}
    context = {
        "app": app,
        "title": title,
        "lead": lead,
        "once": _ONCE,
        "crumbs": above(visit, app),
        "is_first": is_first,
        "credentials": list(_credentials(visit, app, made)),
        "can_try": "refresh_token" in made,
        "calls": _calls(visit, app, made) if "refresh_token" in made else [],
    }
    return Shown("pages/appcopy.html", context, shows_secret=True)


def _credentials(visit: Visit, app: App, made: Mapping[str, str]) -> list[Credential]:
    values: dict[str, Any] = {"client_id": app.client_id, "client_number": app.number, **made}
    fields = renewal_call(visit.installation.dialects[app.dialect]).form.request
    wire = {field.meaning: ".".join(field.name) for field in fields}
    return [
        Credential(name, label, str(values[name]), _hint(wire.get(name, ""), name))
        for name, label in _LABELS.items()
        if values.get(name) is not None
    ]


def _hint(wire: str, name: str) -> str:
    return f"Travels as {wire}." if wire and wire != name else ""


def _calls(visit: Visit, app: App, made: Mapping[str, str]) -> list[dict[str, str]]:
    call = renewal_call(visit.installation.dialects[app.dialect])
    request = ready_request(visit.installation, app, call, made, base_url=visit.public_url)
    title = (
        "A call that renews" if len(made) > 1 else "A call that renews, but for what is in capitals"
    )
    return [{"title": title, "line": folded(curl_line(request))}]


def environment_file(visit: Visit) -> Response:
    """The credentials of the page before as a file for a program's environment. Nothing is kept."""
    app = app_of(visit)
    call = renewal_call(visit.installation.dialects[app.dialect])
    pairs = [("TOKEN_URL", visit.public_url + call.path)]
    pairs += [
        (name.upper(), visit.form.secret(name).reveal()) for name in _LABELS if name in visit.form
    ]
    text = "".join(f"{name}={environment_value(value)}\n" for name, value in pairs)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", app.name).strip("-").lower() or "app"
    headers = {"Content-Disposition": f'attachment; filename="{stem}.env"'}
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


def environment_value(value: str) -> str:
    """``value`` as a line of such a file has it: in quotes where a shell would read more into it."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = re.sub(r'([\\"$`])', r"\\\1", value).replace("\n", "\\n")
    return f'"{escaped}"'


PAGES: Final = (
    Page(
        method="POST",
        path=f"{PATH}/env",
        name="app-environment",
        handler=environment_file,
        permission="apps:write",
        alone="it changes nothing: it hands back what its form carries, as a file",
    ),
)
