"""Python that is written by Python: lines, names for the values they use, and a place in tracebacks."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def identifier(words: str) -> str:
    """``words`` as a name in generated code."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


class Code:
    """One generated function.

    ``title`` says where it comes from; tracebacks and ``inspect`` show the text under ``<title>``.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.names: dict[str, Any] = {}
        self._lines: list[str] = []
        self._depth = 0

    @property
    def text(self) -> str:
        """The source so far."""
        return "\n".join(self._lines) + "\n"

    def line(self, *lines: str) -> None:
        """Adds lines at the current depth."""
        self._lines.extend("    " * self._depth + line for line in lines)

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Adds ``opening`` and puts what is added inside under it."""
        self.line(opening)
        self._depth += 1
        yield
        self._depth -= 1

    def name(self, name: str, value: Any) -> str:
        """Makes ``value`` known to the code, under ``name`` or, where that is taken, a numbered one."""
        chosen, number = name, 2
        while chosen in self.names and self.names[chosen] != value:
            chosen, number = f"{name}_{number}", number + 1
        self.names[chosen] = value
        return chosen

    def function(self, name: str) -> Callable[..., Any]:
        """Compiles the text and returns the function ``name`` that it defines."""
        file = f"<{self.title}>"
        text = self.text
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        namespace = dict(self.names)
        # The text is made from a file that the operator chose and that was checked word by word; whatever
        # comes from it enters as a repr or as a named value, never as code.
        exec(compile(text, file, "exec"), namespace)  # noqa: S102
        function: Callable[..., Any] = namespace[name]
        return function
