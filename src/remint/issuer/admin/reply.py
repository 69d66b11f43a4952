"""A whole HTTP answer, and how it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from remint.issuer.admin.call import Answer
from remint.issuer.admin.etag import etag, is_unchanged
from remint.issuer.admin.fields import Page, reveal
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.problem import Headers, Refused, problem
from remint.issuer.admin.request import AdminRequest
from remint.issuer.admin.routing import PREFIX
from remint.issuer.endpoints.endpoint import Receive, Send

_ALWAYS: Final[Headers] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Reply(msgspec.Struct):
    """Status, headers and body; a ``stream`` takes the body's place, and is not kept by idempotency."""

    status: int
    headers: Headers
    body: bytes = b""
    stream: Iterator[bytes] | None = None

    def __repr__(self) -> str:
        return f"Reply(status={self.status}, …)"


def reply_to(operation: Operation, answer: Answer, request: AdminRequest) -> Reply:
    """The reply that an answer makes."""
    headers: Headers = {}
    if answer.version is not None:
        headers["ETag"] = etag(answer.version)
        tag = request.headers.get("if-none-match")
        if operation.method == "GET" and is_unchanged(tag, answer.version):
            return Reply(304, headers)
    if answer.location:
        headers["Location"] = request.mounted_at + PREFIX + answer.location
    if answer.stream is None and answer.body is None:
        return Reply(operation.status, headers)
    headers["Content-Type"] = operation.media_type
    if answer.stream is not None:
        return Reply(operation.status, headers, stream=answer.stream)
    if isinstance(answer.body, Page) and answer.body.next is not None:
        headers["Link"] = _next_page(request, answer.body.next)
    return Reply(operation.status, headers, msgspec.json.encode(answer.body, enc_hook=reveal))


def _next_page(request: AdminRequest, cursor: str) -> str:
    """The same question, from there on (RFC 8288)."""
    asked = parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name != "cursor"]
    return f'<{request.url}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'


def refusal(refused: Refused, request_id: str) -> Reply:
    """The reply that a problem makes."""
    headers = {**refused.headers, "Content-Type": "application/problem+json"}
    return Reply(refused.status, headers, problem(refused, request_id))


async def send_reply(
    reply: Reply, request_id: str, send: Send, receive: Receive, pool: Executor, *, head: bool
) -> None:
    """Sends ``reply``; of one to ``HEAD``, all but its body. A stream ends early when nobody reads it."""
    headers = {**_ALWAYS, **reply.headers, "X-Request-Id": request_id}
    if reply.stream is None and reply.status not in (204, 304):
        headers["Content-Length"] = str(len(reply.body))
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if reply.stream is not None and not head:
        async for chunk in _chunks(reply.stream, receive, pool):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    body = b"" if head or reply.stream is not None else reply.body
    await send({"type": "http.response.body", "body": body})


async def _chunks(
    stream: Iterator[bytes], receive: Receive, pool: Executor
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(receive())
    try:
        while not gone.done():
            chunk = await loop.run_in_executor(pool, next, stream, None)
            if chunk is None:
                return
            yield chunk
    finally:
        gone.cancel()
