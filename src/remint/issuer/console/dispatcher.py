"""From a request to a page: session, CSRF, workspace, permission, version, and only then the handler."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from remint.errors import Denied, NotFound, RemintError, Unauthenticated
from remint.issuer.actor import Actor
from remint.issuer.console import cookies
from remint.issuer.console.answering import HEADERS, respond, trouble
from remint.issuer.console.csrf import is_ours
from remint.issuer.console.form import Form
from remint.issuer.console.once import answer_once
from remint.issuer.console.page import Page
from remint.issuer.console.segments import text_of
from remint.issuer.console.threads import Crowded, Threads
from remint.issuer.console.visit import Visit
from remint.issuer.endpoints.body import BodyTooSlow, ClientGone, read_body
from remint.issuer.endpoints.routes import ASGIApp
from remint.issuer.endpoints.service import Service
from remint.issuer.logs import told_exception
from remint.issuer.people.access import Principal
from remint.issuer.people.sessions import visitor
from remint.issuer.tenants.workspaces import workspace
from remint.store.records import Workspace
from remint.token.credentials import new_client_id

LONGEST_BODY: Final = 65_536
_AT_ONCE: Final = 4
_AT_DOORS: Final = 2
_VISITOR_SECONDS: Final = 86_400
_MOST_PARAMETERS: Final = 100
_log = structlog.get_logger("remint")


class Dispatcher:
    """Serves the pages of one table, each in one of a few threads: no page keeps a renewal waiting."""

    def __init__(self, service: Service, issuer: ASGIApp, pages: tuple[Page, ...]) -> None:
        self._service = service
        self._installation = service.installation
        self._issuer = issuer
        # A GET and the POST of its form share a name.
        self._pages = {page.name: page for page in reversed(pages)}
        self._threads = Threads(_AT_ONCE, "remint-console")
        # Whoever floods the log-in keeps others from logging in, and nobody who is in from working.
        self._doors = Threads(_AT_DOORS, "remint-console-doors")

    async def serve(self, page: Page, request: Request, root: str) -> Response:
        """Answers ``request``, which was routed to ``page``."""
        request_id = self._installation.entropy(8).hex()
        visit = self._visit(page, request, root)
        threads = self._doors if page.public else self._threads
        try:
            if page.method == "POST":
                body = await read_body(
                    request.scope, request.receive, LONGEST_BODY, self._service.deadlines
                )
                visit.form = Form.read(body)
                response = await threads.run(self._handle, visit)
            else:
                response = await threads.run(self._show, visit)
        except Crowded:
            response = _crowded()
        except BodyTooSlow:
            response = Response(status_code=408, headers={"Connection": "close"})
        except ClientGone:
            response = Response(status_code=499)
        except Exception as error:  # noqa: BLE001 - the last resort: the reader gets a request id
            if not isinstance(error, RemintError):
                _log.error(
                    "fault",
                    request_id=request_id,
                    kind=type(error).__name__,
                    told=told_exception(error),
                )
            try:
                response = await threads.run(trouble, visit, error, request_id)
            except Crowded:
                response = _crowded()
        response.headers["X-Request-Id"] = request_id
        return response

    def close(self) -> None:
        """Ends the threads."""
        self._threads.close()
        self._doors.close()

    def _visit(self, page: Page, request: Request, root: str) -> Visit:
        settings = self._installation.settings
        own = f"{request.url.scheme}://{request.url.netloc}{root}"
        return Visit(
            installation=self._installation,
            service=self._service,
            issuer=self._issuer,
            page=page,
            loop=asyncio.get_running_loop(),
            pages=self._pages,
            root=root,
            scheme=request.url.scheme,
            public_url=settings.base_url if settings.issuer_url else own,
            path={name: text_of(part) for name, part in request.path_params.items()},
            query=_query(request),
            form=Form([]),
            headers=request.headers,
            cookies=request.cookies,
            cookie=request.cookies.get(cookies.SESSION, ""),
            origin=request.client.host if request.client else "",
            flash=cookies.flash_of(request),
        )

    def _show(self, visit: Visit) -> Response:
        # Nothing that it reads was written while it was made.
        with self._installation.database.reading():
            return self._handle(visit)

    def _handle(self, visit: Visit) -> Response:
        page = visit.page
        try:
            self._introduce(visit)
        except Unauthenticated:
            if not page.public:
                return _to_log_in(visit)
            self._greet(visit)
        if page.method == "POST":
            _check_ours(visit)
        if "workspace" in visit.path:
            visit.workspace = self._workspace(visit.path["workspace"])
        if not page.public and (page.permission or visit.workspace):
            visit.principal.demand(page.permission or "workspaces:read", visit.workspace)
        if page.versioned:
            _ = visit.version
        return respond(visit, answer_once(visit) if page.once else page.handler(visit))

    def _introduce(self, visit: Visit) -> None:
        """Finds out who comes. Raises ``Unauthenticated``."""
        if not visit.cookie:
            raise Unauthenticated("there is no session")
        seen = visitor(self._installation, visit.cookie)
        visit.account, visit.session, visit.principal = seen.account, seen.session, seen.principal

    def _greet(self, visit: Visit) -> None:
        """Gives who is not logged in a cookie of their own, for the forms of public pages."""
        visit.principal = Principal(Actor("", visit.origin))
        visit.cookie = visit.cookies.get(cookies.VISITOR, "")
        if not visit.cookie:
            visit.cookie = new_client_id(self._installation.entropy)
            visit.kept[cookies.VISITOR] = (visit.cookie, _VISITOR_SECONDS)

    def _workspace(self, text: str) -> Workspace:
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise NotFound(f"there is no workspace {text}")
        return workspace(self._installation, int(text))


def _crowded() -> Response:
    # Made here and now: there is no thread to make a page in.
    text = "Too many people are waiting. Try again in a moment.\n"
    headers = {**HEADERS, "Retry-After": "2"}
    return Response(text, 503, headers, media_type="text/plain; charset=utf-8")


def _query(request: Request) -> dict[str, str]:
    try:
        return dict(parse_qsl(request.url.query, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        raise HTTPException(400, "The address has too many parameters") from None


def _check_ours(visit: Visit) -> None:
    """Raises ``Denied`` for a form that another site sent, or that was made for another log-in."""
    # Fetch Metadata, then RFC 6454, then the token: a browser that sends neither header is left the last.
    site = visit.headers.get("sec-fetch-site", "same-origin")
    sender = visit.headers.get("origin", "")
    own = {urlsplit(visit.public_url).netloc, visit.headers.get("host", "")}
    if site != "same-origin" or (sender and urlsplit(sender).netloc not in own):
        raise Denied("the form came from another site; nothing was changed")
    if cookies.VISITOR in visit.kept:
        raise Denied(
            "your browser sent no cookie along, and without one nobody can log in; nothing was changed. "
            + (visit.cookie_advice or "Have it keep cookies of this address")
        )
    if not is_ours(visit.cookie, visit.token):
        raise Denied(
            "the form is from before you logged in, or lacks its token; nothing was changed:"
            " load the page again, and send it once more"
        )


def _to_log_in(visit: Visit) -> Response:
    address = visit.url("log-in", next=visit.address if visit.page.method == "GET" else None)
    if visit.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": address})
    response = Response(status_code=303, headers={"Location": address})
    if visit.page.method == "POST":
        cookies.set_flash(response, "You were logged out, and nothing was changed. Log in again.")
    return response
