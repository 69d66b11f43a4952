"""What was wrong with a form, by field: words that stand at the field and on top of the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from remint.errors import ConfigurationError, Conflict, StaleVersion

Errors = dict[str, str]


class Problems:
    """Collects what is wrong. ``names`` leads from the key of an error to the field that it is about.

    A key that is no field of the form is told on top, under the name ``""``.
    """

    def __init__(self, *fields: str, names: Mapping[str, str] | None = None) -> None:
        self._fields = frozenset(fields)
        self._names = names or {}
        self.errors: Errors = {}

    def __bool__(self) -> bool:
        return bool(self.errors)

    def add(self, field: str, text: str) -> None:
        """Says that of ``field``; what was said first of it stands."""
        self.errors.setdefault(field if field in self._fields else "", text)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Collects what a use case refuses, for what it was given or for how things are.

        A ``StaleVersion`` goes on: it is not the form that is wrong.
        """
        try:
            yield
        except StaleVersion:
            raise
        except ConfigurationError as error:
            key = error.key or ""
            self.add(self._field_of(key), _worded(error, key))
        except Conflict as error:
            self.add("", _sentence(str(error)))

    def _field_of(self, key: str) -> str:
        for part in (key, key.partition(".")[0], key.rpartition(" ")[2]):
            if self._names.get(part, part) in self._fields:
                return self._names.get(part, part)
        return ""


def _worded(error: ConfigurationError, key: str) -> str:
    expected = f" Expected: {error.expected}." if error.expected else ""
    # Where a key says more than the field does, it is told: "claims.company_id".
    place = f"{key.partition('.')[2]}: " if "." in key else ""
    return place + _sentence(error.message) + expected


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
