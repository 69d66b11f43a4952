"""Answers on this machine: durable before the database has them, and when it does not answer at all.

Each process has rooms of its own (see ``Spool``) in a directory that goes by its presence. What a process
leaves there when it is killed is found by those that come after it. The directory must be this machine's own.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from remint.clock import Entropy
from remint.keeper.store.owner import Presence
from remint.keeper.store.postgres.letter import Letter, letter_of, written
from remint.keeper.store.spool import Spool

_FREE_ROOMS_KEPT: Final = 64
_NOBODY: Final = ("", 0)


class Outbox:
    """The answers of one process that the database may lack. Methods raise ``OSError``."""

    def __init__(self, directory: Path, entropy: Entropy) -> None:
        self._all_rooms = directory / "rooms"
        owners = directory / "owners"
        for folder in (owners, self._all_rooms):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._presence = Presence(owners, entropy)
        self._directory = self._all_rooms / self._presence.id
        self._directory.mkdir(mode=0o700)
        self._spool = Spool(self._directory)
        self._lock = threading.Lock()
        self._rooms: dict[tuple[str, int], int] = {}
        self._free: list[int] = []
        self._last = 0
        self._waiting: dict[tuple[str, int], None] = {}

    def make_room(self, id_: str, fence: int) -> None:
        """Makes sure of the space for one answer."""
        with self._lock:
            self._room(id_, fence)

    def put(self, letter: Letter) -> None:
        """Makes an answer durable here."""
        with self._lock:
            key = (letter.id, letter.fence)
            if not self._spool.write(self._room(*key), *key, written(letter)):
                raise OSError("the room for an answer is gone")
            self._waiting[key] = None

    def waiting(self) -> list[Letter]:
        """What the database may not have yet."""
        with self._lock:
            rooms = [(key, self._rooms[key]) for key in self._waiting]
            read = [self._spool.read(number, *key) for key, number in rooms]
        return [letter for content in read if (letter := letter_of(content)) is not None]

    def waits(self, id_: str, fence: int) -> bool:
        """Whether that answer is here and the database may not have it."""
        return (id_, fence) in self._waiting

    def has_waiting(self) -> bool:
        """Whether the database may lack anything."""
        return bool(self._waiting)

    def is_delivered(self, letter: Letter) -> None:
        """The database has it: its room is free, unless another answer of that lease came into it since."""
        with self._lock:
            key = (letter.id, letter.fence)
            number = self._rooms.get(key)
            if number is not None and letter_of(self._spool.read(number, *key)) == letter:
                del self._waiting[key]
                self._clear(key)

    def leave(self, id_: str, fence: int) -> None:
        """Frees the room of a call that brought nothing."""
        with self._lock:
            if (id_, fence) in self._rooms and (id_, fence) not in self._waiting:
                self._clear((id_, fence))

    def of_others(self, *, left_behind: bool) -> Iterator[tuple[Path, list[Letter]]]:
        """What lies in the rooms of other processes: of those that are gone, or of those that live."""
        for folder in sorted(self._all_rooms.iterdir()):
            if folder != self._directory and self._presence.sees(folder.name) != left_behind:
                yield folder, _letters(folder)

    def close(self) -> None:
        """Ends the presence. What the database may lack stays, to be found."""
        self._presence.close()
        if not self._waiting:
            discard(self._directory)

    def disown(self) -> None:
        """Leaves to the parent what a fork copied here."""
        self._presence.disown()

    def _room(self, id_: str, fence: int) -> int:
        number = self._rooms.get((id_, fence))
        if number is not None and self._spool.has(number, id_, fence):
            return number
        while True:
            number = self._free.pop() if self._free else self._last + 1
            self._last = max(self._last, number)
            if self._spool.prepare(number, id_, fence):
                self._rooms[id_, fence] = number
                return number

    def _clear(self, key: tuple[str, int]) -> None:
        number = self._rooms.pop(key)
        if len(self._free) < _FREE_ROOMS_KEPT and self._spool.prepare(number, *_NOBODY):
            self._free.append(number)
        else:
            self._spool.unlink(number)


def discard(directory: Path) -> None:
    """Gives the space of somebody's rooms back."""
    shutil.rmtree(directory, ignore_errors=True)


def _letters(directory: Path) -> list[Letter]:
    spool, letters = Spool(directory), []
    with contextlib.suppress(FileNotFoundError):
        for name in sorted(path.name for path in directory.iterdir() if path.name.isdecimal()):
            letter = letter_of(spool.content(int(name)))
            if letter is not None:
                letters.append(letter)
    return letters
