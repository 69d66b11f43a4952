"""Remint below /auth of a Starlette application that has a lifespan of its own.

Run it with ``uvicorn examples.mount_starlette:app``. Settings come from the environment (``REMINT_DATA_DIR``
and so on) and from the file that ``REMINT_CONFIG`` names.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from remint.issuer import Issuer

issuer = Issuer()


@asynccontextmanager
async def lifespan(host: Starlette) -> AsyncIterator[None]:
    """The host's own beginning and end, around the issuer's."""
    async with issuer.lifespan(host):
        yield


async def orders(_request: Request) -> JSONResponse:
    """The API itself."""
    return JSONResponse([])


app = Starlette(routes=[Route("/orders", orders), Mount("/auth", issuer)], lifespan=lifespan)
