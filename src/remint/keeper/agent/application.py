"""The agent as an ASGI application: a handful of paths, and nothing between them and the keeper."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from remint.errors import ConnectionDead, RemintError, RenewalDelayed, StoreError
from remint.keeper.access import Access
from remint.keeper.agent.accesslog import AccessLine, AccessLog
from remint.keeper.agent.answers import (
    Answer,
    no,
    page_answer,
    plain,
    refused,
    status_answer,
    token_answer,
)
from remint.keeper.agent.asking import (
    Hangup,
    Receive,
    Unfit,
    name_in,
    page_asked,
    renewal_asked,
)
from remint.keeper.agent.gate import Gate
from remint.keeper.agent.health import Health
from remint.keeper.agent.metrics import Metrics
from remint.keeper.agent.treasury import Treasury
from remint.keeper.status import status_of

Scope = MutableMapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Pending = Answer | Awaitable[Answer]

_COMMON: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_NOT_FOUND: Final = no(
    404, "not_found", "There is nothing here; the paths begin with /v1/connections."
)
_NOT_ALLOWED: Final = no(
    403,
    "renewal_not_allowed",
    "Tell which token was rejected, or let callers renew at will: remint agent --allow-renew.",
)
_EXPOSITION: Final = b"text/plain; version=0.0.4; charset=utf-8"
_GET: Final = ("GET", "HEAD")
_log = logging.getLogger("remint.agent")


class Visit:
    """What is told of one request afterwards. ``path`` is as documented, never as it was asked for."""

    __slots__ = ("connection", "path")

    def __init__(self) -> None:
        self.path = ""
        self.connection = ""


class Agent:
    """Answers requests. ``may_renew``: also renewals of tokens that nobody has turned down."""

    def __init__(
        self,
        treasury: Treasury,
        gate: Gate,
        metrics: Metrics,
        health: Health,
        log: AccessLog,
        *,
        may_renew: bool = False,
    ) -> None:
        self._treasury = treasury
        self._gate = gate
        self._metrics = metrics
        self._health = health
        self._log = log
        self._may_renew = may_renew
        self._now_ms = treasury.around.clock.now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        began = time.perf_counter()
        visit = Visit()
        try:
            answer = self._route(visit, scope, receive)
            if not isinstance(answer, Answer):
                answer = await answer
        except Unfit as unfit:
            answer = unfit.answer
        except RemintError as error:
            answer = self._refused(error)
        except Hangup:
            return
        except Exception:  # noqa: BLE001
            _log.exception("a request failed", extra={"path": visit.path})
            answer = refused(RemintError())
        length = (b"content-length", b"%d" % len(answer.body))
        kind = (b"content-type", answer.media_type)
        headers = (kind, length, *_COMMON, *answer.headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        self._metrics.requests[visit.path, answer.status] += 1
        spent_ms = (time.perf_counter() - began) * 1000
        method, path, status = scope["method"], visit.path, answer.status
        self._log.write(
            AccessLine(self._now_ms(), method, path, visit.connection, status, spent_ms)
        )

    def _route(self, visit: Visit, scope: Scope, receive: Receive) -> Pending:
        """The answer; or, where it takes waiting, the way to it."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        path: bytes = scope["raw_path"]
        if path in (b"/healthz", b"/readyz"):
            visit.path = path.decode()
            return self._gate.stranger(headers) or self._health_page(scope["method"], path)
        refusal = self._gate.refusal(headers)
        if refusal is not None:
            return refusal
        parts = path.split(b"/")
        if len(parts) == 5 and parts[1] == b"v1" and parts[2] == b"connections":
            if parts[4] == b"token":
                visit.path = "/v1/connections/NAME/token"
                return self._token(visit, name_in(parts[3]), scope["method"])
            if parts[4] == b"renew":
                visit.path = "/v1/connections/NAME/renew"
                _check(scope["method"], "POST")
                return self._renew(visit, name_in(parts[3]), headers, receive)
        return self._page(visit, scope, path, parts)

    def _token(self, visit: Visit, name: str, method: str) -> Pending:
        _check(method, *_GET)
        access = self._treasury.at_hand(name)
        if access is None:
            return self._handed_out(visit, name, self._treasury.access(name))
        visit.connection = name
        self._metrics.tokens["warm"] += 1
        return token_answer(access, self._now_ms())

    async def _renew(
        self,
        visit: Visit,
        name: str,
        headers: Mapping[bytes, bytes],
        receive: Receive,
    ) -> Answer:
        asked = await renewal_asked(headers, receive)
        treasury = self._treasury
        if asked.rejected:
            return await self._handed_out(visit, name, treasury.replaced(name, asked.rejected))
        if asked.rejected_token_sha256:
            told = treasury.replaced_by_digest(name, asked.rejected_token_sha256)
            return await self._handed_out(visit, name, told)
        if not self._may_renew:
            return _NOT_ALLOWED
        return await self._handed_out(visit, name, self._renewed(name))

    async def _renewed(self, name: str) -> Access:
        await self._treasury.renew(name)
        return await self._treasury.access(name)

    async def _handed_out(self, visit: Visit, name: str, pending: Awaitable[Access]) -> Answer:
        try:
            access = await pending
        except RemintError as error:
            # A name that is nobody's may be anything, a token that was pasted amiss even: it is not logged.
            if isinstance(error, ConnectionDead | RenewalDelayed):
                visit.connection = name
            raise
        visit.connection = name
        self._metrics.tokens["cold"] += 1
        return token_answer(access, self._now_ms())

    async def _page(self, visit: Visit, scope: Scope, path: bytes, parts: list[bytes]) -> Answer:
        treasury = self._treasury
        if path == b"/v1/connections":
            visit.path = "/v1/connections"
            _check(scope["method"], *_GET)
            after, limit = page_asked(scope["query_string"])
            return page_answer(await treasury.page(after, limit), limit)
        if len(parts) == 4 and path.startswith(b"/v1/connections/"):
            visit.path = "/v1/connections/NAME"
            _check(scope["method"], *_GET)
            name = name_in(parts[3])
            held = await treasury.blocking(lambda: treasury.held(name))
            visit.connection = name
            return status_answer(status_of(held))
        if path == b"/metrics":
            visit.path = "/metrics"
            _check(scope["method"], *_GET)
            return Answer(200, await self._health.exposition(), media_type=_EXPOSITION)
        return _NOT_FOUND

    async def _health_page(self, method: str, path: bytes) -> Answer:
        _check(method, *_GET)
        if path == b"/healthz":
            return plain(200, "ok")
        why = await self._health.trouble()
        if why:
            return plain(503, why, ((b"retry-after", b"1"),))
        return plain(200, "ready")

    def _refused(self, error: RemintError) -> Answer:
        answer = refused(error)
        if isinstance(error, StoreError):
            self._metrics.store_errors += 1
        if answer.status == 500:
            _log.error("a request failed", exc_info=error)
        return answer


def _check(method: str, *allowed: str) -> None:
    if method not in allowed:
        words = ", ".join(allowed)
        allow = (b"allow", words.encode())
        raise Unfit(no(405, "method_not_allowed", f"Use {allowed[0]}.", (allow,)))
