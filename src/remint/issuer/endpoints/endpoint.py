"""The token endpoints: plain ASGI callables, one for each address of each dialect.

The order of checks is published in ``docs/architecture.md``: parse, client, outer MAC and expiry, and only
then the row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import structlog

from remint.dialect import Endpoint
from remint.dialect.message import TokenRequest, WireAnswer
from remint.errors import Refusal, StoreUnavailable
from remint.grant import NEVER
from remint.issuer.endpoints.accesslog import AccessLine, AccessLog
from remint.issuer.endpoints.body import BodyTooSlow, ClientGone, read_body
from remint.issuer.endpoints.joining import whole_answer
from remint.issuer.endpoints.renewal import Renewal, dead_token
from remint.issuer.endpoints.service import Service
from remint.issuer.logs import told_exception
from remint.store.records import App
from remint.token.refresh import token_sha256

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.get_logger("remint")
_REFRESH: Final = "refresh_token"
_TOO_SLOW: Final = Refusal(
    "invalid_request", "The body took too long to arrive.", where="body", kind="timeout"
)
_DEAD: Final = dead_token("it is not one of ours, or its own expiry has passed")
_GONE: Final = 499
"""What the log says of a caller that hung up before its request was complete: nobody reads an answer."""


class Call:
    """What is known of one request, for its log line and its metrics."""

    __slots__ = ("app", "arrived_ms", "grant_type", "outcome", "request_id", "started_ms")

    def __init__(self, request_id: str, arrived_ms: int, started_ms: int) -> None:
        self.request_id = request_id
        self.arrived_ms = arrived_ms
        self.started_ms = started_ms
        self.app: App | None = None
        self.grant_type = _REFRESH
        self.outcome = ""


class TokenEndpoint:
    """Serves one address of one dialect."""

    def __init__(self, endpoint: Endpoint, service: Service, access_log: AccessLog | None) -> None:
        self._endpoint = endpoint
        self._service = service
        self._access_log = access_log
        self._clock = service.installation.clock
        self._keys = service.installation.keys
        self._max_body = service.installation.settings.max_body_bytes
        # A request id is unique without asking the kernel for randomness each time.
        self._process = service.installation.entropy(6).hex()
        # Where a dead token's refusal is the same each time, it is made once.
        first, second = endpoint.refuse(_DEAD, "1"), endpoint.refuse(_DEAD, "2")
        self._dead_wire = first if first.body == second.body else None
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Nothing escapes: a fault of ours becomes the dialect's ``server_error``."""
        self._count += 1
        call = Call(
            f"{self._process}{self._count:x}", self._clock.now_ms(), self._clock.monotonic_ms()
        )
        closing = False
        try:
            wire = await self._answer(scope, receive, call)
        except Refusal as refusal:
            call.outcome = call.outcome or refusal.code
            wire = self._endpoint.refuse(refusal, call.request_id)
        except StoreUnavailable as error:
            call.outcome = call.outcome or "unavailable"
            wire = self._unavailable(error, call)
        except BodyTooSlow:
            call.outcome = "too_slow"
            wire = self._endpoint.refuse(_TOO_SLOW, call.request_id)
            wire.status, closing = 408, True
        except ClientGone:
            call.outcome = "gone"
            wire = WireAnswer(_GONE, [], b"")
        except Exception as error:  # noqa: BLE001 - the last resort: the caller gets a request id
            call.outcome = "fault"
            _log.error(
                "fault",
                request_id=call.request_id,
                kind=type(error).__name__,
                told=told_exception(error),
            )
            wire = self._endpoint.refuse(Refusal("server_error", ""), call.request_id)
        if wire.status != _GONE:
            headers = [*wire.headers, (b"x-request-id", call.request_id.encode("ascii"))]
            if closing:
                headers.append((b"connection", b"close"))
            answer = whole_answer(scope)
            if answer is None or closing or not answer(wire.status, headers, wire.body):
                start = {"type": "http.response.start", "status": wire.status, "headers": headers}
                await send(start)
                await send({"type": "http.response.body", "body": wire.body})
        self._note(scope, wire.status, call)

    async def _answer(self, scope: Scope, receive: Receive, call: Call) -> WireAnswer:
        endpoint = self._endpoint
        if scope["method"] != endpoint.method:
            raise Refusal("method_not_allowed", f"Use {endpoint.method}.")
        body = await read_body(scope, receive, self._max_body, self._service.deadlines)
        request = endpoint.decode(scope["path"], scope["query_string"], scope["headers"], body)
        call.grant_type = request.grant_type
        clients = self._service.clients
        app = clients.known(request) or await clients.named(request)
        app = clients.authenticate(app, request, call.arrived_ms // 1000)
        call.app = app
        if request.grant_type not in self._service.grants_of(app):
            raise Refusal(
                "unauthorized_client",
                "This client may not use this grant type.",
                logged=f"the dialect {app.dialect} does not offer it",
            )
        if request.grant_type != _REFRESH:
            return await self._first_grant(scope, request, app, call)
        renewal = self._renewal(scope, request, app, call)
        if renewal is None:
            return self._dead_wire or self._endpoint.refuse(_DEAD, call.request_id)
        deadlines = self._service.deadlines
        self._service.group.submit(renewal)
        deadlines.storing(renewal.future)
        try:
            return await renewal.future
        finally:
            deadlines.stored(renewal.future)
            call.outcome = renewal.outcome

    async def _first_grant(
        self, scope: Scope, request: TokenRequest, app: App, call: Call
    ) -> WireAnswer:
        answer = await self._service.first_grants.by_password(
            request, app, _address(scope), self._endpoint.sends
        )
        call.outcome = "issued"
        return self._endpoint.encode(answer)

    def _renewal(self, scope: Scope, request: TokenRequest, app: App, call: Call) -> Renewal | None:
        """The renewal to hand in; ``None`` for a token that is refused without any I/O."""
        token = request.refresh_token or ""
        parsed = self._keys.codec.parse(token)
        if parsed is not None:
            if parsed.expires_at != NEVER and call.arrived_ms >= parsed.expires_at * 1000:
                call.outcome = "expired"
                return None
            grant_id = parsed.grant_id
        else:
            legacy = self._service.legacy
            candidates = self._keys.alias_ids(token_sha256(token)) if legacy else ()
            found = legacy.first_of(candidates)
            if found is None:
                if self._keys.may_be_stale():
                    raise StoreUnavailable("the keys may be others by now", retry_after_seconds=1)
                call.outcome = "forged"
                return None
            grant_id = found
        return Renewal(
            asyncio.get_running_loop().create_future(),
            grant_id=grant_id,
            parsed=parsed,
            token=token,
            scope=request.scope,
            app=app,
            endpoint=self._endpoint,
            arrived_at_ms=call.arrived_ms,
            origin=_address(scope),
            service=self._service,
        )

    def _unavailable(self, error: StoreUnavailable, call: Call) -> WireAnswer:
        _log.warning("unavailable", request_id=call.request_id, reason=str(error))
        refusal = Refusal(
            "temporarily_unavailable",
            "The service cannot answer right now; try again.",
            retry_after_seconds=error.retry_after_seconds,
            outcome="later",
        )
        return self._endpoint.refuse(refusal, call.request_id)

    def _note(self, scope: Scope, status: int, call: Call) -> None:
        elapsed_ms = self._clock.monotonic_ms() - call.started_ms
        endpoint, metrics = self._endpoint, self._service.metrics
        counts = metrics.renewals if call.grant_type == _REFRESH else metrics.first_grants
        outcome = str(call.outcome)
        counts[endpoint.dialect, outcome] += 1
        metrics.latency.observe(elapsed_ms / 1000)
        self._service.recorder.count(call.app, outcome, elapsed_ms, call.arrived_ms)
        if self._access_log is not None:
            self._access_log.write(
                AccessLine(
                    call.arrived_ms,
                    call.request_id,
                    _address(scope),
                    scope["method"],
                    endpoint.paths[0],
                    endpoint.dialect,
                    "" if call.app is None else call.app.client_id,
                    status,
                    outcome,
                    elapsed_ms,
                )
            )


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
