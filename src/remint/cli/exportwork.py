"""What ``remint export`` does: connections settled, held fast if they move, and written as a whole."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Final

from remint.cli.targetfile import Target
from remint.errors import RemintError, RenewalDelayed, UnknownConnection
from remint.keeper.connection import Held, Lease
from remint.keeper.exporting import exported, write_export
from remint.keeper.keeper import Keeper
from remint.secret import Secret

_PAGE: Final = 500
_POLL_SECONDS: Final = 0.05


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
