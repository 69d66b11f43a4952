"""An API of your own that calls another one: FastAPI, one keeper and one client for each process.

Run it with ``uvicorn examples.keeper.fastapi_app:app --workers 4``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from remint import AsyncKeeper, ConnectionDead, RenewalDelayed
from remint.keeper.auth.httpx2 import KeeperAuth

ACME = "https://api.acme.example"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with (
        AsyncKeeper() as keeper,
        httpx2.AsyncClient(base_url=ACME, auth=KeeperAuth(keeper, "acme")) as client,
    ):
        app.state.acme = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/orders")
async def orders(request: Request) -> Any:
    answer = await request.app.state.acme.get("/orders")
    return answer.raise_for_status().json()


@app.exception_handler(RenewalDelayed)
async def delayed(request: Request, error: RenewalDelayed) -> JSONResponse:
    after = {"Retry-After": str(max(1, round(error.retry_after_seconds)))}
    return JSONResponse({"detail": "Acme is away."}, 503, headers=after)


@app.exception_handler(ConnectionDead)
async def dead(request: Request, error: ConnectionDead) -> JSONResponse:
    return JSONResponse({"detail": "Acme has to be connected again."}, 502)
