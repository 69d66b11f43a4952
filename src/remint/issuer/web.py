"""Everything but the token endpoints: health, metrics, keys, descriptions and the manual."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from remint import __version__
from remint.dialect import openapi
from remint.errors import StoreUnavailable
from remint.issuer.endpoints.discovery import metadata
from remint.issuer.endpoints.service import Service
from remint.issuer.tally import Tally

if TYPE_CHECKING:
    from remint.issuer.manual.manual import Manual

#: Where a request's scope says below which path of a host application the issuer is mounted.
MOUNTED_AT: Final = "remint.mounted_at"
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_KEPT: Final = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
_NOT_KEPT: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def make_web(service: Service, tally: Tally) -> Starlette:
    """The Starlette application behind the token endpoints."""
    pages = _Pages(service, tally)
    web = Starlette(
        routes=[
            Route("/", pages.root),
            Route("/healthz", pages.health),
            Route("/readyz", pages.ready),
            Route("/metrics", pages.metrics),
            Route("/.well-known/jwks.json", pages.jwks),
            Route("/.well-known/oauth-authorization-server", pages.metadata),
            Route("/openapi.json", pages.openapi),
            Route("/openapi/{name}.json", pages.openapi),
            Route("/docs", pages.docs),
            Route("/docs/style.css", pages.style),
        ],
        exception_handlers={HTTPException: _refused, Exception: _faulty},
    )
    web.router.redirect_slashes = False
    return web


class _Pages:
    """One method for each page."""

    def __init__(self, service: Service, tally: Tally) -> None:
        self._service = service
        self._tally = tally
        self._installation = service.installation

    @cached_property
    def _manual(self) -> Manual:
        # Late: a start does not wait for what few will ask for.
        from remint.issuer.manual.manual import Manual

        return Manual(self._installation.dialects.values(), __version__)

    async def root(self, request: Request) -> Response:
        """The manual is a good place to begin."""
        return RedirectResponse(f"{_mounted_at(request)}/docs", 307)

    async def health(self, _request: Request) -> Response:
        """The process lives."""
        return PlainTextResponse("ok\n", headers=_NOT_KEPT)

    async def ready(self, _request: Request) -> Response:
        """The process can renew: its database is there, and answers."""
        try:
            await asyncio.to_thread(self._look)
        except (StoreUnavailable, OSError):
            headers = {**_NOT_KEPT, "Retry-After": "1"}
            return PlainTextResponse("the database does not answer\n", 503, headers)
        return PlainTextResponse("ready\n", headers=_NOT_KEPT)

    async def metrics(self, _request: Request) -> Response:
        """Prometheus' text format."""
        text = await asyncio.to_thread(self._tally.exposition)
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(text, media_type=kind, headers=_NOT_KEPT)

    async def jwks(self, _request: Request) -> Response:
        """The public keys of access tokens and ID tokens (RFC 7517 §5)."""
        body = self._installation.keys.jwks()
        return Response(body, media_type="application/jwk-set+json", headers=_KEPT)

    async def metadata(self, request: Request) -> Response:
        """What a client can find out by itself (RFC 8414), where one of the dialects is standard."""
        document = metadata(
            self._installation.dialects.values(),
            issuer=self._installation.settings.base_url,
            base_url=self._public_url(request),
        )
        if document is None:
            raise HTTPException(404)
        return JSONResponse(document, headers=_NOT_KEPT)

    async def openapi(self, request: Request) -> Response:
        """The description of every dialect that is served, or of one."""
        dialects = self._installation.dialects
        name = request.path_params.get("name")
        if name is not None and (name not in dialects or not dialects[name].endpoints):
            raise HTTPException(404)
        chosen = [dialects[name]] if name is not None else list(dialects.values())
        document = openapi(
            chosen,
            server_url=self._public_url(request),
            title=chosen[0].title if name is not None else "Remint",
            version=__version__,
        )
        return JSONResponse(document, headers={**_NOT_KEPT, "Access-Control-Allow-Origin": "*"})

    async def docs(self, request: Request) -> Response:
        """The manual."""
        text = self._manual.page(
            base_url=self._public_url(request), mounted_at=_mounted_at(request)
        )
        return Response(text, media_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)

    async def style(self, _request: Request) -> Response:
        """The manual's looks."""
        return Response(self._manual.style, media_type="text/css", headers=_KEPT)

    def _look(self) -> None:
        self._installation.database.check()

    def _public_url(self, request: Request) -> str:
        """The issuer as its callers know it: by its setting, or as this one called it."""
        if self._installation.settings.issuer_url:
            return self._installation.settings.base_url
        return f"{request.url.scheme}://{request.url.netloc}{_mounted_at(request)}"


def _mounted_at(request: Request) -> str:
    return str(request.scope.get(MOUNTED_AT, "")).rstrip("/")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {**_NOT_KEPT, **(error.headers or {})}
    if error.status_code == 405:
        code, text = "method_not_allowed", f"Use {headers.get('Allow', 'GET')}."
    else:
        docs = f"{_mounted_at(request)}/docs"
        code, text = "not_found", f"There is nothing here; see {docs}."
    body = {"error": code, "error_description": text}
    return JSONResponse(body, error.status_code, headers)


async def _faulty(_request: Request, _error: Exception) -> Response:
    # Starlette raises it again for the server, which logs it.
    return JSONResponse({"error": "server_error", "error_description": ""}, 500, _NOT_KEPT)
