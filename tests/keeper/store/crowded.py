"""A store on a file system of its own that fills up, or is made read-only, in a mount namespace of its own.

Prints how many intents found room and how many did not; or nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from remint.errors import RootKeyError, StoreUnavailable
from remint.keeper.store.sqlite import SQLiteStore
from tests.keeper.store.given import answer, held, kept, leased, now, renewed, setback
from tests.keeper.store.operations import goes_on
from tests.keeper.store.places import NOW_MS, SQLitePlace

KIB: Final = 1024


class Disk:
    """The small file system, and what fills it up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=True)

    def fill(self, leave: int = 0) -> None:
        """Leaves so many bytes."""
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            try:
                while filler.write(bytes(4 * KIB)):
                    pass
            except OSError:
                size = filler.tell()
            os.truncate(filler.fileno(), max(0, size - leave))

    def empty(self) -> None:
        """Makes room again."""
        (self.folder / "filler").unlink(missing_ok=True)

    def make(self, mode: str) -> None:
        """``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{mode}", self.folder], check=True)


def crowded(disk: Disk) -> tuple[int, int]:
    """Renewals with less and less room: each intent finds it or says so, and no answer is lost."""
    found, missed = 0, 0
    for leave in range(0, 200 * KIB, 4 * KIB):
        place = SQLitePlace(disk.folder / f"{leave}")
        store = place.open()
        kept(store)
        lease = leased(store)
        disk.fill(leave)
        try:
            is_made = store.intend(lease, NOW_MS)
        except StoreUnavailable:
            is_made = False
            missed += 1
            assert now(store) == held()
        else:
            assert is_made
            found += 1
            disk.fill()
            reply = answer(lease.fence, lease.held.sent, b"x" * 48_000)
            store.append(lease, reply)
            assert store.unread(lease.held) == [reply]
            changed_or_not(store, lease.fence)
        disk.empty()
        if is_made:
            assert store.unread(lease.held) in ([reply], [])
        goes_on(place, store)
        place.close()
        shutil.rmtree(place.directory)
    return found, missed


def changed_or_not(store: SQLiteStore, fence: int) -> None:
    """On a full disk a swap is done, or not, and says which."""
    before = now(store)
    (reply,) = store.unread(before)
    with_error = True
    try:
        swapped = store.swap(before, reply, renewed(1))
        with_error = False
    except StoreUnavailable:
        assert now(store) == before
        assert store.unread(before) == [reply]
    if not with_error:
        assert swapped == now(store)
    for work in (
        lambda: store.settle(before, setback("dead"), fence),
        lambda: store.create(held("b")),
        lambda: store.charge("a", 1, 60, NOW_MS),
        store.rotate,
        lambda: store.rewrap("file"),
    ):
        # Whether there happens to be room for it: it says so where there is not.
        with contextlib.suppress(StoreUnavailable, RootKeyError):
            work()


def read_only(disk: Disk) -> None:
    """Nothing is opened that could not keep what it is told; then all goes on."""
    place = SQLitePlace(disk.folder / "store")
    store = place.open()
    kept(store)
    store.close()
    disk.make("ro")
    with pytest.raises(StoreUnavailable):
        place.open()
    disk.make("rw")
    again = place.open()
    assert now(again) == held()
    goes_on(place, again)
    place.close()


if __name__ == "__main__":
    made = Disk(Path(sys.argv[1]))
    if sys.argv[2] == "crowded":
        print(*crowded(made))
    else:
        read_only(made)
