"""What the agent says, in words: tokens, status, and every kind of no."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from remint.errors import (
    ConfigurationError,
    ConnectionDead,
    RemintError,
    RenewalDelayed,
    StoreError,
    StoreUnavailable,
    UnknownConnection,
)
from remint.keeper.access import Access
from remint.keeper.status import Status

Header = tuple[bytes, bytes]

_JSON: Final = b"application/json"
_PLAIN: Final = b"text/plain; charset=utf-8"
_encode: Final = msgspec.json.Encoder().encode
_LONGEST_RETRY_SECONDS: Final = 86_400


class Answer(NamedTuple):
    """An answer on its way out."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    media_type: bytes = _JSON


class _Token(msgspec.Struct, gc=False):
    access_token: str
    token_type: str
    expires_at: str | None
    expires_in: int | None
    headers: dict[str, str]
    query: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class _Refusal(msgspec.Struct, gc=False):
    error: str
    error_description: str
    code: str | msgspec.UnsetType = msgspec.UNSET
    outcome: str | msgspec.UnsetType = msgspec.UNSET


def token_answer(access: Access, now_ms: int) -> Answer:
    """A token, and how its API wants to see it."""
    token = access.token
    ends_ms = token.expires_at_ms
    told = _Token(
        str(token),
        token.type,
        moment(ends_ms),
        None if ends_ms is None else max(0, (ends_ms - now_ms) // 1000),
        {name: str(value) for name, value in access.headers},
        {name: str(value) for name, value in access.query} if access.query else msgspec.UNSET,
    )
    return Answer(200, _encode(told))


def status_answer(status: Status) -> Answer:
    """One connection."""
    return Answer(200, _encode(_told(status)))


def page_answer(page: list[Status], limit: int) -> Answer:
    """Connections by name. ``next`` is what to ask for ``after`` this page; ``null`` at the end."""
    following = page[-1].name if len(page) == limit else None
    return Answer(200, _encode({"connections": list(map(_told, page)), "next": following}))


def plain(status: int, text: str, headers: tuple[Header, ...] = ()) -> Answer:
    """A line of text."""
    return Answer(status, f"{text}\n".encode(), headers, _PLAIN)


def no(status: int, error: str, description: str, headers: tuple[Header, ...] = ()) -> Answer:
    """A refusal: a code for programs, and words."""
    return Answer(status, _encode(_Refusal(error, description)), headers)


def refused(error: RemintError) -> Answer:
    """The refusal that an error of the keeper's becomes."""
    if isinstance(error, UnknownConnection):
        return no(404, "unknown_connection", str(error))
    if isinstance(error, ConnectionDead):
        told = _Refusal("connection_dead", str(error), error.code, error.outcome)
        return Answer(409, _encode(told))
    if isinstance(error, RenewalDelayed):
        return no(503, "renewal_delayed", str(error), (_again(error.retry_after_seconds),))
    if isinstance(error, StoreUnavailable):
        return no(503, "store_unavailable", str(error), (_again(error.retry_after_seconds),))
    if isinstance(error, StoreError):
        return no(500, "store_error", str(error))
    if isinstance(error, ConfigurationError):
        return no(500, "misconfigured", str(error))
    return no(500, "server_error", "The agent's log says more.")


@lru_cache(4096)
def moment(at_ms: int | None) -> str | None:
    """Milliseconds since the epoch as ISO 8601 in UTC, cut to the second."""
    if at_ms is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms // 1000))


def _told(status: Status) -> dict[str, Any]:
    """Moments in words, by the same names without their unit; all else as it is."""
    return {
        name.removesuffix("_ms"): moment(value) if name.endswith("_at_ms") else value
        for name, value in msgspec.structs.asdict(status).items()
    }


def _again(seconds: float) -> Header:
    rounded = min(_LONGEST_RETRY_SECONDS, max(1, math.ceil(seconds)))
    return b"retry-after", b"%d" % rounded
