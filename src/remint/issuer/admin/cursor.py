"""Cursors: where a list goes on. Opaque to callers, and good for the list that they came from only."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from remint.issuer.admin.fields import Page
from remint.issuer.admin.problem import Refused

Item = TypeVar("Item")
Shown = TypeVar("Shown")


class _Place(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    kind: str
    after: str


def cursor_for(kind: str, after: str | int) -> str:
    """The cursor of what comes after ``after`` in the list ``kind``."""
    packed = msgspec.json.encode(_Place(kind, str(after)))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def place_of(kind: str, cursor: str | None) -> str | None:
    """What a cursor of the list ``kind`` says. Raises ``Refused`` for any other text."""
    if cursor is None:
        return None
    try:
        packed = base64.b64decode(
            f"{cursor}{'=' * (-len(cursor) % 4)}", altchars="-_", validate=True
        )
        place = msgspec.json.decode(packed, type=_Place)
        if place.kind == kind:
            return place.after
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        pass
    raise unusable()


def number_of(kind: str, cursor: str | None) -> int | None:
    """As ``place_of``, for lists that go by a number."""
    place = place_of(kind, cursor)
    if place is None:
        return None
    if not (place.isascii() and place.isdigit() and len(place) <= 18):
        raise unusable()
    return int(place)


def unusable() -> Refused:
    """What is said to a cursor that no page of this list had."""
    return Refused(
        "invalid_value",
        "that is no cursor of this list",
        field="cursor",
        expected="`next` of the page before, unchanged",
    )


def page_of(
    kind: str,
    found: Sequence[Item],
    *,
    limit: int,
    place: Callable[[Item], str | int],
    show: Callable[[Item], Shown],
) -> Page[Shown]:
    """One page of a list. Of ``found``, up to ``limit`` + 1 items, the last one says that there is more."""
    shown = found[:limit]
    more = cursor_for(kind, place(shown[-1])) if len(found) > limit else None
    return Page(items=[show(each) for each in shown], next=more)


def part_of(
    kind: str,
    held: Sequence[Item],
    *,
    cursor: str | None,
    limit: int,
    number: Callable[[Item], int],
    show: Callable[[Item], Shown],
) -> Page[Shown]:
    """One page of a short list that is held whole, in the order of its items' numbers."""
    after = number_of(kind, cursor) or 0
    rest = sorted((each for each in held if number(each) > after), key=number)
    return page_of(kind, rest, limit=limit, place=number, show=show)
