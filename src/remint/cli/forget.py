"""``remint forget``: the end of a connection."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from remint.cli.keeping import DialectFolders, StorePlace, opened_keeper
from remint.cli.options import Json
from remint.cli.output import print_json
from remint.errors import UnknownConnection

Names = Annotated[
    list[str], typer.Argument(help="The connections.", metavar="NAME…", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.", metavar="")]


def forget(
    names: Names,
    yes: Yes = False,
    store: StorePlace = None,
    dialects: DialectFolders = None,
    as_json: Json = False,
) -> None:
    """Deletes connections with their tokens and credentials, for good.

    The provider is not told: what it has granted it goes on granting, to whoever has a token of it.

        remint forget acme
        remint forget acme books --yes
    """
    wanted = list(dict.fromkeys(names))
    with opened_keeper(store, dialects) as keeper:
        for name in wanted:
            keeper.status(name)
        if not yes:
            if not sys.stdin.isatty():
                raise typer.BadParameter("there is no terminal to ask at: say --yes")
            typer.confirm(f"Forget {', '.join(wanted)}?", abort=True, err=True)
        gone = [name for name in wanted if keeper.forget(name)]
    if as_json:
        print_json([{"name": name, "forgotten": True} for name in gone])
        return
    for name in gone:
        typer.echo(f"{name} is forgotten")
    if not gone:
        raise UnknownConnection(wanted[0])
