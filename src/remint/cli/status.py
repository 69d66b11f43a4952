"""``remint status``: how connections are."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from remint.cli.keeping import DialectFolders, StorePlace, is_there, opened_keeper, place_of
from remint.cli.options import Json
from remint.cli.output import print_json, print_record, remark
from remint.cli.statustold import told

if TYPE_CHECKING:
    from remint.keeper.keeper import Keeper

OneName = Annotated[
    str, typer.Argument(help="One connection, in full.", metavar="[NAME]", show_default=False)
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Draw it anew each second, until Ctrl-C.", metavar="")
]
InState = Annotated[
    Literal["fresh", "renewing", "in_doubt", "dead"] | None,
    typer.Option(
        "--state",
        help="Only those in this state: fresh, renewing, in_doubt or dead.",
        metavar="STATE",
    ),
]
After = Annotated[
    str,
    typer.Option(
        help="Go on after this name: the last one that was listed.",
        metavar="NAME",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=100_000, metavar="N")]

_NONE = "There are no connections yet: `remint connect NAME` makes one."


def status(
    name: OneName = "",
    watch: Watch = False,
    state: InState = None,
    after: After = "",
    limit: Limit = 100,
    store: StorePlace = None,
    dialects: DialectFolders = None,
    as_json: Json = False,
) -> None:
    """Shows connections by name: the state, when the token expires, the last renewal and what went wrong.

    A connection is fresh; renewing, while a call to the provider is under way; in_doubt, when such a call
    was made and its answer is not known; or dead, when only a person can help.

        remint status
        remint status acme
        remint status --state dead --json
        remint status --watch
    """
    if not name and not is_there(place_of(store)):
        _show_none(as_json=as_json)
        return
    with opened_keeper(store, dialects) as keeper:
        if name:
            _show_one(keeper, name, as_json=as_json)
        elif watch:
            from remint.cli.watching import watch as watch_until_stopped

            watch_until_stopped(keeper, after, limit, state)
        else:
            _show_many(keeper, after, limit, state, as_json=as_json)


def _show_none(*, as_json: bool) -> None:
    if as_json:
        print_json([])
    else:
        remark(_NONE)


def _show_one(keeper: Keeper, name: str, *, as_json: bool) -> None:
    found = told(keeper.status(name), keeper.around.clock.now_ms())
    if as_json:
        print_json(found)
    else:
        print_record(found)


def _show_many(keeper: Keeper, after: str, limit: int, state: str | None, *, as_json: bool) -> None:
    from remint.cli.statustable import page_of, print_statuses

    now_ms = keeper.around.clock.now_ms()
    page = page_of(keeper, after, limit, state)
    if as_json:
        print_json([told(each, now_ms) for each in page.statuses])
    elif page.statuses:
        print_statuses(page.statuses, now_ms)
    else:
        remark("None." if state or after else _NONE)
    if page.has_more:
        remark(f"There are more: --after {shlex.quote(page.statuses[-1].name)}, or --limit")
