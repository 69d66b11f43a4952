"""The admin API as an ASGI application: who asks, for what, and may they; then the operation's handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import structlog

from remint.errors import StoreUnavailable, Unauthenticated
from remint.issuer.actor import NOBODY
from remint.issuer.admin.call import Call, number_in
from remint.issuer.admin.etag import expected_version
from remint.issuer.admin.idempotency import Once, ticket_for
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.problem import Refused, told
from remint.issuer.admin.reading import body_of, query_of
from remint.issuer.admin.reply import Reply, refusal, reply_to, send_reply
from remint.issuer.admin.request import AdminRequest
from remint.issuer.admin.routing import Router, parts_of
from remint.issuer.endpoints.body import ClientGone, read_body
from remint.issuer.endpoints.endpoint import Receive, Scope, Send
from remint.issuer.endpoints.service import Service
from remint.issuer.logs import told_exception
from remint.issuer.people.access import Principal
from remint.issuer.people.adminkeys import principal_of
from remint.issuer.tenants.workspaces import workspace as workspace_numbered
from remint.store.records import Workspace

LARGEST_BODY: Final = 1 << 20
_THREADS: Final = 4
_WAITING: Final = 64
_log = structlog.get_logger("remint")
Result = TypeVar("Result")


class AdminApi:
    """Answers requests below ``/admin/v1``. Handlers run in a few threads; when too many wait, it says so."""

    def __init__(self, service: Service, operations: Iterable[Operation]) -> None:
        self._service = service
        self._router = Router(operations)
        self._once = Once(service.installation)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="remint-admin")
        self._waiting = 0
        # A request id is unique without asking the kernel for randomness each time.
        self._process = service.installation.entropy(6).hex()
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. A fault of ours becomes a 500 with a request id.

        One that befalls a stream that has begun breaks the connection off, so that nobody takes a part for
        the whole.
        """
        self._count += 1
        request_id = f"{self._process}a{self._count:x}"
        request = AdminRequest(scope)
        try:
            reply = await self._answer(request, receive)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the last resort: the caller gets a request id
            reply = refusal(_explained(error, request, request_id), request_id)
        head = request.method == "HEAD"
        await send_reply(reply, request_id, send, receive, self._pool, head=head)

    async def _answer(self, request: AdminRequest, receive: Receive) -> Reply:
        operation, path = self._router.find(
            request.method, parts_of(request.scope, request.mounted_at)
        )
        principal, within = await self._in_thread(self._admit, operation, path, request)
        if operation.versioned == "required" and "if-match" not in request.headers:
            raise Refused(
                "version_required",
                "say which version you go by, so that nobody's change is overwritten",
                field="If-Match",
                expected='the ETag of the last answer, such as "v3"',
            )
        limit, deadlines = LARGEST_BODY, self._service.deadlines
        body = await read_body(request.scope, receive, limit, deadlines)
        call = Call(
            service=self._service,
            principal=principal,
            path=path,
            within=within,
            query=query_of(operation, request.scope["query_string"]),
            body=body_of(operation, request.headers, body),
            expected=expected_version(request.headers.get("if-match"))
            if operation.versioned
            else None,
        )
        perform = self._read if operation.method == "GET" else self._perform
        return await self._in_thread(perform, operation, call, request, body)

    def _admit(
        self, operation: Operation, path: dict[str, str], request: AdminRequest
    ) -> tuple[Principal, Workspace | None]:
        """Who asks, and the workspace that it is about: before anything else of the request is looked at."""
        if operation.public:
            return Principal(actor=NOBODY), None
        if request.bearer is None:
            raise Unauthenticated("send an admin key: Authorization: Bearer remint_mk_…")
        principal = principal_of(
            self._service.installation, request.bearer.reveal(), request.origin
        )
        if "workspace" not in path:
            if operation.permission is not None:
                principal.demand(operation.permission, None)
            return principal, None
        number = number_in(path["workspace"], "workspace")
        within = workspace_numbered(self._service.installation, number)
        assert operation.permission is not None, "what is in a workspace takes a permission there"
        principal.demand(operation.permission, within)
        return principal, within

    def _read(self, *asked: Any) -> Reply:
        with self._service.installation.database.reading():
            return self._perform(*asked)

    def _perform(
        self, operation: Operation, call: Call, request: AdminRequest, body: bytes
    ) -> Reply:
        def perform() -> Reply:
            return reply_to(operation, operation.handler(call), request)

        key = request.headers.get("idempotency-key")
        if key is None or not operation.creates:
            return perform()
        assert request.bearer is not None, "whoever creates has shown a key"
        return self._once.answer(ticket_for(request.bearer, key, request.digested(body)), perform)

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        if self._waiting >= _WAITING:
            raise StoreUnavailable("too many requests are waiting")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, *arguments)
        finally:
            self._waiting -= 1


def _explained(error: Exception, request: AdminRequest, request_id: str) -> Refused:
    if isinstance(error, StoreUnavailable):
        _log.warning("unavailable", request_id=request_id, reason=str(error))
    refused = told(error, shown_key=request.bearer is not None)
    if refused is None:
        _log.error(
            "fault",
            request_id=request_id,
            kind=type(error).__name__,
            told=told_exception(error),
        )
        refused = Refused("fault", "it is in the log under the request id")
    return refused
