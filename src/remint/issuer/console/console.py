"""The console as an ASGI application: its routes, and its files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from remint.issuer.console.answering import HEADERS
from remint.issuer.console.assets import FOLDER, serve
from remint.issuer.console.dispatcher import Dispatcher
from remint.issuer.console.page import Page
from remint.issuer.console.pages import PAGES
from remint.issuer.console.templating import render
from remint.issuer.endpoints.routes import ASGIApp
from remint.issuer.endpoints.service import Service
from remint.issuer.web import MOUNTED_AT

_Endpoint = Callable[[Request], Awaitable[Response]]


def make_console(service: Service, issuer: ASGIApp) -> ASGIApp:
    """The console of ``service``. ``issuer`` is the whole application, which *Try it* calls."""
    dispatcher = Dispatcher(service, issuer, PAGES)
    by_path: defaultdict[str, dict[str, Page]] = defaultdict(dict)
    for page in PAGES:
        by_path[page.path][page.method] = page
    routes = [Route(f"/console{FOLDER}/{{name}}", _asset), Route("/console/", _home)]
    # A path without a place in it is tried before one that has one: ".../new" is no client id.
    routes += [
        Route(path, _endpoint(dispatcher, by_path[path]), methods=[*by_path[path]])
        for path in sorted(by_path, key=lambda path: [part[:1] == "{" for part in path.split("/")])
    ]
    web = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
    web.router.redirect_slashes = False
    return web


def _endpoint(dispatcher: Dispatcher, pages: dict[str, Page]) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await dispatcher.serve(pages[method], request, _root(request))

    return endpoint


async def _home(request: Request) -> Response:
    return RedirectResponse(f"{_root(request)}/console", 308)


async def _asset(request: Request) -> Response:
    found = serve(request, request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return found


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    own = f"{_root(request)}/console"
    title, text = (
        "There is nothing here",
        "The address may have been mistyped, or what it showed has gone.",
    )
    if error.status_code != 404:
        title, text = "That cannot be done here", f"{error.detail}."
    page = render("trouble.html", root=own, home=own, frame=None, title=title, text=text)
    headers = {**HEADERS, **(error.headers or {})}
    return Response(page, error.status_code, headers, media_type="text/html; charset=utf-8")


def _root(request: Request) -> str:
    return str(request.scope.get(MOUNTED_AT, "")).rstrip("/")
