"""Rules about code that ruff has no word for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tests.house.tree import File, Problem

_VAGUE = {"common", "helper", "helpers", "misc", "tools", "util", "utilities", "utils"}
_TAKEN = {
    "time": "time",
    "random": "randomness",
    "secrets": "randomness",
    "uuid.uuid1": "randomness",
    "uuid.uuid4": "randomness",
    "os.urandom": "randomness",
    "os.getrandom": "randomness",
    "datetime.now": "time",
    "datetime.utcnow": "time",
    "datetime.today": "time",
    "date.today": "time",
}
_MEETS_INPUT = tuple(f"src/remint/{layer}/" for layer in ("cli", "dialect", "issuer", "store"))
_DEF = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def vague_names(files: Sequence[File]) -> list[Problem]:
    """Modules and packages whose name says nothing."""
    return [
        file.problem(1, f"a module called {part!r} says nothing; name the thing it is about")
        for file in files
        for part in PurePosixPath(file.path).with_suffix("").parts
        if part.strip("_") in _VAGUE
    ]


def undocumented(files: Sequence[File]) -> list[Problem]:
    """Public modules, classes and functions without a docstring."""
    return [
        file.problem(line, f"{name} is public and has no docstring")
        for file in files
        if not _is_private_module(file.path)
        for line, name in _undocumented_in(file)
    ]


def _is_private_module(path: str) -> bool:
    return any(
        part.startswith("_") and not part.startswith("__") for part in PurePosixPath(path).parts
    )


def _undocumented_in(file: File) -> Iterator[tuple[int, str]]:
    if file.text.strip() and ast.get_docstring(file.module) is None:
        yield 1, "the module"
    for node in file.module.body:
        if isinstance(node, _DEF) and _is_public(node) and ast.get_docstring(node) is None:
            yield node.lineno, node.name


def _is_public(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    overload = any(ast.unparse(wrapper).endswith("overload") for wrapper in node.decorator_list)
    return not overload and not node.name.startswith("_")


def prints(files: Sequence[File]) -> list[Problem]:
    """Calls of ``print``: a library speaks through its log."""
    return [
        file.problem(node.lineno, "print belongs to the command; use the log")
        for file in files
        for node in ast.walk(file.module)
        if isinstance(node, ast.Call) and _dotted(node.func) == "print"
    ]


def asserts(files: Sequence[File]) -> list[Problem]:
    """Asserts that could be a check of input.

    ``assert isinstance(x, T)`` and ``assert x is not None`` tell the type checker what the code knows, and
    pass anywhere. Where input, configuration or storage is met nothing else does; elsewhere an assert must
    say in a message what the programmer got wrong.
    """
    return [
        file.problem(node.lineno, f"{ast.unparse(node)}: raise a real exception")
        for file in files
        for node in ast.walk(file.module)
        if isinstance(node, ast.Assert)
        and not _narrows(node.test)
        and (node.msg is None or file.under(*_MEETS_INPUT))
    ]


def _narrows(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return all(_narrows(part) for part in test.values)
    if isinstance(test, ast.Call):
        return _dotted(test.func) == "isinstance"
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.IsNot)
        and ast.unparse(test.comparators[0]) == "None"
    )


def takes_time_or_randomness(files: Sequence[File]) -> list[Problem]:
    """Time or randomness taken, where both must be passed in."""
    return [
        file.problem(line, f"{name} takes {_taken(name)}; have it passed in")
        for file in files
        for line, name in _names_used(file.module)
        if _taken(name)
    ]


def _taken(name: str) -> str | None:
    tail = ".".join(name.split(".")[-2:])
    return _TAKEN.get(tail) or _TAKEN.get(name.split(".", maxsplit=1)[0])


def _names_used(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = _dotted(node.func)
            if name and name.split(".")[0] not in {"time", "random", "secrets"}:
                yield node.lineno, name


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""
