"""The last answers of this machine that the database has taken, in case its standby never received them.

All processes of the machine write to the same few files, one line for each answer, sealed as it was. A line
that was torn is passed over. Nothing waits for the disk here: this is for a server that is lost, and not for
that and this machine at once.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from pathlib import Path
from typing import Final, NamedTuple

from remint.clock import Clock
from remint.keeper.store.postgres.letter import Letter, letter_of, written
from remint.token.durable import PRIVATE_MODE

_FILES: Final = 4
_FILE_BYTES: Final = 4 << 20
_FILE_MS: Final = 15 * 60_000
_OFFERED: Final = "offered"


class _File(NamedTuple):
    number: int
    began_ms: int

    @property
    def name(self) -> str:
        return f"{self.number}-{self.began_ms}"


class Copies:
    """Sealed answers by age, for about an hour, and 16 MB at most. Methods raise ``OSError``."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._clock = clock
        self._drop_old(self._files())

    def add(self, letter: Letter) -> None:
        """Keeps one more."""
        # With a line's end before it, too: what another process left unfinished spoils only itself.
        line = b"\n" + base64.b64encode(written(letter)) + b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._directory / self._newest().name, flags, PRIVATE_MODE)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError("there is no room for all of an answer")
        finally:
            os.close(descriptor)

    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self._files()

    def letters(self) -> list[Letter]:
        """All that there are, the oldest first."""
        found = []
        for file in self._files():
            with contextlib.suppress(FileNotFoundError):
                content = (self._directory / file.name).read_bytes()
                found += [letter for line in content.split() if (letter := _read(line)) is not None]
        return found

    def offered_to(self) -> int:
        """The timeline that everything has been offered to, by a process that is gone perhaps; 0 for none."""
        try:
            return int((self._directory / _OFFERED).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def is_offered_to(self, timeline: int) -> None:
        """Writes it down."""
        (self._directory / _OFFERED).write_text(str(timeline))

    def _newest(self) -> _File:
        files, now_ms = self._files(), self._clock.now_ms()
        if files and 0 <= now_ms - files[-1].began_ms < _FILE_MS and self._has_room(files[-1]):
            return files[-1]
        made = _File(files[-1].number + 1 if files else 1, now_ms)
        self._drop_old([*files, made])
        return made

    def _has_room(self, file: _File) -> bool:
        try:
            return (self._directory / file.name).stat().st_size < _FILE_BYTES
        except FileNotFoundError:
            return False

    def _drop_old(self, files: list[_File]) -> None:
        now_ms = self._clock.now_ms()
        for at, file in enumerate(files):
            if at < len(files) - _FILES or now_ms - file.began_ms >= _FILES * _FILE_MS:
                (self._directory / file.name).unlink(missing_ok=True)

    def _files(self) -> list[_File]:
        found = []
        for name in os.listdir(self._directory):
            number, _, began_ms = name.partition("-")
            if number.isdecimal() and began_ms.isdecimal():
                found.append(_File(int(number), int(began_ms)))
        return sorted(found)


def _read(line: bytes) -> Letter | None:
    try:
        return letter_of(base64.b64decode(line, validate=True))
    except binascii.Error:
        return None
