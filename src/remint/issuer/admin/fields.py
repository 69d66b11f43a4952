"""What the bodies of several operations have in common: moments, pages, and fields that are credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from remint.grant import NEVER
from remint.secret import Secret

LARGEST_PAGE: Final = 200
USUAL_PAGE: Final = 50

Moment = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339, in UTC.", examples=["2026-11-21T12:00:00Z"]),
]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="What people call it.",
        examples=["Acme orders"],
    ),
]
Claims = Annotated[
    dict[str, Any],
    Meta(description="What travels in access tokens.", examples=[{"region": "EMEA"}]),
]
Cursor = Annotated[
    str, Meta(max_length=1000, description="Where to go on: `next` of the page before.")
]
Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="At most so many items.")]

Item = TypeVar("Item")


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """Some of a list, and how to get at the rest."""

    items: list[Item]
    next: Annotated[
        str | None,
        Meta(description="The `cursor` of the next page; null on the last one."),
    ]


class Paging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list is wanted."""

    cursor: Cursor | None = None
    limit: Limit = USUAL_PAGE


def moment(seconds: int | None) -> datetime | None:
    """A time in seconds since the epoch as it is told; ``None`` for never."""
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds != NEVER else None


def told_ms(milliseconds: int) -> datetime:
    """A time in milliseconds since the epoch as it is told."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def to_ms(at: datetime | None) -> int | None:
    """A time that a caller named, in milliseconds since the epoch."""
    return None if at is None else int(at.timestamp() * 1000)


def reveal(value: Any) -> str:
    """For the encoder of answers: the one place where a credential is shown, to whom it was made for."""
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"a {type(value).__name__} is no part of an answer")


def conceal(kind: type, value: Any) -> Any:
    """For the decoder of requests: a credential is one from the first moment on."""
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("Expected `str`")


def secret_schema(kind: type) -> dict[str, Any]:
    """For the description: what a credential is to JSON."""
    if kind is Secret:
        return {"type": "string", "format": "password"}
    raise TypeError(f"a {kind.__name__} has no schema")
