"""One table of a dialect file, read with suspicion: each wrong value becomes an error that names its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from remint.dialect.keys import KEYS
from remint.dialect.source import KeyPath, Source
from remint.errors import DialectError

# The codec underneath has no escapes in members' names.
_NO_MEMBER = re.compile(r'[\x00-\x1f"\\]')
_PLAIN = "no quotation mark, backslash or control character"
_SCHEMA_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Table:
    """The table at ``path``, which must be of the given ``kind`` (a key of ``KEYS``).

    Keys that the kind does not have are refused at once. Each reader method takes a key and a default,
    and raises ``DialectError`` where the value is not what the kind says it must be.
    """

    def __init__(self, source: Source, path: KeyPath, data: Any, kind: str) -> None:
        self.source = source
        self.path = path
        self.kind = kind
        if not isinstance(data, dict):
            raise source.error(path, "is not a table", expected=f"a table that describes {a(kind)}")
        self.data: dict[str, Any] = data
        self._known = KEYS[kind]
        for key in data:
            if key not in self._known:
                raise unknown(source, (*path, key), key, self._known, f"key of {a(kind)}")

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def wrong(self, key: str, message: str, expected: str | None = None) -> DialectError:
        """The error for a value of this table; ``expected`` defaults to what the key expects."""
        return self.source.error(
            (*self.path, key), message, expected=expected or self._known.get(key)
        )

    def expected(self, key: str) -> str:
        """What ``key`` expects."""
        return self._known[key]

    def absent(self, key: str) -> DialectError:
        """The error for a key that is not there but must be."""
        return self.source.error(
            self.path, f"the key {key!r} is missing", expected=f"{key} = {self._known[key]}"
        )

    def text(self, key: str, default: str | None = None) -> str | None:
        """A string that is not empty."""
        value = self.data.get(key, default)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.wrong(key, f"{shown(value)} is not a string that says something")
        return value

    def string(self, key: str, default: str) -> str:
        """A string, which may be empty."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, f"{shown(value)} is not a string")
        return value

    def needed_text(self, key: str) -> str:
        """A string that must be there."""
        value = self.text(key)
        if value is None:
            raise self.absent(key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """A boolean."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{shown(value)} is neither true nor false")
        return value

    def whole(self, key: str, default: int | None, low: int, high: int = 2**53) -> int | None:
        """A whole number from ``low`` to ``high``."""
        value = self.data.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"{shown(value)} is no whole number from {low} to {high}")
        return value

    def choice(self, key: str, default: str | None, choices: Iterable[str]) -> str | None:
        """One of some words."""
        value = self.data.get(key, default)
        if value is None:
            return None
        known = tuple(choices)
        if value not in known:
            raise self.source.error(
                (*self.path, key), _no_word(value, known), expected=one_of(known)
            )
        return str(value)

    def words(self, key: str) -> tuple[str, ...]:
        """A string or an array of strings, as a tuple; empty where the key is not there."""
        if key not in self.data:
            return ()
        value = self.data[key]
        several = value if isinstance(value, list) else [value]
        if not several or not all(isinstance(each, str) and each for each in several):
            raise self.wrong(key, f"{shown(value)} is neither a string nor an array of strings")
        return tuple(several)

    def choices(self, key: str, choices: Iterable[str]) -> tuple[str, ...]:
        """A word or an array of words, each one of some."""
        known = tuple(choices)
        found = self.words(key)
        for index, word in enumerate(found):
            if word not in known:
                place = (*self.path, key, index) if isinstance(self.data[key], list) else (
                    *self.path, key)  # fmt: skip
                raise self.source.error(place, _no_word(word, known), expected=one_of(known))
        if len(set(found)) != len(found):
            raise self.wrong(key, "names the same thing twice", "each at most once")
        return found

    def statuses(self, key: str) -> tuple[int, ...]:
        """An HTTP status or an array of them; empty where the key is not there."""
        value = self.data.get(key, [])
        several = value if isinstance(value, list) else [value]
        if not all(type(each) is int and 100 <= each <= 599 for each in several):
            raise self.wrong(key, f"{shown(value)} is no HTTP status, nor an array of them")
        return tuple(several)

    def member(self, key: str) -> tuple[str, ...]:
        """The name of a JSON member, or the steps to a nested one; empty where the key is not there."""
        if key not in self.data:
            return ()
        return self.steps((*self.path, key), self.data[key])

    def steps(self, path: KeyPath, value: Any) -> tuple[str, ...]:
        """``value``, which stands at ``path``, as the name of a JSON member or steps to a nested one."""
        steps = value if isinstance(value, list) else [value]
        if not steps or not all(isinstance(step, str) and step for step in steps):
            message = f"{shown(value)} is neither a string nor an array of strings"
            raise self.source.error(path, message, expected=self._known["name"])
        if any(_NO_MEMBER.search(step) for step in steps):
            message = f"{shown(steps)} has what no member's name may have"
            raise self.source.error(path, message, expected=_PLAIN)
        return tuple(steps)

    def place(self, key: str) -> tuple[str | int, ...]:
        """As ``member``; a step may also be the index of an element of an array."""
        value = self.data.get(key)
        if not isinstance(value, list) or not any(type(step) is int for step in value):
            return self.member(key)
        if not all(
            (isinstance(step, str) and step and not _NO_MEMBER.search(step))
            or (type(step) is int and 0 <= step < 100)
            for step in value
        ):
            raise self.wrong(key, f"{shown(value)} leads nowhere", "names and indices from 0 to 99")
        return tuple(value)

    def schema_name(self, key: str) -> str | None:
        """A name that OpenAPI accepts for a component."""
        value = self.text(key)
        if value is not None and not _SCHEMA_NAME.fullmatch(value):
            raise self.wrong(key, f"{shown(value)} cannot name a schema")
        return value

    def pairs(self, key: str) -> dict[str, Any]:
        """A table whose keys the file chooses."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"{shown(value)} is not a table")
        return value

    def strings(self, key: str) -> dict[str, str]:
        """A table from names that the file chooses to strings."""
        found = self.pairs(key)
        for name, value in found.items():
            if not isinstance(value, str) or not value:
                raise self.source.error(
                    (*self.path, key, name), f"{shown(value)} is not a string", expected="a string"
                )
        return dict(found)

    def inner(self, key: str, kind: str) -> Table:
        """A table inside this one, empty where it is not there."""
        return Table(self.source, (*self.path, key), self.data.get(key, {}), kind)

    def each(self, key: str, kind: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"{shown(value)} is not an array of tables")
        for index, element in enumerate(value):
            yield Table(self.source, (*self.path, key, index), element, kind)


def unknown(
    source: Source, path: KeyPath, word: str, known: Iterable[str], what: str
) -> DialectError:
    """The error for a word that is not in the vocabulary: says what is, and guesses what was meant."""
    near = difflib.get_close_matches(word, list(known), n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    return source.error(path, f"{word!r} is no {what}{guess}", expected=one_of(known))


def a(noun: str) -> str:
    """The noun with its article."""
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def one_of(words: Iterable[str]) -> str:
    """``one of a, b, c``."""
    return "one of " + ", ".join(words)


def shown(value: Any) -> str:
    """A value of the file, short enough for an error message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _no_word(value: Any, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(value), known, n=1)
    return f"{shown(value)} is not known" + (f"; did you mean {near[0]!r}?" if near else "")
