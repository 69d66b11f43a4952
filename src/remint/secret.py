"""A string that cannot be shown by accident."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Any, Final, NoReturn

MASK: Final = "********"


class Secret:
    """Holds a secret string; only :meth:`reveal` gives it back.

    ``str``, ``repr`` and ``format`` show a mask, pickling and hashing are refused, and comparison takes
    the same time whatever differs.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself. Call it where the secret is used, not where it is passed on."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('********')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled; pass the name of where it is kept instead")


class MaskedString(str):
    """A string that shows itself only where it is used as one.

    It goes into headers and f-strings like any string. Its ``repr`` is a mask, so that tracebacks with
    variables, debuggers, failing tests and ``%r`` in a log give nothing away.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK!r})"

    def __rich_repr__(self) -> Iterator[str]:
        # Else rich would cut a long string, and show what is left of it.
        yield MASK


def masked(given: dict[str, Any], *plain: str) -> dict[str, Any]:
    """``given`` with each string masked, in dictionaries too, but for those of the names in ``plain``.

    For what was passed by name: a traceback shows the arguments that lie in a frame.
    """
    return {name: value if name in plain else _masked(value) for name, value in given.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return masked(value)
    return MaskedString(value) if type(value) is str else value


class OwnRepr:
    """For structs of msgspec that have secrets and a ``repr`` without: rich would take them apart."""

    __slots__ = ()

    def __rich_repr__(self) -> Any:
        return None
