"""A past for a workshop: days of renewals, made by the issuer itself under a clock that is moved on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import httpx2
import msgspec

from remint.issuer import Issuer
from remint.issuer.installation import Installation


class PastClock:
    """The machine's clock, so many seconds ago, until it is told that time passes."""

    def __init__(self, ago_seconds: float) -> None:
        self._behind_ms = int(ago_seconds * 1000)
        self._elapsed_ms = 0

    def now_ms(self) -> int:
        """See ``Clock``."""
        return time.time_ns() // 1_000_000 - self._behind_ms + self._elapsed_ms

    def monotonic_ms(self) -> int:
        """See ``Clock``."""
        return time.monotonic_ns() // 1_000_000 + self._elapsed_ms

    def go_to(self, ago_seconds: float) -> None:
        """Time passes until then. It never goes back."""
        self._elapsed_ms = max(self._elapsed_ms, self._behind_ms - int(ago_seconds * 1000))


class Renewing(msgspec.Struct):
    """A client's side of the grant of that id: ``tokens`` are those that it has had, the newest last."""

    grant: str
    path: str
    fields: dict[str, str]
    tokens: list[str]
    encoding: Literal["data", "json"] = "data"


class Call(msgspec.Struct, frozen=True):
    """A renewal so many seconds ago, with the token at ``place`` among those received: -1 is the newest."""

    ago_seconds: float
    of: Renewing
    place: int = -1


def live_through(installation: Installation, clock: PastClock, calls: Iterable[Call]) -> None:
    """Makes the calls, in order of time. ``clock`` is the installation's."""
    due = sorted(calls, key=lambda call: -call.ago_seconds)
    # In a thread of its own: here the event loop may be Playwright's.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _live(installation, clock, due)).result()


async def _live(installation: Installation, clock: PastClock, calls: list[Call]) -> None:
    issuer = Issuer(installation=installation)
    transport = httpx2.ASGITransport(app=issuer)
    async with (
        issuer.lifespan(),
        httpx2.AsyncClient(transport=transport, base_url="http://workshop") as client,
    ):
        for call in calls:
            clock.go_to(call.ago_seconds)
            token = call.of.tokens[call.place]
            sent: dict[str, Any] = {call.of.encoding: {**call.of.fields, "refresh_token": token}}
            answer = await client.post(call.of.path, **sent)
            body: dict[str, Any] = answer.json()
            if answer.is_success and body.get("refresh_token", token) != call.of.tokens[-1]:
                call.of.tokens.append(body["refresh_token"])
