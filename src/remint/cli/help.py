"""Help that teaches: a command's docstring, its prose to be wrapped and its examples left as they are."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any, Final, TypeVar

import typer

from remint.cli.whereabouts import spread

_EXAMPLE: Final = re.compile(r"remint |[A-Z_]+=\S+ remint ")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def command(app: typer.Typer, name: str) -> Callable[[_Command], _Command]:
    """Registers a function as the command ``name`` of ``app``, with its docstring as the help.

    A parameter that is ``Whereabouts`` stands for the options that say where an installation is.
    """

    def register(function: _Command) -> _Command:
        app.command(name, help=taught(function.__doc__ or ""))(spread(function))
        return function

    return register


def taught(docstring: str) -> str:
    """``docstring`` with each paragraph on one line; an example keeps its lines, and is indented.

    An example is what is indented already, or begins as a line of a shell: where a docstring has nothing but
    examples, its formatter takes their indentation away, and would again without a line before them.
    """
    summary, *rest = map(_taught, inspect.cleandoc(docstring).split("\n\n"))
    if rest and all(each.startswith("    ") for each in rest):
        rest.insert(0, "For example:")
    return "\n\n".join([summary, *rest])


def _taught(paragraph: str) -> str:
    if paragraph.startswith("    "):
        return paragraph
    if _EXAMPLE.match(paragraph):
        return textwrap.indent(paragraph, "    ")
    return " ".join(paragraph.split())
