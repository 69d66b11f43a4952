"""A number in an address: the id of a row."""

from __future__ import annotations

from typing import Final

from remint.errors import NotFound
from remint.issuer.console.visit import Visit

_DIGITS: Final = 18


def row_id(visit: Visit, name: str) -> int:
    """The number in the path of ``visit`` under that name. Raises ``NotFound`` for what is none."""
    return number(visit.path[name], f"there is no {name} {visit.path[name][:40]!r}")


def after(visit: Visit) -> int:
    """Beyond which id the list begins, as its pager says; 0 where it begins at the beginning."""
    text = visit.query.get("after", "0")
    return number(text, "there is no such page of the list")


def number(text: str, otherwise: str) -> int:
    """``text`` as a number that may be an id. Raises ``NotFound`` with the words of ``otherwise``."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise NotFound(otherwise)
    return int(text)
