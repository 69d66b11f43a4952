"""A call to the issuer from within, at its real address: what *Try it* makes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from remint.dialect.message import WireAnswer, WireRequest
from remint.issuer.endpoints.routes import ASGIApp

#: Nobody resolves it: the call does not leave the process, and where the issuer is mounted plays no part.
WITHIN: Final = "http://localhost"


async def answer_to(issuer: ASGIApp, request: WireRequest, *, origin: str) -> WireAnswer:
    """What ``issuer`` answers to ``request``, which was made for :data:`WITHIN`."""
    url = urlsplit(request.url)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("ascii"),
        "query_string": url.query.encode("ascii"),
        "root_path": "",
        "headers": [(b"host", url.netloc.encode()), *headers],
        "client": (origin, 0),
        "server": (url.netloc, 80),
    }
    answer = WireAnswer(0, [], b"")

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await issuer(scope, receive, send)
    return answer


def request_text(request: WireRequest) -> str:
    """A request as it stands on the wire, for people."""
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body:
        lines += ["", request.body.decode(errors="replace")]
    return "\n".join(lines)


def headers_text(answer: WireAnswer) -> str:
    """An answer's headers, one a line."""
    return "\n".join(
        f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in answer.headers
    )


def claims_of(token: str) -> dict[str, Any] | None:
    """What a JWT says (RFC 7519 §3), read without a look at its signature; ``None`` for what is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(raw)
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None
