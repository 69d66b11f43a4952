"""Help that teaches: a command's docstring, its prose to be wrapped and its examples left as they are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import typer

_Command = TypeVar("_Command", bound=Callable[..., Any])


def command(app: typer.Typer, name: str) -> Callable[[_Command], _Command]:
    """Registers a function as the command ``name`` of ``app``, with its docstring as the help."""

    def register(function: _Command) -> _Command:
        app.command(name, help=taught(function.__doc__ or ""))(function)
        return function

    return register


def taught(docstring: str) -> str:
    """``docstring`` with each paragraph on one line; an indented one is an example and keeps its lines."""
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    return "\n\n".join(
        each if each.startswith("    ") else " ".join(each.split()) for each in paragraphs
    )
