"""From what a handler gives to a response, and from what went wrong to a page that says so."""

from __future__ import annotations

import gzip
from typing import Any, Final

from starlette.responses import Response

from remint.errors import (
    ConfigurationError,
    Conflict,
    Denied,
    NotFound,
    Refusal,
    StaleVersion,
    StoreUnavailable,
)
from remint.issuer.console import cookies
from remint.issuer.console.assets import accepts_gzip
from remint.issuer.console.csrf import masked_token
from remint.issuer.console.frame import frame
from remint.issuer.console.page import Answer, Goto, Shown
from remint.issuer.console.templating import render
from remint.issuer.console.visit import Visit

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_WORTH_PACKING: Final = 1000
#: The next levels take twice as long for a twentieth less.
_LEVEL: Final = 3


def respond(visit: Visit, answer: Answer) -> Response:
    """The response to ``visit`` that ``answer`` asks for."""
    if isinstance(answer, Shown):
        response = _page(visit, answer)
        if visit.flash:
            cookies.drop_flash(response)
    elif isinstance(answer, Goto):
        response = Response(status_code=303, headers={"Location": answer.url})
        if visit.is_htmx:
            response = Response(status_code=204, headers={"HX-Redirect": answer.url})
        if answer.flash:
            cookies.set_flash(response, answer.flash)
    else:
        response = answer
    for name, (value, seconds) in visit.kept.items():
        cookies.keep(response, name, value, seconds)
    for name in visit.dropped:
        cookies.drop(response, name)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def trouble(visit: Visit, error: Exception, request_id: str) -> Response:
    """The page that tells what went wrong. A fault of ours shows an id, and no more."""
    status, title, text = _told(error, request_id)
    shown = Shown("trouble.html", {"title": title, "text": text}, status)
    try:
        response = respond(visit, shown)
    except StoreUnavailable:
        # The frame itself wants the database.
        visit.account = None
        response = respond(visit, shown)
    if isinstance(error, StoreUnavailable):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Refusal) and error.retry_after_seconds:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _told(error: Exception, request_id: str) -> tuple[int, str, str]:
    match error:
        case StaleVersion():
            return 412, "Somebody changed this meanwhile", f"{error}. Nothing was overwritten."
        case Denied():
            return 403, "You may not do that", f"{error}."
        case NotFound():
            return 404, "There is nothing here", f"{error}."
        case Conflict():
            return 409, "That cannot be", f"{error}."
        case ConfigurationError():
            return 400, "Something in the form will not do", f"{error}."
        case StoreUnavailable():
            return (
                503,
                "The database does not answer",
                "Nothing was changed. Try again in a moment.",
            )
        case Refusal(code="payload_too_large"):
            return 413, "That is too much", error.description
        case Refusal():
            return 429, "Not so fast", error.description
    return 500, "Something went wrong here", f"It is our fault. Its number is {request_id}."


def _page(visit: Visit, shown: Shown) -> Response:
    text = render(shown.template, root=f"{visit.root}/console", **_context(visit), **shown.context)
    body = text.encode()
    response = Response(status_code=shown.status, media_type="text/html; charset=utf-8")
    response.headers["Vary"] = "Accept-Encoding"
    may_pack = not shown.shows_secret and len(body) > _WORTH_PACKING
    if may_pack and accepts_gzip(visit.headers.get("accept-encoding", "")):
        body = gzip.compress(body, _LEVEL)
        response.headers["Content-Encoding"] = "gzip"
    response.body = body
    response.headers["Content-Length"] = str(len(body))
    return response


def _context(visit: Visit) -> dict[str, Any]:
    return {
        "visit": visit,
        "url": visit.url,
        "may": visit.may,
        "csrf": masked_token(visit.cookie, visit.installation.entropy) if visit.cookie else "",
        "frame": None if visit.account is None else frame(visit),
        "home": visit.url("home"),
        "workspace": visit.workspace,
        "now_ms": visit.now_ms,
    }
