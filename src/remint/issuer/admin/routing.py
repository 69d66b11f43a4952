"""From a method and a path to an operation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from remint.errors import NotFound
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.problem import Refused
from remint.issuer.endpoints.endpoint import Scope

PREFIX: Final = "/admin/v1"


class _Node:
    """One step of a path: the names that may follow, or one parameter, and what is there."""

    __slots__ = ("below", "named", "operations", "parameter")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.named = ""
        self.operations: dict[str, Operation] = {}

    def step(self, part: str) -> _Node:
        """The node below for a part of a template, made if it is new."""
        if not part.startswith("{"):
            return self.below.setdefault(part, _Node())
        if self.parameter is None:
            self.parameter, self.named = _Node(), part[1:-1]
        return self.parameter


class Router:
    """Finds operations. Names in a path come before parameters."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for part in operation.path.split("/")[1:]:
                node = node.step(part)
            node.operations[operation.method] = operation

    def find(self, method: str, parts: Sequence[str]) -> tuple[Operation, dict[str, str]]:
        """The operation and the parameters of its path. ``HEAD`` finds what ``GET`` does.

        Raises ``NotFound``, or ``Refused`` that names the methods there are.
        """
        node, values = self._root, {}
        for part in parts:
            if part in node.below:
                node = node.below[part]
            elif node.parameter is not None and part:
                values[node.named] = part
                node = node.parameter
            else:
                raise _nothing()
        if not node.operations:
            raise _nothing()
        found = node.operations.get("GET" if method == "HEAD" else method)
        if found is None:
            raise _not_here(node.operations)
        return found, values


def parts_of(scope: Scope, mounted_at: str) -> list[str]:
    """The parts of a request's path below ``/admin/v1``, each decoded: a client id may have a slash."""
    raw = scope.get("raw_path") or b""
    below = raw.partition(b"?")[0].removeprefix(mounted_at.encode() + PREFIX.encode())
    if len(below) < len(raw):
        return [unquote_to_bytes(part).decode("utf-8", "replace") for part in below.split(b"/")[1:]]
    path: str = scope["path"]
    return path.removeprefix(PREFIX).split("/")[1:]


def _nothing() -> NotFound:
    return NotFound("there is nothing here; GET /admin/v1/openapi.json tells what there is")


def _not_here(operations: dict[str, Operation]) -> Refused:
    methods = sorted({*operations, *(["HEAD"] if "GET" in operations else [])})
    allowed = ", ".join(methods)
    return Refused(
        "method_not_allowed", f"use {allowed}", expected=allowed, headers={"Allow": allowed}
    )
