"""``remint keep``: all connections kept fresh, in the foreground."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from remint.cli.keeping import DialectFolders, StorePlace, opened_async_keeper
from remint.cli.output import remark

AtOnce = Annotated[
    int,
    typer.Option(help="How many renewals may be under way together.", min=1, metavar="N"),
]
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def keep(
    at_once: AtOnce = 64,
    store: StorePlace = None,
    dialects: DialectFolders = None,
) -> None:
    """Renews each connection before its token expires, until it is stopped by Ctrl-C or SIGTERM.

    Commands and programs go on as they did; they find a fresh token and need not wait. Several may run
    beside each other, on one store: each renewal is made once. What happens is told on standard error.

        remint keep
        REMINT_KEEPER_STORE=/var/lib/remint remint keep --at-once 16
    """
    asyncio.run(_keep(store, dialects, at_once))


async def _keep(store: str | None, dialects: Sequence[Path] | None, at_once: int) -> None:
    from remint.keeper.scheduler import Scheduler

    async with opened_async_keeper(store, dialects) as keeper:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log = logging.getLogger("remint")
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        scheduler = Scheduler(keeper, at_once=at_once)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, stopped.set)
        counts = await keeper.blocking(keeper.around.store.count)
        remark(
            f"Remint keeps connections fresh, {sum(counts.values()):,} of them now. Ctrl-C ends."
        )
        running = asyncio.create_task(scheduler.run())
        ending = asyncio.create_task(stopped.wait())
        await asyncio.wait([running, ending], return_when=asyncio.FIRST_COMPLETED)
        await scheduler.stop()
        ending.cancel()
        await running
    remark(f"Remint has ended; renewals: {scheduler.renewals:,}.")
