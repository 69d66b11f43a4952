"""Constants of a request: of which type each is, and which carriers can take it."""

from __future__ import annotations

import math
from typing import Any, Final

from remint.dialect.table import Table, shown
from remint.dialect.vocabulary import INTEGER_BOUNDS

#: The type of a constant that is no single value: nobody writes it down, and no endpoint reads it.
STRUCTURED: Final = "any"


def type_of(value: Any) -> str:
    """The type that a constant has by itself."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int64"
    return "string" if value is None or isinstance(value, str) else STRUCTURED


def read_constant(table: Table, type_: str, carriers: tuple[str, ...], default: str | None) -> Any:
    """The key ``value``. Raises ``DialectError`` for what is of another type, or cannot travel so."""
    value = table.data.get("value", default)
    if value is None:
        return None
    if type_ == STRUCTURED:
        _check_structured(table, value, carriers)
        return value
    suits: type = {"string": str, "boolean": bool}.get(type_, int)
    if not isinstance(value, suits) or (suits is int and isinstance(value, bool)):
        raise table.wrong("value", f"{shown(value)} is not of the type {type_!r}")
    if isinstance(value, int) and type_ in INTEGER_BOUNDS:
        low, high = INTEGER_BOUNDS[type_]
        if not low <= value <= high:
            raise table.wrong("value", f"{shown(value)} is out of the range of {type_!r}")
    return value


def _check_structured(table: Table, value: Any, carriers: tuple[str, ...]) -> None:
    if not _is_json(value):
        raise table.wrong("value", f"{shown(value)} is nothing that JSON has")
    is_list = isinstance(value, list) and all(isinstance(each, str | int) for each in value)
    fit = {"json", "query", "form"} if is_list and value else {"json"}
    if not fit.issuperset(carriers):
        raise table.wrong(
            "value",
            f"{shown(value)} cannot travel so",
            "a string, a whole number, true or false; an array also in a query, a form or JSON",
        )


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_json(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_json(each) for each in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int)
