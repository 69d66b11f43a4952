"""JSON objects, nested as a dialect nests them, as ``msgspec`` structs made to measure."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from remint.dialect.code import Code

JsonPath = tuple[str, ...]


@dataclass
class Shape:
    """One JSON object: its struct, and its members, each of which is a leaf or another object.

    ``attributes`` leads from each member's name on the wire to its name in Python. Leaves accept anything
    and are ``None`` where they are absent; what may stand in them is checked by who reads them.
    """

    struct: type[msgspec.Struct]
    attributes: dict[str, str]
    inner: dict[str, Shape] = field(default_factory=dict)

    def attribute(self, path: JsonPath) -> str:
        """The dotted attribute that reaches the leaf at ``path``."""
        head, rest = path[0], path[1:]
        own = self.attributes[head]
        return f"{own}.{self.inner[head].attribute(rest)}" if rest else own

    def names(self) -> set[str]:
        """Every member's name, at every depth."""
        found = set(self.attributes)
        for shape in self.inner.values():
            found |= shape.names()
        return found


def make_shape(title: str, paths: Iterable[JsonPath]) -> Shape:
    """The shape of an object that has a leaf at each of ``paths``."""
    leaves: dict[str, list[JsonPath]] = {}
    for path in paths:
        leaves.setdefault(path[0], [])
        if len(path) > 1:
            leaves[path[0]].append(path[1:])
    attributes: dict[str, str] = {}
    inner: dict[str, Shape] = {}
    members: list[tuple[str, Any, Any]] = []
    for name, below in leaves.items():
        attribute = _attribute(name, set(attributes.values()))
        attributes[name] = attribute
        if below:
            shape = inner[name] = make_shape(f"{title}{attribute.title().replace('_', '')}", below)
            members.append((attribute, shape.struct, msgspec.field(default_factory=shape.struct)))
        else:
            members.append((attribute, Any, None))
    rename = {attribute: name for name, attribute in attributes.items()}
    struct = msgspec.defstruct(title, members, rename=rename, omit_defaults=True, gc=False)
    return Shape(struct, attributes, inner)


@dataclass(frozen=True)
class Leaf:
    """What to write at the end of a path: an expression, and when it is not ``None`` (empty: ever)."""

    expression: str
    condition: str = ""


def construct(code: Code, shape: Shape, leaves: dict[JsonPath, Leaf]) -> str:
    """The expression that makes an object of ``shape``; objects that turn out empty are left out."""
    arguments = []
    for name in shape.attributes:
        below = {path[1:]: leaf for path, leaf in leaves.items() if path[0] == name}
        if name not in shape.inner:
            arguments.append(below[()].expression)
            continue
        inner = construct(code, shape.inner[name], below)
        if all(leaf.condition for leaf in below.values()):
            some = " or ".join(f"({leaf.condition})" for leaf in below.values())
            inner = f"({inner} if {some} else {code.name('UNSET', msgspec.UNSET)})"
        arguments.append(inner)
    return f"{code.name(shape.struct.__name__, shape.struct)}({', '.join(arguments)})"


def _attribute(name: str, taken: set[str]) -> str:
    chosen = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_").lower() or "member"
    if keyword.iskeyword(chosen) or chosen[0].isdigit():
        chosen = f"member_{chosen}"
    while chosen in taken:
        chosen += "_"
    return chosen
