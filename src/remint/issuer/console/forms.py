"""What was wrong with a form, by field: words that stand at the field and on top of the form."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

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

    def collecting(self) -> _Collecting:
        """A block whose refusals by a use case are collected: of what it was given, or of how things are.

        A ``StaleVersion`` goes on: it is not the form that is wrong.
        """
        return _Collecting(self)

    def take(self, error: ConfigurationError | Conflict) -> None:
        """Says of the field at fault what ``error`` says, and what would do."""
        if isinstance(error, Conflict):
            self.add("", _sentence(str(error)))
            return
        key = error.key or ""
        self.add(self._field_of(key), _worded(error, key))

    def _field_of(self, key: str) -> str:
        for part in (key, key.partition(".")[0], key.rpartition(" ")[2]):
            if self._names.get(part, part) in self._fields:
                return self._names.get(part, part)
        return ""


class _Collecting:
    """The block of ``Problems.collecting``: ends without an error where one was collected."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if isinstance(error, ConfigurationError | Conflict) and not isinstance(error, StaleVersion):
            self._problems.take(error)
            return True
        return False


def _worded(error: ConfigurationError, key: str) -> str:
    expected = f" Expected: {error.expected}." if error.expected else ""
    # Where a key says more than the field does, it is told: "claims.company_id".
    place = f"{key.partition('.')[2]}: " if "." in key else ""
    return place + _sentence(error.message) + expected


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
