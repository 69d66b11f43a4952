"""What callers ask: the path, the page of a list, the renewal. What cannot be meant is a refusal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from remint.keeper.agent.answers import Answer, no

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

MOST_BODY_BYTES: Final = 64 * 1024
MOST_OF_A_PAGE: Final = 1000
_PAGE: Final = 100
_BODY_SECONDS: Final = 10
_TOO_LARGE: Final = no(413, "too_large", f"A body has {MOST_BODY_BYTES} bytes at most.")
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")


class Unfit(Exception):
    """A request that is answered without looking at any connection. ``answer`` says what is wrong."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Hangup(Exception):
    """The caller is gone: nobody waits for an answer."""


class RenewalAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a renewal. At most one of the two; neither: renew whatever the token's age."""

    rejected: str = ""
    rejected_token_sha256: str = ""


_decode: Final = msgspec.json.Decoder(RenewalAsked).decode


def name_in(segment: bytes) -> str:
    """A connection's name from a segment of the path, as it was sent. Raises ``Unfit``."""
    try:
        name = unquote_to_bytes(segment).decode() if b"%" in segment else segment.decode()
    except UnicodeDecodeError:
        raise _bad("A name is percent-encoded UTF-8.") from None
    if not name:
        raise _bad("The name of the connection is empty.")
    return name


def page_asked(query: bytes) -> tuple[str, int]:
    """``after`` and ``limit`` of a list. Raises ``Unfit``."""
    try:
        asked = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=8
        )
    except ValueError:
        raise _bad("The query cannot be read.") from None
    given = dict(asked)
    if len(given) < len(asked) or given.keys() - {"after", "limit"}:
        raise _bad("A list takes after and limit, each once.")
    limit = given.get("limit", str(_PAGE))
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST_OF_A_PAGE:
        raise _bad(f"The limit is a number from 1 to {MOST_OF_A_PAGE}.")
    return given.get("after", ""), int(limit)


async def renewal_asked(headers: Mapping[bytes, bytes], receive: Receive) -> RenewalAsked:
    """Reads the body of a renewal. Raises ``Unfit``, and ``Hangup``."""
    body = await _body(headers, receive)
    if not body:
        return RenewalAsked()
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise Unfit(no(415, "unsupported_media_type", "A body is application/json."))
    try:
        asked = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _bad(
            'The body is {"rejected": TOKEN}, {"rejected_token_sha256": HEX} or empty.'
        ) from None
    if asked.rejected and asked.rejected_token_sha256:
        raise _bad("Either the rejected token or its SHA-256, not both.")
    if asked.rejected_token_sha256 and not _DIGEST.fullmatch(asked.rejected_token_sha256):
        raise _bad("rejected_token_sha256 has 64 hexadecimal digits.")
    asked.rejected_token_sha256 = asked.rejected_token_sha256.lower()
    return asked


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    length = headers.get(b"content-length", b"")
    if length.isdigit() and (len(length) > 9 or int(length) > MOST_BODY_BYTES):
        raise Unfit(_TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Hangup
                body += message.get("body", b"")
                if len(body) > MOST_BODY_BYTES:
                    raise Unfit(_TOO_LARGE)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise Unfit(no(408, "request_timeout", "The body did not come.")) from None


def _bad(description: str) -> Unfit:
    return Unfit(no(400, "bad_request", description))
