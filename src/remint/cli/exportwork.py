"""What ``remint export`` does: connections settled, held fast if they move, and written as a whole."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from remint.errors import ConfigurationError, RemintError, RenewalDelayed, UnknownConnection
from remint.keeper.connection import Held, Lease
from remint.keeper.exporting import exported, write_export
from remint.keeper.keeper import Keeper
from remint.secret import Secret
from remint.token.durable import PRIVATE_MODE, sync_directory

_PAGE: Final = 500
_POLL_SECONDS: Final = 0.05
_STANDARD_OUTPUT: Final = "-"


class Target:
    """Where an export goes: a new file of mode 0600 that is there whole or not at all, or standard output.

    Raises ``ConfigurationError`` where there is a file already, or none can be made.
    """

    def __init__(self, to: str) -> None:
        self._path = None if to == _STANDARD_OUTPUT else Path(to)
        self.file: IO[bytes] = sys.stdout.buffer

    def __enter__(self) -> Self:
        if self._path is not None:
            self._new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            if self._path.exists():
                raise ConfigurationError("there is a file here already", file=self._path)
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                self.file = os.fdopen(os.open(self._new, flags, PRIVATE_MODE), "wb")
            except OSError as error:
                raise self._unwritten(error) from None
        return self

    def keep(self) -> None:
        """Brings what was written to the disk, under its name."""
        try:
            self.file.flush()
            if self._path is not None:
                os.fsync(self.file.fileno())
                os.link(self._new, self._path)
                sync_directory(self._path.parent)
        except OSError as error:
            raise self._unwritten(error) from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                self.file.close()
            self._new.unlink(missing_ok=True)

    def _unwritten(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"cannot be written: {error.strerror}", file=self._path or "standard output"
        )


def moved_or_copied(
    keeper: Keeper,
    names: Sequence[str],
    target: Target,
    passphrase: Secret | None,
    *,
    forgets: bool,
) -> tuple[int, list[str]]:
    """Writes connections, all where ``names`` is empty. How many, and those whose token may be used up.

    With ``forgets`` nobody can renew them from the moment they are read to that when they are forgotten.
    """
    doubtful: list[str] = []
    leases: list[Lease] = []

    def read() -> Iterator[Held]:
        for name in names or _all(keeper):
            held = _fast(keeper, name, leases) if forgets else _settled(keeper, name)
            if held.intent is not None:
                doubtful.append(name)
            yield held

    try:
        entropy = keeper.around.entropy
        count = write_export(target.file, map(exported, read()), passphrase, entropy)
        target.keep()
        if forgets:
            for lease in leases:
                keeper.forget(lease.name)
    finally:
        for lease in leases:
            keeper.around.leases.give_back(lease)
    return count, doubtful


def _all(keeper: Keeper) -> Iterator[str]:
    after = ""
    while page := keeper.around.store.listing(after, _PAGE):
        yield from (held.name for held in page)
        after = page[-1].name


def _settled(keeper: Keeper, name: str) -> Held:
    """The connection, after its answers have been read, if a renewal was cut off."""
    held = keeper.held(name)
    if held.intent is None:
        return held
    with contextlib.suppress(RemintError):
        keeper.tend(name)
    return keeper.held(name)


def _fast(keeper: Keeper, name: str, leases: list[Lease]) -> Held:
    """The connection under a lease, so that nobody renews it.

    Raises ``RenewalDelayed`` where somebody is at it.
    """
    _settled(keeper, name)
    around = keeper.around
    deadline_ms = around.clock.monotonic_ms() + int(around.timing.patience_seconds * 1000)
    pause = threading.Event()
    while True:
        taken = around.leases.take(name)
        if taken is None:
            raise UnknownConnection(name)
        if isinstance(taken, Lease):
            leases.append(taken)
            return taken.held
        if around.clock.monotonic_ms() > deadline_ms:
            raise RenewalDelayed(name, "a renewal is under way", retry_after_seconds=1)
        pause.wait(_POLL_SECONDS)
