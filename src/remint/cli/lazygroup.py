"""A group of commands that are loaded one by one, when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from remint.cli.commands import COMMANDS, Place
from remint.cli.help import command


class LazyCommands(MutableMapping[str, Any]):
    """Commands by name, each loaded from its place the first time."""

    def __init__(self, places: dict[str, Place]) -> None:
        self._places = dict(places)
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _command(name, self._places[name])
        return self._loaded[name]

    def __setitem__(self, name: str, loaded: Any) -> None:
        self._loaded[name] = loaded
        self._places.setdefault(name, Place(""))

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class LazyGroup(TyperGroup):
    """The command ``remint``, whose parts are those of ``COMMANDS``."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands(COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names; those of ``TyperGroup`` would load them."""
        return list(self.commands)


def _command(name: str, place: Place) -> Any:
    module, _, attribute = place.where.partition(":")
    found = getattr(import_module(module), attribute)
    around = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        command(around, name)(found)
    loaded = typer.main.get_group(around).commands[name]
    loaded.rich_help_panel = place.panel  # type: ignore[attr-defined]
    return loaded
