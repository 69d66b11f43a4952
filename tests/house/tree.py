"""The tree under test: tracked files, their text, and the functions in them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Problem:
    """A rule that is broken, and where."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Function:
    """A function or method. ``lines`` counts from its ``def``; ``code_lines`` leaves out the docstring."""

    path: str
    name: str
    line: int
    lines: int
    code_lines: int


@dataclass
class File:
    """A text file by its path in the project. Bad samples are files, too, that are nowhere on disk."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def module(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    def under(self, *folders: str) -> bool:
        """Whether the file lies in one of the folders (``src/remint/``)."""
        return self.path.startswith(folders)

    def functions(self) -> Iterator[Function]:
        """Each function and method, nested ones too."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield Function(
                    self.path, node.name, node.lineno, lines, lines - _docstring_lines(node)
                )

    def problem(self, line: int, text: str) -> Problem:
        return Problem(self.path, line, text)


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if not isinstance(first, ast.Expr) or ast.get_docstring(node, clean=False) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def tracked(*patterns: str) -> list[File]:
    """The project's own text files: what git tracks and is still there."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    files = []
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file():
            data = path.read_bytes()
            if b"\0" not in data:
                files.append(File(name, data.decode()))
    return files


def report(problems: list[Problem]) -> str:
    """What a failing test shows: a line for each problem, each with its place."""
    return "\n" + "\n".join(str(problem) for problem in problems)
