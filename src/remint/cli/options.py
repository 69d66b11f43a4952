"""Options that many commands share, and how ``KEY=VALUE`` is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Where the database and the keys are; else REMINT_DATA_DIR, else remint-data.",
        metavar="DIR",
        show_default=False,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="postgresql://USER@HOST:PORT/DATABASE; else REMINT_DATABASE, else SQLite in the data directory.",
        metavar="URL",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="A TOML file of settings; else REMINT_CONFIG.",
        metavar="FILE",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.", metavar="")]
ClientId = Annotated[
    str, typer.Argument(help="The app: its client id.", metavar="CLIENT_ID", show_default=False)
]
WorkspaceName = Annotated[
    str, typer.Option("--workspace", help="The tenant that it belongs to.", metavar="NAME")
]
Claims = Annotated[
    list[str] | None,
    typer.Option(
        "--claim",
        help="A claim of the access tokens, such as company_id=7713. Again for more.",
        metavar="NAME=VALUE",
        show_default=False,
    ),
]


def pairs(given: Sequence[str] | None, option: str) -> dict[str, Any]:
    """``KEY=VALUE`` options as a table; a value that is JSON is that, any other a string.

    Raises a usage error for what has no ``=``, no key, or a key twice.
    """
    return {key: _value(value) for key, value in texts(given, option).items()}


def texts(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """The same, with every value as it stands."""
    found: dict[str, str] = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
        if key in found:
            raise typer.BadParameter(f"{key} is given twice", param_hint=option)
        found[key] = value
    return found


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
