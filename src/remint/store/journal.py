"""The revocation journal: a revocation outlives its database.

Every process appends what it revoked, as a line of JSON, before the database learns of it; after every
start, reconnect and restore the last days' lines are asserted again. A database that was put back to an
older copy thus keeps no grant alive that was revoked since. The file lies beside the database but is not part
of it: do not put it back with the copy.

A database may refuse to commit what was appended, and nothing of it has happened then: it is taken back, so
that it is not carried out at the next start. Where nobody knows what became of it, it stays.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

DAYS: Final = 400
"""How long a line is kept and asserted."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One revocation: of a grant (``grant``, hex), or of all that an epoch covers."""

    at: int
    what: Literal["grant", "app", "workspace", "subject"]
    why: int = 0
    grant: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")] = ""
    id: int = 0
    subject: str = ""
    epoch: int = 0


class Journal:
    """The journal of one data directory. Callers hold the store's write lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(Entry).decode

    def append(self, entries: Iterable[Entry]) -> int:
        """Makes ``entries`` durable, and gives back where the file ended before.

        Raises ``OSError``; then nothing of them is kept, and the revocation must not be carried out.
        """
        lines = b"".join(self._encode(entry) + b"\n" for entry in entries)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # A line that a crash cut short must not swallow the one that comes after it.
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                lines = b"\n" + lines
            try:
                while lines:
                    lines = lines[os.write(descriptor, lines) :]
                os.fsync(descriptor)
            except OSError:
                # Those that found room would be asserted one day.
                with contextlib.suppress(OSError):
                    _cut(descriptor, size)
                raise
            return size
        finally:
            os.close(descriptor)

    def take_back(self, end: int) -> None:
        """Drops what ``append`` gave ``end`` for; the lock has been held since. Raises ``OSError``.

        Only for what the database has refused in so many words. It takes no room, so that it works on a full
        disk.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            _cut(descriptor, end)
        finally:
            os.close(descriptor)

    def content(self) -> bytes:
        """The file as it is; nothing for none. Raises ``OSError``."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""

    def entries(self, now_s: int) -> Iterator[Entry]:
        """The lines of the last ``DAYS`` days, oldest first. One cut short or damaged is passed over."""
        return self.entries_of(self.content(), now_s)

    def entries_of(self, content: bytes, now_s: int) -> Iterator[Entry]:
        """The same for a part of ``content``, from the beginning of a line."""
        since = now_s - DAYS * 86_400
        for line in content.splitlines():
            try:
                entry = self._decode(line)
            except msgspec.DecodeError:
                continue
            if entry.at >= since:
                yield entry

    def trim(self, now_s: int) -> None:
        """Drops the lines that are too old to matter, if they are most of the file."""
        kept = list(self.entries(now_s))
        total = self.content().count(b"\n")
        if total < 1000 or len(kept) * 2 > total:
            return
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        Journal(fresh).append(kept)
        fresh.replace(self._path)


def _cut(descriptor: int, end: int) -> None:
    os.ftruncate(descriptor, end)
    os.fsync(descriptor)
