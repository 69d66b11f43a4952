"""Reads a request's body: bounded in size and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from remint.errors import Refusal, RemintError
from remint.issuer.endpoints.deadlines import Deadlines


class BodyTooSlow(RemintError):
    """The body did not arrive in time."""


class ClientGone(RemintError):
    """The caller hung up before its request was complete."""


async def read_body(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    limit: int,
    deadlines: Deadlines,
) -> bytes:
    """The whole body. Raises ``Refusal`` (``payload_too_large``), ``BodyTooSlow`` or ``ClientGone``."""
    for name, value in scope["headers"]:
        if name == b"content-length" and len(value) < 20 and value.isdigit() and int(value) > limit:
            raise _too_large(limit)
    task = asyncio.current_task()
    assert task is not None, "ASGI runs an application in a task"
    deadlines.receiving(task)
    try:
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body", False):
            if len(body) > limit:
                break
            message = await receive()
            body += message.get("body", b"")
    except asyncio.CancelledError:
        if deadlines.was_overdue(task):
            task.uncancel()
            raise BodyTooSlow from None
        raise
    finally:
        deadlines.received(task)
    if message["type"] == "http.disconnect":
        raise ClientGone
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> Refusal:
    return Refusal(
        "payload_too_large", f"The body is larger than {limit} bytes.", where="body", kind="length"
    )
