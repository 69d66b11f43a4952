"""Templates over a request: text with ``{meaning}`` in it, filled while the request is written."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from remint.dialect.source import KeyPath, Source
from remint.dialect.table import Table, shown, unknown


def percent(text: str) -> str:
    """``text`` with all but letters, digits and ``-._~`` escaped (RFC 3986 §2.1)."""
    return quote(text, safe="-._~")


def base64_text(text: str) -> str:
    """The UTF-8 of ``text`` in Base64."""
    return base64.b64encode(text.encode()).decode()


def lower(text: str) -> str:
    """In lower case."""
    return text.lower()


def upper(text: str) -> str:
    """In upper case."""
    return text.upper()


#: What can be done to the text of a placeholder: ``{url|percent}``.
FILTERS: Final[dict[str, Callable[[str], str]]] = {
    "percent": percent,
    "base64": base64_text,
    "lower": lower,
    "upper": upper,
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Template:
    """Words and placeholders in turn, words first; ``at`` is where the file says so."""

    at: KeyPath
    pieces: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders, without their filters."""
        return tuple(piece.partition("|")[0] for piece in self.pieces[1::2])

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters of the placeholders, in their order."""
        return tuple(word for piece in self.pieces[1::2] for word in piece.split("|")[1:])

    def expression(self, filled: Callable[[str], str]) -> str:
        """The expression that fills it; ``filled`` gives the one for a placeholder."""
        parts = [
            _filtered(piece, filled) if index % 2 else repr(piece)
            for index, piece in enumerate(self.pieces)
            if piece
        ]
        return " + ".join(parts) or "''"


def _filtered(piece: str, filled: Callable[[str], str]) -> str:
    name, *words = piece.split("|")
    expression = filled(name)
    for word in words:
        expression = f"{FILTERS[word].__name__}({expression})"
    return expression


def read_template(table: Table, key: str) -> Template | None:
    """The template at ``key``; ``None`` where there is none."""
    text = table.text(key)
    return None if text is None else make_template((*table.path, key), text)


def make_template(at: KeyPath, text: str) -> Template:
    """The template that ``text`` is."""
    return Template(at, tuple(_PLACEHOLDER.split(text)))


def check_template(source: Source, template: Template, known: Iterable[str], what: str) -> None:
    """Raises ``DialectError`` for a placeholder that is not ``known``."""
    for name in template.names:
        if name not in known:
            raise unknown(source, template.at, name, known, what)
    for word in template.filters:
        if word not in FILTERS:
            raise unknown(source, template.at, word, FILTERS, "filter")


def text_of(value: Any) -> str:
    """A value as it stands in a template: nothing for nothing, ``true`` for a boolean, JSON for a table."""
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def needed_template(table: Table, key: str) -> Template:
    """A template that must be there."""
    found = read_template(table, key)
    if found is None:
        raise table.absent(key)
    return found


def read_claims(table: Table, key: str) -> dict[str, Any]:
    """A table of values, in which each string is a template; arrays may hold strings."""
    found: dict[str, Any] = {}
    for name, value in table.pairs(key).items():
        at = (*table.path, key, name)
        if isinstance(value, str):
            found[name] = make_template(at, value)
        elif isinstance(value, list) and all(isinstance(each, str) for each in value):
            found[name] = [make_template((*at, index), each) for index, each in enumerate(value)]
        elif isinstance(value, bool | int):
            found[name] = value
        else:
            raise table.source.error(
                at, f"{shown(value)} cannot be a claim", expected=table.expected(key)
            )
    return found
