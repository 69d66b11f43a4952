"""Everything but the token endpoints: health, metrics, keys and descriptions."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from remint.errors import StoreUnavailable
from remint.issuer.service import Service


def make_web(service: Service) -> Starlette:
    """The Starlette application behind the token endpoints."""

    async def health(_request: Request) -> Response:
        """The process lives."""
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        """The process can renew: its database answers."""
        try:
            await asyncio.to_thread(service.installation.catalogue.version)
        except StoreUnavailable as error:
            headers = {"Retry-After": str(error.retry_after_seconds)}
            return PlainTextResponse("the database does not answer\n", 503, headers)
        return PlainTextResponse("ready\n")

    async def metrics(_request: Request) -> Response:
        """Prometheus' text format."""
        text = service.metrics.exposition()
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def jwks(_request: Request) -> Response:
        """The public keys of access tokens and ID tokens (RFC 7517 §5)."""
        body = service.installation.keys.jwks()
        headers = {"Cache-Control": "public, max-age=3600"}
        return Response(body, media_type="application/jwk-set+json", headers=headers)

    async def missing(_request: Request, _error: Exception) -> Response:
        """Nothing is served here."""
        return JSONResponse(
            {"error": "not_found", "error_description": "There is nothing here; see /docs."}, 404
        )

    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/readyz", ready),
            Route("/metrics", metrics),
            Route("/.well-known/jwks.json", jwks),
        ],
        exception_handlers={404: missing},
    )
