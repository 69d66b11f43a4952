"""A dialect that is given as a file: checked, and put where later commands find it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from remint.cli.keeping import directory_of
from remint.dialect import builtin, check, load
from remint.errors import ConfigurationError, Conflict
from remint.keeper.store.opening import data_directory
from remint.token.durable import replace_file

if TYPE_CHECKING:
    from remint.dialect import Dialect

_PRIVATE_DIRECTORY: Final = 0o700


def is_file(dialect: str) -> bool:
    """Whether ``--dialect`` names a file and no dialect."""
    return "/" in dialect or dialect.endswith(".toml")


def folder_of(place: str | Path) -> Path:
    """Where the dialect files of a store lie."""
    return (directory_of(place) or data_directory(os.environ)) / "dialects"


def check_file(file: Path) -> Dialect:
    """The dialect of a file. Raises ``ConfigurationError`` that names file and line, or the name if taken."""
    for problem in check(file):
        raise problem
    dialect = load(file)
    try:
        builtin(dialect.name)
    except ConfigurationError:
        return dialect
    raise ConfigurationError(
        f"{dialect.name!r} is the name of a dialect that comes along",
        file=file,
        line=dialect.line_of("name"),
        key="name",
        expected="a name of its own",
    )


def adopt(dialect: Dialect, place: str | Path, *, replace: bool) -> None:
    """Puts a dialect's file beside the store.

    Raises ``Conflict`` where another file has the name, unless ``replace`` is set: connections may live by
    it. ``ConfigurationError`` where it cannot be written.
    """
    folder = folder_of(place)
    target = folder / f"{dialect.name}.toml"
    text = dialect.file.read_bytes()
    try:
        if target.exists():
            if target.read_bytes() == text:
                return
            if not replace:
                raise Conflict(
                    f"{target} is another dialect of that name; --replace puts this one in its place"
                )
        folder.mkdir(_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        replace_file(target, text)
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror}", file=target) from None
