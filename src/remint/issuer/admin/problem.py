"""What goes wrong, as callers see it: problem details (RFC 9457), one shape for all."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.errors import (
    ConfigurationError,
    Conflict,
    Denied,
    NotFound,
    Refusal,
    RemintError,
    StaleVersion,
    StoreUnavailable,
    Unauthenticated,
)
from remint.issuer.endpoints.body import BodyTooSlow

Headers = dict[str, str]

#: What `type` ends in, the status that goes with it, and the title.
TITLES: Final[dict[str, tuple[int, str]]] = {
    "malformed": (400, "The request cannot be read"),
    "unauthenticated": (401, "A key is needed"),
    "denied": (403, "The key does not permit that"),
    "not_found": (404, "There is nothing of that name"),
    "method_not_allowed": (405, "That is not done here"),
    "too_slow": (408, "The request took too long to arrive"),
    "conflict": (409, "It cannot be as things are"),
    "in_progress": (409, "The same request is being answered"),
    "stale_version": (412, "It was changed meanwhile"),
    "too_large": (413, "The request is too large"),
    "media_type": (415, "That is no JSON"),
    "invalid_value": (422, "A value will not do"),
    "key_reused": (422, "The idempotency key belongs to another request"),
    "version_required": (428, "The version is missing"),
    "slow_down": (429, "Too many attempts"),
    "fault": (500, "A fault of ours"),
    "unavailable": (503, "The database does not answer"),
}
_TYPE: Final = "urn:remint:problem:"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there is no other answer (RFC 9457).

    `field` names what is at fault in the request, `expected` says what would do, `permission` is what the
    key lacks.
    """

    type: Annotated[str, Meta(examples=["urn:remint:problem:not_found"])]
    title: Annotated[str, Meta(examples=["There is nothing of that name"])]
    status: Annotated[int, Meta(ge=400, le=599, examples=[404])]
    detail: Annotated[str, Meta(examples=["there is no workspace 7"])]
    request_id: Annotated[str, Meta(description="Also in the header X-Request-Id and in our log.")]
    field: str = ""
    expected: str = ""
    permission: str = ""


class Refused(RemintError):
    """A request that the admin API itself turns away. ``code`` is one of ``TITLES``."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str = "",
        expected: str = "",
        permission: str = "",
        headers: Headers | None = None,
    ) -> None:
        self.status, self.title = TITLES[code]
        self.code = code
        self.detail = detail
        self.field = field
        self.expected = expected
        self.permission = permission
        self.headers = headers or {}
        super().__init__(detail)


def told(error: Exception, *, shown_key: bool) -> Refused | None:
    """``error`` as a caller may see it; ``None`` for a fault of ours.

    ``shown_key`` is whether the request had a key at all (RFC 6750 §3.1: no error code where it had none).
    """
    match error:
        case Refused():
            return error
        case Unauthenticated():
            challenge = 'Bearer realm="remint"' + (', error="invalid_token"' if shown_key else "")
            return Refused("unauthenticated", str(error), headers={"WWW-Authenticate": challenge})
        case Denied():
            challenge = (
                f'Bearer realm="remint", error="insufficient_scope", scope="{error.permission}"'
            )
            headers = {"WWW-Authenticate": challenge}
            return Refused("denied", str(error), permission=error.permission, headers=headers)
        case NotFound():
            return Refused("not_found", str(error))
        case StaleVersion():
            return Refused("stale_version", str(error))
        case Conflict():
            return Refused("conflict", str(error))
        case StoreUnavailable():
            later = {"Retry-After": str(error.retry_after_seconds)}
            return Refused("unavailable", "try again in a moment", headers=later)
        case BodyTooSlow():
            detail = "the body took too long to arrive"
            return Refused("too_slow", detail, headers={"Connection": "close"})
        case Refusal():
            return _protocol(error)
        case ConfigurationError() if type(error) is ConfigurationError and error.file is None:
            field = (error.key or "").replace(" ", ".")
            expected = error.expected or ""
            return Refused("invalid_value", error.message, field=field, expected=expected)
    return None


def problem(refused: Refused, request_id: str) -> bytes:
    """The body of an answer that is a problem."""
    shown = Problem(
        type=_TYPE + refused.code,
        title=refused.title,
        status=refused.status,
        detail=refused.detail,
        request_id=request_id,
        field=refused.field,
        expected=refused.expected,
        permission=refused.permission,
    )
    return msgspec.json.encode(shown)


def _protocol(error: Refusal) -> Refused:
    if error.code == "payload_too_large":
        return Refused("too_large", error.description)
    if error.code == "slow_down":
        later = {"Retry-After": str(error.retry_after_seconds or 1)}
        return Refused("slow_down", error.description, headers=later)
    return Refused("invalid_value", error.description, field=error.name)
