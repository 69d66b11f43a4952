"""Who is there: each process that holds leases shows, by a locked file, that it still lives."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from remint.clock import Entropy

_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")
_BOOT_LETTERS = 8


def boot_tag() -> str:
    """Tells this boot of the machine from others; the same for all where the system does not say."""
    try:
        return _BOOT_FILE.read_text("ascii").replace("-", "")[:_BOOT_LETTERS] or "0"
    except OSError:
        return "0"


class Presence:
    """A file in ``directory`` that is locked for as long as this process lives, however it ends.

    The system lets go of the lock when the last descriptor is closed, so a killed process is seen to be gone
    at once, and a stopped one is not.
    """

    def __init__(self, directory: Path, entropy: Entropy) -> None:
        self._directory = directory
        self._boot = boot_tag()
        while True:
            self.id = f"{self._boot}-{entropy(12).hex()}"
            self._path = directory / self.id
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            # A sweep may have come between the two, and taken it for one that was left behind.
            if os.fstat(self._descriptor).st_nlink:
                break
            os.close(self._descriptor)

    def sees(self, id_: str) -> bool:
        """Whether the owner of that id is there: in this boot of the machine, and alive."""
        if id_ == self.id:
            return True
        if id_.partition("-")[0] != self._boot:
            return False
        return not _is_abandoned(self._directory / id_)

    def close(self) -> None:
        """Ends the presence, and with it every lease."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)

    def disown(self) -> None:
        """Gives back a descriptor that a fork left here: only the parent's counts."""
        os.close(self._descriptor)


def sweep(directory: Path) -> None:
    """Deletes the files of those who are gone."""
    with suppress(OSError):
        for path in directory.iterdir():
            _is_abandoned(path)


def _is_abandoned(path: Path) -> bool:
    """Whether nobody holds the file, which is then deleted: no id ever comes again."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        # Shared, lest two who ask at once take each other for the owner.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        with suppress(OSError):
            path.unlink()
        return True
    finally:
        os.close(descriptor)
