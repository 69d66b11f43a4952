"""``remint status --watch``: the table, drawn anew each second."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import Final

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from remint.cli.statustable import page_of, table_of
from remint.errors import StoreError
from remint.keeper.core import Core

_SECONDS: Final = 1.0
#: Lines of the screen that are not connections: the table's head, its edges and what is said below.
_OTHER_LINES: Final = 6


def watch(core: Core, after: str, limit: int, state: str | None) -> None:
    """Draws until Ctrl-C, which ends it well. Raises a usage error where nobody could watch."""
    if not sys.stdout.isatty():
        raise typer.BadParameter("needs a terminal", param_hint="--watch")
    console = Console(highlight=False)
    pause = threading.Event()
    with (
        contextlib.suppress(KeyboardInterrupt),
        Live(console=console, auto_refresh=False, screen=True) as live,
    ):
        while True:
            fitting = max(1, min(limit, console.height - _OTHER_LINES))
            live.update(_drawn(core, after, fitting, state), refresh=True)
            pause.wait(_SECONDS)


def _drawn(core: Core, after: str, limit: int, state: str | None) -> RenderableType:
    try:
        page = page_of(core, after, limit, state)
        counts = core.around.store.count()
    except StoreError as error:
        # It may be back the next time.
        return Text(str(error), style="red")
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    more = " – there are more" if page.has_more else ""
    return Group(
        table_of(page.statuses, core.around.clock.now_ms()),
        Text(f"{said or 'no connections'}{more}. Ctrl-C ends.", style="dim"),
    )
