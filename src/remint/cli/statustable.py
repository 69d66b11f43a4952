"""Connections as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich import box
from rich.table import Table
from rich.text import Text

from remint.cli.output import print_rich
from remint.cli.statustold import COLUMNS, row
from remint.keeper.core import Core
from remint.keeper.status import Status, status_of

_PAGE: Final = 500
_STYLES: Final = {"fresh": "green", "renewing": "cyan", "in_doubt": "yellow", "dead": "bold red"}
_STATE: Final = COLUMNS.index("state")


class Page(NamedTuple):
    """Some connections, and whether there are more behind them."""

    statuses: list[Status]
    has_more: bool


def page_of(core: Core, after: str, limit: int, state: str | None) -> Page:
    """Connections by name, of one state or of all; never more in memory than are shown."""
    found: list[Status] = []
    for each in _behind(core, after, min(_PAGE, limit + 1)):
        if state is None or each.state == state:
            if len(found) == limit:
                return Page(found, has_more=True)
            found.append(each)
    return Page(found, has_more=False)


def table_of(statuses: Sequence[Status], now_ms: int) -> Table:
    """A row for each."""
    table = Table(*COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for each in statuses:
        # As text, not markup: a name may have brackets in it.
        cells = [Text(cell) if cell else Text("–", style="dim") for cell in row(each, now_ms)]
        cells[_STATE].stylize(_STYLES[each.state])
        table.add_row(*cells)
    return table


def print_statuses(statuses: Sequence[Status], now_ms: int) -> None:
    """The table, on standard output."""
    print_rich(table_of(statuses, now_ms))


def _behind(core: Core, after: str, size: int) -> Iterator[Status]:
    while page := core.around.store.listing(after, size):
        yield from map(status_of, page)
        after = page[-1].name
