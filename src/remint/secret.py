"""A string that cannot be shown by accident."""

from __future__ import annotations

import hmac
from typing import NoReturn


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
