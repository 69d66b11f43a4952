"""Every step of a durable write, as something that can fail or be the last thing a process does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from remint.token import durable

_FUNCTIONS = ("open", "fchmod", "fsync", "link")
_METHODS = ("replace", "unlink")


class Steps:
    """Counts the system calls of :mod:`remint.token.durable`, and does something at one of them.

    ``happen`` is called before, or with ``after`` set right after, the call number ``at``.
    """

    def __init__(self, at: int, happen: Callable[[], None], *, after: bool = False) -> None:
        self.names: list[str] = []
        self._at = at
        self._happen = happen
        self._after = after

    def install(self, patch: Callable[[Any, str, Any], None] = setattr) -> None:
        """Puts itself between that module and the system."""
        patch(durable, "os", self)
        for name in _METHODS:
            patch(Path, name, self._step(name, getattr(Path, name)))

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        return self._step(name, found) if name in _FUNCTIONS else found

    def _step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any) -> Any:
            self.names.append(name)
            mine = len(self.names) - 1 == self._at
            if mine and not self._after:
                self._happen()
            try:
                return real(*args)
            finally:
                if mine and self._after:
                    self._happen()

        return step
