"""What an import shows while it runs: a bar by bytes, and the lines that were refused."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

import typer

from remint.errors import ConfigurationError
from remint.token.durable import PRIVATE_MODE

if TYPE_CHECKING:
    from remint.issuer.grants.legacyfile import Line

_TOLD: Final = 50
"""So many refused lines are told one by one; the rest are counted."""


class Progress(Protocol):
    """What shows how far it is."""

    def advance(self, offset: int, lines: int) -> None:
        """``offset`` bytes are done, and ``lines`` lines."""

    def print(self, text: str) -> None:
        """Says ``text``, on standard error."""


class _Silent:
    def advance(self, offset: int, lines: int) -> None:
        pass

    def print(self, text: str) -> None:
        typer.echo(text, err=True)


@contextlib.contextmanager
def progress(file: Path, *, quiet: bool) -> Iterator[Progress]:
    """A bar on standard error while the block runs; none where nobody would see it."""
    if quiet or not sys.stderr.isatty() or not file.exists():
        yield _Silent()
        return
    from remint.cli.bar import Bar

    with Bar(file.name, file.stat().st_size) as bar:
        yield bar


class Refusals:
    """Tells which lines were refused and, if ``collect`` is given, keeps them there with the file's header.

    The file is private, for somebody may have put tokens where their hashes belong.
    """

    def __init__(self, file: Path, collect: Path | None, tell: Callable[[str], None]) -> None:
        self._file = file
        self._collect = collect
        self._tell = tell
        self._told = 0
        self._kept: BinaryIO | None = None

    def open(self, keep_bytes: int) -> None:
        """Begins, after the first ``keep_bytes`` that an import that was stopped has left."""
        if self._collect is None:
            return
        try:
            descriptor = os.open(self._collect, os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
            self._kept = os.fdopen(descriptor, "r+b")
            self._kept.truncate(keep_bytes)
            self._kept.seek(0, os.SEEK_END)
            if not keep_bytes:
                self._write_header(self._kept)
        except OSError as error:
            raise ConfigurationError(
                f"cannot be written: {error.strerror}", file=self._collect
            ) from None

    def add(self, line: Line, error: ConfigurationError) -> None:
        """``line`` was refused for that."""
        self._told += 1
        if self._told <= _TOLD:
            self._tell(str(error))
        elif self._told == _TOLD + 1:
            self._tell(f"{self._file}: more lines are refused; they are counted below")
        if self._kept is not None and line.raw is not None:
            self._kept.write(line.raw.rstrip(b"\r\n") + b"\n")

    def settle(self) -> int:
        """Brings what was collected to the disk; gives back how many bytes that is."""
        if self._kept is None:
            return 0
        self._kept.flush()
        os.fsync(self._kept.fileno())
        return self._kept.tell()

    def close(self) -> None:
        """Ends it."""
        if self._kept is not None:
            self._kept.close()

    def _write_header(self, kept: BinaryIO) -> None:
        with self._file.open("rb") as file:
            first = file.readline(65_536)
        if not first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
            kept.write(first.rstrip(b"\r\n") + b"\n")
