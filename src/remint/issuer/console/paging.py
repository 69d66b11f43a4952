"""Where a long list goes on: by the id after which it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from remint.errors import NotFound
from remint.issuer.console.visit import Visit

PAGE_ROWS: Final = 50
_DIGITS: Final = 18


class Rows(msgspec.Struct, frozen=True):
    """A page of a list. ``next_after`` is where it goes on, 0 where it ends here."""

    rows: Sequence[Any]
    after: int
    next_after: int


def after(visit: Visit) -> int:
    """After which id the list is to begin, as its pager says. Raises ``NotFound`` for what is no id."""
    text = visit.query.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise NotFound("there is no such page of the list")
    return int(text)


def rows(found: Sequence[Any], begun: int) -> Rows:
    """A page out of up to ``PAGE_ROWS + 1`` rows with ids: the one too many says that there are more."""
    shown = found[:PAGE_ROWS]
    return Rows(shown, begun, shown[-1].id if len(found) > PAGE_ROWS else 0)
