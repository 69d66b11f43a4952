"""``remint renew``: renewals that are asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remint.cli.fault import status_of
from remint.cli.keeping import DialectFolders, StorePlace, opened_keeper
from remint.cli.options import Json
from remint.cli.output import print_json, remark
from remint.cli.statustold import told
from remint.errors import RemintError

if TYPE_CHECKING:
    from remint.keeper.keeper import Keeper

Names = Annotated[
    list[str] | None,
    typer.Argument(help="The connections.", metavar="[NAME…]", show_default=False),
]
AllDue = Annotated[
    bool,
    typer.Option(
        "--all-due", help="Those whose time has come, and no others: for cron.", metavar=""
    ),
]


def renew(
    names: Names = None,
    all_due: AllDue = False,
    store: StorePlace = None,
    dialects: DialectFolders = None,
    as_json: Json = False,
) -> None:
    """Renews connections now, whatever their tokens' age, also dead ones; or all that are due.

    Each is tried, whatever becomes of the others. The exit status is that of the first fault, as
    `remint token` has it.

        remint renew acme books
        remint renew --all-due
    """
    if bool(names) == all_due:
        raise typer.BadParameter("give connections, or --all-due")
    if all_due:
        from remint.cli.duework import renew_all_due

        done = asyncio.run(renew_all_due(store, dialects))
        if as_json:
            print_json({"renewed": done.renewed, "failed": done.failed})
        else:
            remark(f"{done.renewed} renewed, {done.failed} failed.")
        raise typer.Exit(1 if done.failed else 0)
    with opened_keeper(store, dialects) as keeper:
        _renew_each(keeper, names or [], as_json=as_json)


def _renew_each(keeper: Keeper, names: list[str], *, as_json: bool) -> None:
    found: list[dict[str, Any]] = []
    status = 0
    for name in dict.fromkeys(names):
        try:
            keeper.renew(name)
        except RemintError as error:
            status = status or status_of(error)
            found.append({"name": name, "renewed": False, "why": str(error)})
            if not as_json:
                remark(f"remint: {error}")
            continue
        one = told(keeper.status(name), keeper.around.clock.now_ms())
        found.append({"name": name, "renewed": True, "expires_at": one["expires_at"]})
        if not as_json:
            typer.echo(f"{name} is renewed; its token expires at {one['expires_at'] or 'no time'}")
    if as_json:
        print_json(found)
    if status:
        raise typer.Exit(status)
