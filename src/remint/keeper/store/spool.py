"""Rooms for answers: files whose space is on the disk before a request goes out.

Writing an answer into its room needs no free disk, no database and no new name in a directory. Which room
is whose stands in the store; the head of the file repeats it, for a process that was stopped for long not to
write into a room that has been given to somebody else.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from remint.keeper.store.filelock import taken
from remint.token.durable import PRIVATE_MODE, sync_directory

ROOM_BYTES: Final = 64 * 1024
_BINDING_BYTES: Final = 16
_HEAD_BYTES: Final = _BINDING_BYTES + 4
_PATIENCE_SECONDS: Final = 0.25


class Spool:
    """The rooms in one directory, by number. Methods raise ``OSError``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def prepare(self, number: int, id_: str, fence: int) -> bool:
        """Makes sure of the room's space and gives it to one intent, empty.

        False if somebody is writing into it.
        """
        made = False
        flags = os.O_RDWR | os.O_CLOEXEC
        path = self._path(number)
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            descriptor, made = os.open(path, flags | os.O_CREAT, PRIVATE_MODE), True
        try:
            if not taken(descriptor, fcntl.LOCK_EX, 0):
                return False
            if made or os.fstat(descriptor).st_size < ROOM_BYTES:
                self._furnish(descriptor)
            os.pwrite(descriptor, _binding(id_, fence) + bytes(4), 0)
        finally:
            os.close(descriptor)
        return True

    def write(self, number: int, id_: str, fence: int, sealed: bytes) -> bool:
        """Puts an answer into its room, durably. False if the room is not that intent's any more."""
        with self._opened(number, fcntl.LOCK_EX) as descriptor:
            if descriptor is None or not _is_bound(descriptor, id_, fence):
                return False
            _write_all(descriptor, _head(id_, fence, len(sealed)) + sealed)
            # The space and the size are there already: this is one write to the disk, not a journal's.
            os.fdatasync(descriptor)
            return True

    def read(self, number: int, id_: str, fence: int) -> bytes | None:
        """The sealed answer of that intent; ``None`` where there is none yet. It may be torn."""
        with self._opened(number, fcntl.LOCK_SH) as descriptor:
            if descriptor is None or not _is_bound(descriptor, id_, fence):
                return None
            size = int.from_bytes(os.pread(descriptor, 4, _BINDING_BYTES), "big")
            return os.pread(descriptor, size, _HEAD_BYTES) if size else None

    def content(self, number: int) -> bytes | None:
        """What lies in a room, whoever it was given to; ``None`` where that is nothing. It may be torn."""
        with self._opened(number, fcntl.LOCK_SH) as descriptor:
            if descriptor is None:
                return None
            size = int.from_bytes(os.pread(descriptor, 4, _BINDING_BYTES), "big")
            return os.pread(descriptor, size, _HEAD_BYTES) if size else None

    def has(self, number: int, id_: str, fence: int) -> bool:
        """Whether the room is there, and that intent's."""
        with self._opened(number, fcntl.LOCK_SH) as descriptor:
            return descriptor is not None and _is_bound(descriptor, id_, fence)

    def is_busy(self, number: int) -> bool:
        """Whether somebody is writing into the room."""
        with self._opened(number, fcntl.LOCK_SH) as descriptor:
            return descriptor is None and self._path(number).exists()

    def is_empty(self, number: int, id_: str, fence: int) -> bool:
        """Whether no answer is there, whole or torn, nor being written."""
        return not self.is_busy(number) and self.read(number, id_, fence) is None

    def unlink(self, number: int) -> None:
        """Gives a room's space back."""
        self._path(number).unlink(missing_ok=True)

    def _furnish(self, descriptor: int) -> None:
        # Written, not only allocated: what is written over needs nothing more of the file system.
        _write_all(descriptor, bytes(ROOM_BYTES))
        os.fsync(descriptor)
        sync_directory(self._directory)

    @contextmanager
    def _opened(self, number: int, lock: int) -> Iterator[int | None]:
        """The room, locked; ``None`` if there is none, or if somebody keeps writing into it."""
        try:
            descriptor = os.open(self._path(number), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            yield None
            return
        try:
            yield descriptor if taken(descriptor, lock, _PATIENCE_SECONDS) else None
        finally:
            os.close(descriptor)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08}"


def _binding(id_: str, fence: int) -> bytes:
    text = msgspec.msgpack.encode((id_, fence))
    return hashlib.blake2b(text, digest_size=_BINDING_BYTES).digest()


def _head(id_: str, fence: int, size: int) -> bytes:
    return _binding(id_, fence) + size.to_bytes(4, "big")


def _is_bound(descriptor: int, id_: str, fence: int) -> bool:
    return os.pread(descriptor, _BINDING_BYTES, 0) == _binding(id_, fence)


def _write_all(descriptor: int, data: bytes) -> None:
    # A file system that fills up writes a part and says so; the next write then tells why.
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], done)
