"""Progress bars: by bytes and lines of a file, or by rows."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bar:
    """On standard error, while the ``with`` block runs."""

    def __init__(self, name: str, size: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[lines]:,} lines"),
            console=Console(stderr=True, highlight=False),
        )
        self._task = self._progress.add_task(name, total=size, lines=0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def advance(self, offset: int, lines: int) -> None:
        """``offset`` bytes are done, and ``lines`` lines."""
        self._progress.update(self._task, completed=offset, lines=lines)

    def print(self, text: str) -> None:
        """Says ``text`` above the bar."""
        self._progress.console.print(text, markup=False, soft_wrap=True)


class RowBar:
    """The same by rows: ``advance`` is told how many are done."""

    def __init__(self, name: str, size: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False),
        )
        self._task = self._progress.add_task(name, total=size)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def advance(self, rows: int) -> None:
        """``rows`` rows are done."""
        self._progress.update(self._task, completed=rows)
